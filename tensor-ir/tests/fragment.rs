//! Building fragments, their values and their text.

use formwork_ir::{Builder, CUDA_PREAMBLE, Const, DType, Inst, Intrinsic, Rule, Scalar};

#[test]
fn equal_instructions_are_one_and_unused_ones_none() {
    let mut b = Builder::new();
    let (x, unused) = (b.param(DType::F32), b.param(DType::I64));
    let first = b.apply(Intrinsic::Exp, &[x]);
    let second = b.apply(Intrinsic::Exp, &[x]);
    assert_eq!(first, second);
    b.apply(Intrinsic::Neg, &[unused]);
    let y = b.apply(Intrinsic::Add, &[first, second]);
    let f = b.finish(&[y]);
    assert_eq!(f.params, [DType::F32, DType::I64]);
    assert_eq!(f.to_string(), "fragment(v0: f32, v1: i64) -> v3 {\n    v2: f32 = exp v0\n    v3: f32 = add v2, v2\n}");
}

#[test]
fn constants_fold_to_the_bits_of_the_instruction() {
    let mut b = Builder::new();
    let (x, y) = (b.constant(DType::F32, 0.1), b.constant(DType::F32, 0.2));
    let sum = b.apply(Intrinsic::Add, &[x, y]);
    let exp = b.apply(Intrinsic::Exp, &[x]);
    let byte = b.constant(DType::U8, 200.0);
    let wrapped = b.apply(Intrinsic::Add, &[byte, byte]);
    let third = b.constant(DType::F16, 1.0 / 3.0);
    let f = b.finish(&[sum, exp, wrapped, third]);
    let at = |i: usize| &f.insts[f.outputs[i].0 as usize];
    assert_eq!(at(0), &Inst::Const(Const { dtype: DType::F32, bits: ((0.1_f32 + 0.2) as f64).to_bits() }));
    assert!(matches!(at(1), Inst::Apply(Intrinsic::Exp, _)), "an approximation is left to the device");
    assert_eq!(at(2), &Inst::Const(Const::int(DType::U8, 144)));
    assert_eq!(
        at(3),
        &Inst::Const(Const { dtype: DType::F16, bits: half::f16::from_f32(1.0 / 3.0).to_f64().to_bits() })
    );
}

#[test]
fn simplifications_keep_signs_and_nans() {
    let mut b = Builder::new();
    let x = b.param(DType::F32);
    let (zero, one) = (b.constant(DType::F32, 0.0), b.constant(DType::F32, 1.0));
    assert_eq!(b.apply(Intrinsic::Mul, &[x, one]), x);
    assert_eq!(b.apply(Intrinsic::Mul, &[one, x]), x);
    assert_eq!(b.apply(Intrinsic::Sub, &[x, zero]), x);
    assert_ne!(b.apply(Intrinsic::Add, &[x, zero]), x, "-0 + 0 is 0");
    assert_ne!(b.apply(Intrinsic::Mul, &[x, zero]), zero, "infinity * 0 is no number");
    let minus = b.apply(Intrinsic::Neg, &[x]);
    assert_eq!(b.apply(Intrinsic::Neg, &[minus]), x);
    assert_eq!(b.cast(DType::F32, x), x);
}

#[test]
fn inlining_is_composition() {
    let mut b = Builder::new();
    let (x, y) = (b.param(DType::F64), b.param(DType::F64));
    let z = b.apply(Intrinsic::Sub, &[x, y]);
    let sub = b.finish(&[z]);
    let mut b = Builder::new();
    let (x, y) = (b.param(DType::F64), b.param(DType::F64));
    let first = sub.inline(&mut b, &[y, x]);
    let second = sub.inline(&mut b, &[first[0], x]);
    let f = b.finish(&second);
    assert_eq!(f.eval(&[Scalar::Float(2.0), Scalar::Float(10.0)]), [Scalar::Float(6.0)]);
}

#[test]
#[should_panic(expected = "`exp` does not take arguments of the dtypes [I32]")]
fn a_type_error_is_the_callers_mistake() {
    let mut b = Builder::new();
    let x = b.param(DType::I32);
    b.apply(Intrinsic::Exp, &[x]);
}

#[test]
fn integers_wrap_and_division_by_zero_is_zero() {
    let at = |op: Intrinsic, dtype: DType, a: i64, b: i64| {
        let mut builder = Builder::new();
        let x = builder.param(dtype);
        let y = builder.param(dtype);
        let z = builder.apply(op, &[x, y]);
        builder.finish(&[z]).eval(&[Scalar::Int(a), Scalar::Int(b)])[0].to_i64()
    };
    assert_eq!(at(Intrinsic::Add, DType::I32, i32::MAX as i64, 1), i32::MIN as i64);
    assert_eq!(at(Intrinsic::Sub, DType::U8, 0, 1), 255);
    assert_eq!(at(Intrinsic::Div, DType::I64, 7, 0), 0);
    assert_eq!(at(Intrinsic::Rem, DType::I32, 7, 0), 0);
    assert_eq!(at(Intrinsic::Div, DType::I64, i64::MIN, -1), i64::MIN);
    assert_eq!(at(Intrinsic::Div, DType::I32, -7, 2), -3);
    assert_eq!(at(Intrinsic::Shl, DType::I32, 1, 33), 2);
    assert_eq!(at(Intrinsic::Shr, DType::I64, -8, 1), -4);
}

#[test]
fn rows_are_complete() {
    for &op in Intrinsic::ALL {
        assert_eq!(Intrinsic::from_name(op.name()), Some(op), "{op}");
        for dtype in DType::ALL {
            let text = op.cuda(*dtype);
            for i in 0..3 {
                assert_eq!(text.contains(&format!("{{{i}}}")), i < op.arity(), "{op}: {text}");
            }
            if let Some(name) = text.split("fw_").nth(1) {
                let name = name.split('(').next().unwrap();
                assert!(CUDA_PREAMBLE.contains(&format!("fw_{name}(")), "{op} calls fw_{name}");
            }
        }
        for i in 0..op.arity() {
            let (low, high) = op.sample(i);
            assert!(low < high, "{op}");
        }
        assert!(!op.is_differentiable() || matches!(op.rule(), Rule::Number | Rule::Float | Rule::Select), "{op}");
    }
    assert_eq!(Intrinsic::from_name("fma"), None);
}
