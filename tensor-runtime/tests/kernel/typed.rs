//! What the runtime does with the typed form of grid kernels: gradients of maps in disguise, checked launches.

use super::*;
use crate::launch::copies;
use formwork_runtime::dtype::Float;
use formwork_runtime::kernel::{Grid, Launch, Source, Task, View, check};
use formwork_runtime::{Result, grad, plans_made};
use formwork_shapes::*;

/// `z[i, j] = factor * x[i] * exp(w[j, i])`, `s[i, j] = x[i]`.
#[track_caller]
fn outer<E: Float, R: Dim, N: Dim>(
    x: impl View<E, (R,)>,
    w: impl View<E, (N, R)>,
    factor: f32,
) -> (Tensor<(R, N), E>, Tensor<(R, N), E>) {
    static SOURCE: Source = Source {
        name: "outer",
        template: "(grid outer outer.rs (generics (element E) (dim R) (dim N))
            (params @1 (x in E R) (w in E N R) (factor scalar f32) (z out E R N) (s out E R N)) (results)
            (block @1 4) (grid @1 (call div_ceil (* R N) 4)) (callees) (constants)
            @2 (if (>= (call global_idx) (* R N)) ((return)) ())
            @3 (let (i) _ (/ (call global_idx) N)) @4 (let (j) _ (% (call global_idx) N))
            @5 (set= (at z i j) (* (* (as factor E) (at x i)) (call exp (at w j i)))) @6 (set= (at s i j) (at x i)))",
        callees: &[],
        constants: &[],
    };
    static GRID: Grid = Grid::new(&SOURCE);
    fn run<E: Float, R: Dim, N: Dim>(k: &Task) {
        use formwork_runtime::kernel::language::*;
        let (r, n) = (k.dim::<R>(0), k.dim::<N>(1));
        let (x, w, factor) = (k.array::<E, (R,)>(0, [r]), k.array::<E, (N, R)>(1, [n, r]), k.scalar::<f32>(2));
        let (z, s) = (k.array::<E, (R, N)>(3, [r, n]), k.array::<E, (R, N)>(4, [r, n]));
        for b in k.blocks::<4, 1, 1>() {
            for t in b.threads().filter(|t| t.global_idx() < r * n) {
                let (i, j) = (t.global_idx() / n, t.global_idx() % n);
                z.at(t)[(i, j)] = cast::<E>(factor) * x.at(t)[i] * exp(w.at(t)[(j, i)]);
                s.at(t)[(i, j)] = x.at(t)[i];
            }
        }
    }
    Launch::new(&GRID, copies(run::<E, R, N>), &[R::EXPR, N::EXPR])
        .elements(&[E::DTYPE])
        .array::<E, (R,), _>(x)
        .array::<E, (N, R), _>(w)
        .scalar(factor)
        .output::<E, (R, N)>()
        .output::<E, (R, N)>()
        .block([4, 1, 1])
        .grid(|d| [(d[0] * d[1]).div_ceil(4), 1, 1])
        .tensors()
}

/// Every thread writes `y[x[i]]`, which is a race if two want the same, and outside for an index that `y` lacks.
#[track_caller]
fn mark<N: Dim, M: Dim>(x: impl View<i64, (N,)>) -> Tensor<(M,), f32> {
    static SOURCE: Source = Source {
        name: "mark",
        template: "(grid mark mark.rs (generics (dim N) (dim M)) (params @1 (x in i64 N) (y out f32 M)) (results)
            (block @1 4) (grid @1 (call div_ceil N 4)) (callees) (constants)
            @2 (let (i) _ (call global_idx))
            @3 (if (< i N) (@4 (set= (at y (as (at x i) usize)) (float 1.0))) ()))",
        callees: &[],
        constants: &[],
    };
    static GRID: Grid = Grid::new(&SOURCE);
    fn run<N: Dim, M: Dim>(k: &Task) {
        let (x, y) = (k.array::<i64, (N,)>(0, [k.dim::<N>(0)]), k.array::<f32, (M,)>(1, [k.dim::<M>(1)]));
        for b in k.blocks::<4, 1, 1>() {
            for t in b.threads().filter(|t| t.global_idx() < x.size(0)) {
                y.at(t)[x.at(t)[t.global_idx()] as usize] = 1.0;
            }
        }
    }
    Launch::new(&GRID, copies(run::<N, M>), &[N::EXPR, M::EXPR])
        .array::<i64, (N,), _>(x)
        .output::<f32, (M,)>()
        .block([4, 1, 1])
        .grid(|d| [d[0].div_ceil(4), 1, 1])
        .tensors()
}

#[test]
fn the_gradient_of_a_map_is_derived() -> Result<()> {
    let _alone = alone();
    let x = of::<(U2,), f64>([0.5, -2.0]);
    let w = of::<(U3, U2), f64>([0.1, 0.2, -0.3, 0.4, 1.0, -1.0]);
    let loss = |z: &Tensor<(U2, U3), f64>, s: &Tensor<(U2, U3), f64>| (z.square() + s * 3.0 + z * s).sum();
    let (z, s) = outer(&x, &w, 1.5);
    let spread = x.unsqueeze::<1>();
    let (pz, ps) = (&spread * w.transpose::<0, 1>().exp() * 1.5, &spread * Tensor::<(U2, U3), f64>::ones());
    let near = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12 * (1.0 + b.abs()));
    assert!(near(z.to_vec()?, pz.to_vec()?) && near(s.to_vec()?, ps.to_vec()?));
    let (own, plain) = (loss(&z, &s), loss(&pz, &ps));
    assert!(near(grad(&own, &x).to_vec()?, grad(&plain, &x).to_vec()?));
    assert!(near(grad(&own, &w).to_vec()?, grad(&plain, &w).to_vec()?));
    // Once more, through one input that is made of the other.
    let twice = |z: Tensor<(U2, U3), f64>| grad(&grad(&z.square().sum(), &x).square().sum(), &x);
    let both = outer(&x, x.square().unsqueeze::<0>().expand::<(U3, U2)>(), 1.5).0;
    let by_hand = &spread * spread.square().exp() * Tensor::<(U2, U3), f64>::full(1.5);
    assert!(near(twice(both).to_vec()?, twice(by_hand).to_vec()?));
    let single = outer(x.cast::<f32>(), w.cast::<f32>(), 2.0).0;
    let slope = grad(&single.cast::<f64>().sum(), &x).to_vec()?;
    let wanted = grad(&(outer(&x, &w, 2.0).0.sum()), &x).to_vec()?;
    assert!(slope.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-5));
    Ok(())
}

#[test]
fn a_kernel_that_is_no_map_says_why_it_has_no_gradient() {
    let _alone = alone();
    let x = of::<(U2,), f32>([0.0, 1.0]);
    let y = launch::row_softmax(x.reshape::<(U1, U2)>()).0;
    let message = error(&grad(&y.sum(), &x));
    assert!(message.contains("`row_softmax` has no gradient, as its author says"), "{message}");
    let y = launch::gathered(&x);
    let message = error(&grad(&y.sum(), &x));
    for part in ["`gathered` has no gradient, none is attached (`#[kernel(grad = f)]`)", "derived: gathered.rs:3: "] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn checked_launches_give_what_plain_ones_give() -> Result<()> {
    let _alone = alone();
    let (x, w) = (of::<(U2,), f32>([0.5, -2.0]), of::<(U3, U2), f32>([0.1, 0.2, -0.3, 0.4, 1.0, -1.0]));
    let run = || outer(&x, &w, 1.5).0.to_vec();
    let plain = run()?;
    assert_eq!(check::run(run)?, plain);
    let marked = || mark::<_, U3>(of::<(U3,), i64>([2, 0, 1])).to_vec();
    assert_eq!(check::run(marked)?, marked()?);
    let before = plans_made();
    check::run(marked)?;
    assert_eq!(plans_made(), before);
    Ok(())
}

#[test]
fn checked_launches_list_what_they_find() {
    let _alone = alone();
    let found = |x: [i64; 5]| match check::run(|| mark::<_, U3>(of::<(U5,), i64>(x)).to_vec()) {
        Ok(_) => panic!("nothing was found"),
        Err(error) => error.to_string(),
    };
    let message = found([0, 1, 1, 2, 7]);
    assert!(message.starts_with("mark: 2 mistakes found by checked mode:\n  mark.rs:4: "), "{message}");
    assert_eq!(message.matches("thread (").count(), 2, "{message}");
    assert!(message.contains("typed.rs"), "{message}");
    let message = found([0, 1, 1, 1, 0]);
    assert!(message.contains("3 mistakes"), "{message}");
}
