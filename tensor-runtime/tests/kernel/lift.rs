//! Point kernels, written out as the macro writes them.

use super::*;
use formwork_runtime::dtype::{Float, bf16, f16};
use formwork_runtime::kernel::{Arg, Forms, Gradient, Lifted, Point, Source, lift};
use formwork_runtime::params::Param;
use formwork_runtime::{Result, grad, plans_made};
use formwork_shapes::*;

/// A kernel of the given template; the body is what a user writes.
macro_rules! point {
    (fn $name:ident $([$f:ident])? ($($x:ident: $t:ty, $a:ident),+) -> $r:ty $body:block $template:literal, $gradient:expr) => {
        #[allow(non_camel_case_types)]
        enum $name {}
        impl $name {
            const SOURCE: Source =
                Source { name: stringify!($name), template: $template, callees: &[], constants: &[] };
            #[inline(always)]
            #[allow(dead_code)] // a gradient is not called
            fn call$(<$f: Float>)?($($x: $t),+) -> $r {
                #[allow(unused_imports)] // as bodies that call none of it
                use formwork_runtime::kernel::language::*;
                $body
            }
        }
        #[track_caller]
        #[allow(dead_code)] // a gradient is not called
        fn $name<$($f: Float,)? $($a: Arg<$t>),+>($($x: $a),+) -> Lifted<($($a::Form,)+), $r>
        where
            ($($a::Form,)+): Forms<$r>,
        {
            static POINT: Point = Point::new(&$name::SOURCE, $gradient);
            lift(($($x,)+), <$name>::call$(::<$f>)?, &POINT)
        }
    };
}

point! {
    fn swish(x: f32, A, beta: f32, B) -> f32 { x * sigmoid(beta * x) }
    "(point swish here.rs (generics) (params @1 (x scalar f32) (beta scalar f32)) (results f32) (block) (grid)
      (callees) (constants) @2 (return (* x (call sigmoid (* beta x)))))",
    Gradient::Derived
}
point! {
    fn swish64(x: f64, A, beta: f64, B) -> f64 { x * sigmoid(beta * x) }
    "(point swish here.rs (generics) (params @1 (x scalar f64) (beta scalar f64)) (results f64) (block) (grid)
      (callees) (constants) @2 (return (* x (call sigmoid (* beta x)))))",
    Gradient::Derived
}
point! {
    fn leaky[F](x: F, A, slope: F, B) -> F { if x > F::of(0.0) { x } else { slope * x } }
    "(point leaky here.rs (generics (element F)) (params @1 (x scalar F) (slope scalar F)) (results F) (block) (grid)
      (callees) (constants) @2 (return (if (> x (as (float 0.0) F)) () x () (* slope x))))",
    Gradient::Derived
}
point! {
    fn polar(x: f32, A, y: f32, B) -> (f32, f32) { (sqrt(x * x + y * y), atan2(y, x)) }
    "(point polar here.rs (generics) (params @1 (x scalar f32) (y scalar f32)) (results f32 f32) (block) (grid)
      (callees) (constants) @2 (return (call sqrt (+ (* x x) (* y y))) (call atan2 y x)))",
    Gradient::Derived
}
point! {
    fn straight_grad(x: f32, A, g: f32, B) -> f32 { let _ = x; g }
    "(point straight_grad here.rs (generics) (params @1 (x scalar f32) (g scalar f32)) (results f32) (block) (grid)
      (callees) (constants) @2 (return g))",
    Gradient::Derived
}
point! {
    fn straight(x: f32, A) -> f32 { floor(x) }
    "(point straight here.rs (generics) (params @1 (x scalar f32)) (results f32) (block) (grid)
      (callees) (constants) @2 (return (call floor x)))",
    Gradient::Given(&straight_grad::SOURCE)
}
point! {
    fn opaque(x: f32, A) -> f32 { exp(x) }
    "(point opaque here.rs (generics) (params @1 (x scalar f32)) (results f32) (block) (grid)
      (callees) (constants) @2 (return (call exp x)))",
    Gradient::None
}

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 4.0 * f32::EPSILON * (1.0 + b.abs())
}

#[test]
fn scalars_and_tensors_in_every_mix() -> Result<()> {
    let _alone = alone();
    let plain = swish(1.0, 1.5);
    assert!(near(plain, 1.0 / (1.0 + (-1.5f32).exp())));
    let x = of::<(U2, U1), f32>([1.0, -2.0]);
    let b = of::<(U3,), f32>([1.5, 0.0, 1.0]);
    let p = Param::<(U3,)>::new([1.5, 0.0, 1.0], &DEVICE)?;
    let wanted = |x: f32, b: f32| x / (1.0 + (-b * x).exp());
    let all: Vec<f32> = [1.0, -2.0].iter().flat_map(|&x| [1.5, 0.0, 1.0].map(|b| wanted(x, b))).collect();
    let ok = |y: &Tensor<(U2, U3)>| y.to_vec().expect("a value").iter().zip(&all).all(|(&a, &b)| near(a, b));
    assert!(ok(&swish(&x, &b)) && ok(&swish(x.clone(), &b)) && ok(&swish(&x, b.clone())) && ok(&swish(x.clone(), &p)));
    let y: Tensor<(U2, U1)> = swish(&x, 1.5);
    assert!(near(y.to_vec()?[0], plain) && near(swish(1.0, &b).to_vec()?[0], plain));
    assert_eq!(swish(2.0, 0.0), 1.0);
    Ok(())
}

#[test]
fn generic_over_floats() -> Result<()> {
    let _alone = alone();
    assert_eq!((leaky(-2.0f32, 0.25), leaky(3.0, 0.25)), (-0.5, 3.0));
    assert_eq!(leaky(&of::<(U2,), f64>([-2.0, 3.0]), 0.25).to_vec()?, [-0.5, 3.0]);
    let half = leaky(&of::<(U2,), f16>([-2.0, 3.0].map(f16::from_f32)), f16::from_f32(0.25));
    assert_eq!(half.to_vec()?, [-0.5, 3.0].map(f16::from_f32));
    let brain = leaky(&of::<(U2,), bf16>([-2.0, 3.0].map(bf16::from_f32)), bf16::from_f32(0.25));
    assert_eq!(brain.to_vec()?, [-0.5, 3.0].map(bf16::from_f32));
    Ok(())
}

#[test]
fn several_results() -> Result<()> {
    let _alone = alone();
    let (r, a) = polar(3.0, 4.0);
    assert!(r == 5.0 && near(a, 4f32.atan2(3.0)));
    let (r, a) = polar(&of::<(U2,), f32>([3.0, -1.0]), &of::<(U1,), f32>([0.0]));
    assert_eq!((r.to_vec()?, a.to_vec()?), (vec![3.0, 1.0], vec![0.0, std::f32::consts::PI]));
    Ok(())
}

#[test]
fn gradients_are_those_of_differences() -> Result<()> {
    let _alone = alone();
    let at = [-3.0, -0.5, 0.2, 4.0];
    let loss = |x: &[f64], b: f64| swish64(&of::<(U4,), f64>(x), b).square().sum().item().expect("a value");
    let (x, b) = (of::<(U4,), f64>(at), of::<(), f64>([1.3]));
    let y = swish64(&x, &b).square().sum();
    let (dx, db) = (grad(&y, &x).to_vec()?, grad(&y, &b).item()?);
    let e = 1e-6;
    for i in 0..4 {
        let moved = |by: f64| {
            let mut x = at;
            x[i] += by;
            loss(&x, 1.3)
        };
        assert!((dx[i] - (moved(e) - moved(-e)) / (2.0 * e)).abs() < 1e-7, "{i}");
    }
    assert!((db - (loss(&at, 1.3 + e) - loss(&at, 1.3 - e)) / (2.0 * e)).abs() < 1e-7);
    Ok(())
}

#[test]
fn gradients_at_the_extremes_are_finite() -> Result<()> {
    let _alone = alone();
    let x = of::<(U4,), f32>([-100.0, -1e30, 100.0, 1e30]);
    let slopes = grad(&swish(&x, 1.0).sum(), &x).to_vec()?;
    assert!(slopes.iter().zip([0.0, 0.0, 1.0, 1.0]).all(|(&a, b)| near(a, b)), "{slopes:?}");
    let zero = of::<(U1,), f32>([0.0]);
    assert_eq!(grad(&leaky(&zero, 0.5).sum(), &zero).to_vec()?, [0.5]);
    Ok(())
}

#[test]
fn a_gradient_of_ones_own_and_none() -> Result<()> {
    let _alone = alone();
    let x = of::<(U2,), f32>([1.5, -2.5]);
    let y = straight(&x);
    assert_eq!((y.to_vec()?, grad(&(y * 3.0).sum(), &x).to_vec()?), (vec![1.0, -3.0], vec![3.0, 3.0]));
    assert_eq!(opaque(0.0), 1.0);
    let message = error(&grad(&opaque(&x).sum(), &x));
    assert!(message.contains("`opaque` has no gradient") && message.contains("lift.rs"), "{message}");
    assert_eq!(grad(&opaque(&x.detach()).sum(), &x).to_vec()?, [0.0, 0.0]);
    Ok(())
}

#[test]
fn it_fuses_and_numbers_are_arguments() -> Result<()> {
    let _alone = alone();
    let x = of::<(U2, U2), f32>([0.0, 1.0, 2.0, 3.0]);
    let y = |beta: f32| (swish(&(&x + 1.0), beta) * 2.0).sum();
    let text = y(1.0).explain()?;
    assert!(text.contains("1 kernels"), "{text}");
    y(1.0).item()?;
    let before = plans_made();
    y(2.0).item()?;
    assert_eq!(plans_made(), before);
    Ok(())
}

#[test]
fn run_time_sizes_that_differ() {
    let _alone = alone();
    runtime_dim!(Batch);
    let a = sized::<(Batch,), f32>([0.0; 3], &[3]);
    let b = sized::<(Batch,), f32>([0.0; 4], &[4]);
    let message = error(&swish(&a, &b));
    assert!(message.contains("swish: run-time sizes differ: [3] on the left, [4] on the right"), "{message}");
}
