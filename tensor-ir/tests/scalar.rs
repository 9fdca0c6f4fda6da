//! The functions on scalars give the bits of the block loops for any machine, and there is one for every row.

use formwork_ir::block::{Isa, apply};
use formwork_ir::scalar::{self, cast};
use formwork_ir::{DType, Intrinsic, Rule};
use half::{bf16, f16};

/// What the block loop of `op` for any machine says of these arguments.
fn looped<T: Copy, U: Default>(op: Intrinsic, dtype: DType, args: &[T]) -> U {
    let run = apply(op, &vec![dtype; args.len()], Isa::Portable).expect("a row that takes the dtype");
    let pointers: Vec<*const u8> = args.iter().map(|a| (&raw const *a).cast()).collect();
    let mut out = U::default();
    // SAFETY: every argument and the result have one lane.
    unsafe { run(1, &pointers, (&raw mut out).cast()) };
    out
}

/// Calls `$f` with every row of its rule by name: `[row] |arguments| function of them`.
macro_rules! functions {
    ($t:ty, $x:expr, $names:ident: $($name:ident $n:tt)*) => {
        vec![$({
            $names.push(stringify!($name));
            (stringify!($name), functions!(@call $name $n $x) as $t, functions!(@args $n $x))
        }),*]
    };
    (@call $name:ident 1 $x:expr) => { scalar::$name($x[0]) };
    (@call $name:ident 2 $x:expr) => { scalar::$name($x[0], $x[1]) };
    (@args 1 $x:expr) => { $x[..1].to_vec() };
    (@args 2 $x:expr) => { $x[..2].to_vec() };
}

const POINTS: [f32; 11] = [0.0, -0.0, 0.3, -0.7, 1.0, 2.5, -3.5, 88.0, -100.0, f32::INFINITY, f32::NAN];

#[test]
fn floats_have_the_bits_of_the_loops() {
    let mut names = vec![];
    for a in POINTS {
        for b in POINTS {
            let x = [a, b];
            names.clear();
            let found = functions!(f32, x, names: add 2 sub 2 mul 2 div 2 rem 2 max 2 min 2 neg 1 abs 1 sign 1 pow 2
                recip 1 sqrt 1 rsqrt 1 exp 1 exp2 1 expm1 1 log 1 log2 1 log1p 1 sin 1 cos 1 tan 1 tanh 1 sinh 1 cosh 1
                asin 1 acos 1 atan 1 atan2 2 erf 1 sigmoid 1 softplus 1 floor 1 ceil 1 round 1 trunc 1);
            for (name, y, args) in found {
                let op = Intrinsic::from_name(name).expect("a row of this name");
                let wanted: f32 = looped(op, DType::F32, &args);
                assert!(y.to_bits() == wanted.to_bits() || (y.is_nan() && wanted.is_nan()), "{name} of {args:?}: {y}");
            }
        }
    }
    let rows = Intrinsic::ALL.iter().filter(|i| matches!(i.rule(), Rule::Number | Rule::Float));
    assert_eq!(rows.count(), names.len());
    assert!(scalar::is_nan(f32::NAN) && scalar::is_inf(f64::NEG_INFINITY) && !scalar::is_finite(f16::INFINITY));
}

#[test]
fn integers_have_the_bits_of_the_loops() {
    let points = [0, 1, -1, 7, -8, 40, i32::MAX, i32::MIN];
    let mut names = vec![];
    for a in points {
        for b in points {
            let x = [a, b];
            let found = functions!(i32, x, names: add 2 sub 2 mul 2 div 2 rem 2 max 2 min 2 neg 1 abs 1 sign 1
                and 2 or 2 xor 2 not 1 shl 2 shr 2);
            for (name, y, args) in found {
                let op = Intrinsic::from_name(name).expect("a row of this name");
                assert_eq!(y, looped::<i32, i32>(op, DType::I32, &args), "{name} of {args:?}");
            }
        }
    }
    assert_eq!((scalar::add(u32::MAX, 2), scalar::div(7u64, 0), scalar::neg(1usize)), (1, 0, usize::MAX));
    assert_eq!((scalar::shr(u32::MAX, 33), scalar::xor(true, true), scalar::not(false)), (u32::MAX >> 1, false, true));
}

#[test]
fn draws_are_those_of_the_loops() {
    for counter in 0..8i64 {
        let uniform: f32 = looped(Intrinsic::PhiloxUniform, DType::I64, &[3, counter]);
        let normal: f32 = looped(Intrinsic::PhiloxNormal, DType::I64, &[3, counter]);
        assert_eq!((scalar::philox_uniform(3, counter), scalar::philox_normal(3, counter)), (uniform, normal));
    }
}

#[test]
fn small_floats_are_rounded_after_each_operation() {
    let (a, b) = (f16::from_f32(2048.0), f16::from_f32(1.0));
    assert_eq!(scalar::add(a, b), a);
    assert_eq!(scalar::sub(scalar::add(a, b), a), f16::ZERO);
    assert_eq!(scalar::exp(bf16::ONE), bf16::from_f32(std::f32::consts::E));
    // One rounding: the product alone would be rounded to 1.
    let e = f32::EPSILON;
    assert_eq!(scalar::fma(1.0 + e, 1.0 - e, -1.0), -e * e);
}

#[test]
fn casts_are_those_of_rust() {
    assert_eq!((cast::<u8>(-1i32), cast::<u8>(-1.0f32), cast::<i32>(3e9f32)), (255, 0, i32::MAX));
    assert_eq!((cast::<i64>(f32::NAN), cast::<u32>(-1i64), cast::<usize>(7u8)), (0, u32::MAX, 7));
    assert_eq!((cast::<bool>(0.25f32), cast::<bool>(0u32), cast::<f64>(true)), (true, false, 1.0));
    // A large integer to f32 rounds once.
    let x = (1i64 << 60) + (1 << 36) + 1;
    assert_eq!(cast::<f32>(x), x as f32);
    assert_eq!(
        (cast::<f16>(1.0f64 / 3.0), cast::<f32>(bf16::from_f32(0.1))),
        (f16::from_f32(1.0 / 3.0), 0.100_097_656)
    );
}
