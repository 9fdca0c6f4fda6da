//! Kernels as generated code uses them: point kernels on scalars and tensors, launches of grid kernels, what is an error.

mod launch;
mod lift;
mod typed;

use formwork_runtime::dtype::Element;
use formwork_runtime::{Device, Tensor};
use formwork_shapes::Shape;
use std::sync::LazyLock;
use std::sync::{Mutex, MutexGuard};

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

/// Until it is dropped, no other test runs: plans and buffers are counted for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// A tensor of a literal shape, from the given elements.
fn of<S: Shape, E: Element>(data: impl AsRef<[E]>) -> Tensor<S, E> {
    let sizes: Vec<usize> = S::SIZES.iter().map(|n| n.expect("a literal dim")).collect();
    sized(data, &sizes)
}

/// A tensor of given sizes and elements.
fn sized<S: Shape, E: Element>(data: impl AsRef<[E]>, sizes: &[usize]) -> Tensor<S, E> {
    Tensor::from_sizes(data, sizes, &DEVICE).expect("data that fills its sizes")
}

/// The message of the error that `x` ends in.
#[track_caller]
fn error<S: Shape, E: Element>(x: &Tensor<S, E>) -> String {
    match x.to_vec() {
        Ok(_) => panic!("it has a value"),
        Err(error) => error.to_string(),
    }
}
