//! Every loop of every intrinsic, dtype and instruction set against the scalar function in f64.

use crate::lanes::{EXTREMES, INTEGERS, Numbers, bytes, lane, run};
use formwork_ir::block::{self, Isa};
use formwork_ir::{Builder, DType, Fragment, Intrinsic, Rule, Scalar};

/// The lists of argument dtypes that an intrinsic takes.
fn signatures(op: Intrinsic) -> Vec<Vec<DType>> {
    let arguments = |d: DType| match op.rule() {
        Rule::Select => vec![DType::Bool, d, d],
        _ => vec![d; op.arity()],
    };
    let all: Vec<_> = DType::ALL.iter().map(|d| arguments(*d)).filter(|s| op.result(s).is_some()).collect();
    assert!(!all.is_empty(), "{op} takes nothing");
    all
}

fn fragment(op: Intrinsic, dtypes: &[DType]) -> Fragment {
    let mut b = Builder::new();
    let params: Vec<_> = dtypes.iter().map(|d| b.param(*d)).collect();
    let y = b.apply(op, &params);
    b.finish(&[y])
}

/// Points of the sample range, then all tuples of extremes.
fn points(op: Intrinsic, dtypes: &[DType]) -> Vec<Vec<Scalar>> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ op as u64);
    let sampled = (0..4000).map(|_| {
        let draw = |(i, d): (usize, &DType)| {
            let (low, high) = op.sample(i);
            let x = numbers.within(low, high);
            let x = if *d == DType::Bool { Scalar::Int((x > (low + high) / 2.0) as i64) } else { Scalar::Float(x) };
            lane(*d, &bytes(*d, x), 0)
        };
        dtypes.iter().enumerate().map(draw).collect()
    });
    let mut all: Vec<Vec<Scalar>> = sampled.collect();
    let mut tuples: Vec<Vec<Scalar>> = vec![Vec::new()];
    for d in dtypes {
        let values: Vec<Scalar> = if d.is_float() {
            EXTREMES.iter().map(|x| Scalar::Float(*x)).collect()
        } else {
            INTEGERS.iter().map(|x| Scalar::Int(*x)).collect()
        };
        let extend = |t: &Vec<Scalar>| {
            let with = |x: &Scalar| [&t[..], &[lane(*d, &bytes(*d, *x), 0)]].concat();
            values.iter().map(with).collect::<Vec<_>>()
        };
        tuples = tuples.iter().flat_map(extend).collect();
    }
    all.append(&mut tuples);
    all
}

/// Units in the last place by which an intrinsic's f32 result may differ.
fn ulps(op: Intrinsic) -> f64 {
    match op {
        _ if op.is_exact() => 0.5,
        Intrinsic::Exp | Intrinsic::Exp2 | Intrinsic::Log | Intrinsic::Log2 | Intrinsic::Pow => 1.5,
        _ => 3.0,
    }
}

/// Sine and tangent reduce their argument only below this magnitude.
fn is_defined(op: Intrinsic, x: &[Scalar]) -> bool {
    !matches!(op, Intrinsic::Sin | Intrinsic::Cos | Intrinsic::Tan) || !(2.7e8..1e39).contains(&x[0].to_f64().abs())
}

/// Whether `got` is `want`, up to rounding in `dtype` and the intrinsic's error.
fn agrees(op: Intrinsic, dtype: DType, got: Scalar, want: Scalar) -> bool {
    let (Scalar::Float(got), Scalar::Float(want)) = (got, want) else { return got == want };
    if want.is_nan() || got.is_nan() {
        return want.is_nan() && got.is_nan();
    }
    if dtype == DType::F64 {
        return got == want && got.is_sign_negative() == want.is_sign_negative();
    }
    let nearest = want as f32;
    if got == nearest as f64 {
        return got != 0.0 || got.is_sign_negative() == want.is_sign_negative();
    }
    let magnitude = nearest.abs().clamp(f32::MIN_POSITIVE, f32::MAX);
    let ulp = magnitude as f64 - magnitude.next_down() as f64;
    (got - want).abs() <= ulps(op) * ulp
}

#[test]
fn every_loop_gives_the_scalar_function() {
    for &op in Intrinsic::ALL {
        for dtypes in signatures(op) {
            let exact = fragment(op, &dtypes);
            let result = op.result(&dtypes).unwrap();
            let points = points(op, &dtypes);
            let args: Vec<Vec<u8>> =
                (0..dtypes.len()).map(|i| points.iter().flat_map(|p| bytes(dtypes[i], p[i])).collect()).collect();
            for isa in Isa::available() {
                let f = block::apply(op, &dtypes, isa).unwrap();
                let out = run(f, points.len(), &args, result.compute().size());
                for (i, x) in points.iter().enumerate().filter(|(_, x)| is_defined(op, x)) {
                    let want = exact.eval(x)[0];
                    let got = lane(result, &out, i);
                    assert!(agrees(op, result, got, want), "{op}{dtypes:?} {isa:?} at {x:?}: {got:?}, not {want:?}");
                }
            }
        }
    }
}

#[test]
fn lanes_have_the_same_bits_at_every_length_and_place() {
    for &op in Intrinsic::ALL {
        for dtypes in signatures(op) {
            let result = op.result(&dtypes).unwrap().compute().size();
            let points = &points(op, &dtypes)[..200];
            let args: Vec<Vec<u8>> =
                (0..dtypes.len()).map(|i| points.iter().flat_map(|p| bytes(dtypes[i], p[i])).collect()).collect();
            for isa in Isa::available() {
                let f = block::apply(op, &dtypes, isa).unwrap();
                let all = run(f, 200, &args, result);
                for n in 0..=70 {
                    let from = n % 37;
                    let moved: Vec<Vec<u8>> =
                        args.iter().zip(&dtypes).map(|(a, d)| a[from * d.compute().size()..].to_vec()).collect();
                    let part = run(f, n, &moved, result);
                    assert_eq!(part, all[from * result..(from + n) * result], "{op}{dtypes:?} {isa:?} {n} lanes");
                }
            }
        }
    }
}

#[test]
fn results_may_overwrite_an_argument() {
    for &op in Intrinsic::ALL {
        for dtypes in signatures(op) {
            let size = op.result(&dtypes).unwrap().compute().size();
            let points = &points(op, &dtypes)[..150];
            let args: Vec<Vec<u8>> =
                (0..dtypes.len()).map(|i| points.iter().flat_map(|p| bytes(dtypes[i], p[i])).collect()).collect();
            for isa in Isa::available() {
                let f = block::apply(op, &dtypes, isa).unwrap();
                let apart = run(f, 150, &args, size);
                for k in (0..args.len()).filter(|k| dtypes[*k].compute().size() == size) {
                    let mut args = args.clone();
                    let pointers: Vec<*mut u8> = args.iter_mut().map(|a| a.as_mut_ptr()).collect();
                    let reads: Vec<*const u8> = pointers.iter().map(|p| p.cast_const()).collect();
                    // SAFETY: the result has the lanes of argument k, over which it is written.
                    unsafe { f(150, &reads, pointers[k]) };
                    assert_eq!(args[k], apart, "{op}{dtypes:?} {isa:?} over argument {k}");
                }
            }
        }
    }
}

#[test]
fn a_scalar_argument_is_broadcast() {
    let mut loops = 0;
    for &op in Intrinsic::ALL.iter().filter(|op| op.arity() == 2) {
        for dtypes in signatures(op) {
            let (dtype, size) = (dtypes[0], dtypes[0].compute().size());
            let result = op.result(&dtypes).unwrap().compute().size();
            let points = &points(op, &dtypes)[3950..4100];
            let x: Vec<u8> = points.iter().flat_map(|p| bytes(dtype, p[0])).collect();
            for isa in Isa::available() {
                let full = block::apply(op, &dtypes, isa).unwrap();
                for s in [0, 60, 149] {
                    let one = x[s * size..(s + 1) * size].to_vec();
                    let many = one.repeat(150);
                    if let Some(f) = block::apply_scalar_rhs(op, dtype, isa) {
                        let want = run(full, 150, &[x.clone(), many.clone()], result);
                        assert_eq!(run(f, 150, &[x.clone(), one.clone()], result), want, "{op} {dtype} {isa:?} right");
                        loops += 1;
                    }
                    if let Some(f) = block::apply_scalar_lhs(op, dtype, isa) {
                        let want = run(full, 150, &[many, x.clone()], result);
                        assert_eq!(run(f, 150, &[one, x.clone()], result), want, "{op} {dtype} {isa:?} left");
                        loops += 1;
                    }
                }
            }
        }
    }
    assert!(loops >= 14 * 5 * 2 * 3, "{loops} loops with a scalar");
}

#[test]
fn refused_types_have_no_loop() {
    assert!(block::apply(Intrinsic::Exp, &[DType::I32], Isa::Portable).is_none());
    assert!(block::apply(Intrinsic::Add, &[DType::Bool, DType::Bool], Isa::Portable).is_none());
    assert!(block::apply(Intrinsic::Add, &[DType::F32], Isa::Portable).is_none());
    assert!(block::apply_scalar_rhs(Intrinsic::Exp, DType::F32, Isa::Portable).is_none());
}

#[test]
fn exact_intrinsics_agree_between_instruction_sets() {
    for &op in Intrinsic::ALL.iter().filter(|op| op.is_exact()) {
        for dtypes in signatures(op) {
            let size = op.result(&dtypes).unwrap().compute().size();
            // A NaN's sign is not fixed.
            let points: Vec<_> =
                points(op, &dtypes).into_iter().filter(|p| p.iter().all(|x| x.to_f64().is_finite())).collect();
            let args: Vec<Vec<u8>> =
                (0..dtypes.len()).map(|i| points.iter().flat_map(|p| bytes(dtypes[i], p[i])).collect()).collect();
            let results: Vec<Vec<u8>> = Isa::available()
                .into_iter()
                .map(|isa| run(block::apply(op, &dtypes, isa).unwrap(), points.len(), &args, size))
                .collect();
            let result = op.result(&dtypes).unwrap();
            for i in 0..points.len() {
                let first = lane(result, &results[0], i);
                let same = |r: &Vec<u8>| {
                    let other = lane(result, r, i);
                    other.to_f64().is_nan() && first.to_f64().is_nan()
                        || r[i * size..(i + 1) * size] == results[0][i * size..(i + 1) * size]
                };
                assert!(results.iter().all(same), "{op}{dtypes:?} at {:?}", points[i]);
            }
        }
    }
}

#[test]
fn consecutive_draws_are_those_of_single_counters() {
    for op in [Intrinsic::PhiloxUniform, Intrinsic::PhiloxNormal] {
        for isa in Isa::available() {
            let f = block::apply(op, &[DType::I64; 2], isa).unwrap();
            for start in [0_i64, 1, 2, 3, 1 << 34, i64::MAX - 20] {
                let lanes = |x: &dyn Fn(i64) -> i64| (0..200).flat_map(|i| x(i).to_ne_bytes()).collect::<Vec<u8>>();
                let (seeds, counters) = (lanes(&|_| 99), lanes(&|i| start.wrapping_add(i)));
                let all = run(f, 200, &[seeds.clone(), counters.clone()], 4);
                // In steps of 3 no chunk has consecutive counters.
                let spread = lanes(&|i| start.wrapping_add(3 * i % 200));
                let mixed = run(f, 200, &[seeds, spread], 4);
                for i in 0..200 {
                    let j = 3 * i % 200;
                    assert_eq!(mixed[4 * i..4 * i + 4], all[4 * j..4 * j + 4], "{op} {isa:?} from {start}, {i}");
                }
            }
        }
    }
}
