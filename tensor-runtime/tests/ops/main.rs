//! Composite operations: forward against values by hand, gradients against central differences in
//! f64, strided and empty inputs, small floats, and what is poisoned.

mod arithmetic;
mod attention;
mod draw;
mod image;
mod index;
mod join;
mod loss;
mod norm;
mod random;
mod scan;
mod sort;
mod unary;

use formwork_runtime::dtype::Element;
use formwork_runtime::{Device, Error, Result, Rng, Tensor, eager, grad};
use formwork_shapes::{Axis, Shape};
use std::sync::LazyLock;

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

/// A tensor of a literal shape, from the given elements.
fn of<S: Shape, E: Element>(data: impl AsRef<[E]>) -> Tensor<S, E> {
    let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.expect("a literal dim")).collect();
    sized(data, &sizes)
}

/// A tensor of given sizes and elements.
fn sized<S: Shape, E: Element>(data: impl AsRef<[E]>, sizes: &[usize]) -> Tensor<S, E> {
    Tensor::from_sizes(data, sizes, &DEVICE).expect("data that fills its sizes")
}

/// Numbers drawn evenly from -2 to 2, none two of which are closer than rounding.
fn drawn<S: Shape>(seed: u64) -> Tensor<S, f64> {
    let len = S::SIZES.iter().map(|n| n.expect("a literal dim")).product();
    of(Rng::seed(seed).uniform_vec(len, -2.0, 2.0))
}

/// The same elements as `x`, read backwards from a buffer in which they lie backwards.
fn strided<S: Shape + Axis<-1>, E: Element>(x: &Tensor<S, E>) -> Tensor<S, E> {
    let backwards = x.flip::<-1>();
    let stored = sized::<S, E>(backwards.to_vec().expect("a value"), &backwards.dims());
    stored.flip::<-1>()
}

/// The bits of the elements of a f64 tensor; all NaNs are one.
fn bits<S: Shape>(x: &Tensor<S, f64>) -> Vec<u64> {
    let one = |x: f64| if x.is_nan() { f64::NAN } else { x };
    x.to_vec().expect("a value").into_iter().map(|x| one(x).to_bits()).collect()
}

/// Whether two evaluations agree: bit by bit on the CPU; on a GPU the order of a sum depends on the kernel that it is in.
fn same(a: &[u64], b: &[u64]) -> bool {
    let near = |(&a, &b): (&u64, &u64)| a == b || close(f64::from_bits(a), f64::from_bits(b));
    a.len() == b.len() && (if *DEVICE == Device::Cpu { a == b } else { a.iter().zip(b).all(near) })
}

/// A loss of `y` that depends on every element in a way of its own.
fn weighed<R: Shape>(y: &Tensor<R, f64>) -> Tensor<(), f64> {
    let targets = Rng::seed(99).uniform_vec(y.len(), 3.0, 5.0);
    y.mse_loss_sum(sized::<R, f64>(targets, &y.dims()))
}

/// Whether `a` and `b` are as close as central differences can tell.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()))
}

/// Compares the gradient of `f` at `x` with central differences, element by element; eager with planned
/// evaluation, and a strided input with a plain one, bit by bit.
#[track_caller]
fn check<S, R>(x: &Tensor<S, f64>, f: impl Fn(&Tensor<S, f64>) -> Tensor<R, f64>)
where
    S: Shape + Axis<-1>,
    R: Shape,
{
    let slope = |x: &Tensor<S, f64>| grad(&weighed(&f(x)), x);
    let both = |x: &Tensor<S, f64>| (bits(&f(x)), bits(&slope(x)));
    let planned = eager(false, || both(x));
    let eagerly = eager(true, || both(x));
    assert!(same(&planned.0, &eagerly.0) && same(&planned.1, &eagerly.1), "planned and eager");
    let turned = strided(x);
    assert!(same(&planned.0, &bits(&f(&turned))), "plain and strided");
    assert!(same(&planned.1, &bits(&slope(&turned))), "gradients, plain and strided");

    let at = x.to_vec().expect("a value");
    let step = 1e-5;
    for (i, &found) in planned.1.iter().enumerate() {
        let moved = |by: f64| {
            let mut data = at.clone();
            data[i] += by;
            weighed(&f(&sized(data, &x.dims()))).item().expect("a value")
        };
        let wanted = (moved(step) - moved(-step)) / (2.0 * step);
        let found = f64::from_bits(found);
        assert!(close(found, wanted), "gradient of element {i}: {found}, by differences {wanted}");
    }
}

/// The message of the error that `x` carries.
#[track_caller]
fn error<S: Shape, E: Element>(x: &Tensor<S, E>) -> String {
    failed(x.to_vec()).to_string()
}

#[track_caller]
fn failed<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("it has a value"),
        Err(error) => error,
    }
}
