//! The library's layers: what they start from, their names, options, modes, and what they compute.

mod compute;
mod norms;
mod options;
mod start;

use formwork::params::Path;
use formwork::prelude::*;

/// A tensor of the given sizes whose elements are drawn evenly from -2 to 2.
fn drawn<S: Shape>(seed: u64, sizes: &[usize]) -> Tensor<S> {
    let numbers = Rng::seed(seed).uniform_vec(sizes.iter().product(), -2.0, 2.0);
    let numbers: Vec<f32> = numbers.into_iter().map(|x| x as f32).collect();
    Tensor::from_sizes(numbers, sizes, &Device::cpu()).expect("numbers that fill their sizes")
}

/// The names and sizes of what a model holds, as PyTorch's `state_dict` lists them.
fn names(model: &dyn Module) -> Vec<String> {
    let mut names = vec![];
    model.visit(&mut Path::new(), &mut |path, item| names.push(format!("{path} {:?} {}", item.dims(), item.dtype())));
    names
}

/// Whether two lists of numbers agree to within `by`.
#[track_caller]
fn near<E: Element>(found: &[E], wanted: &[f64], by: f64) {
    assert_eq!(found.len(), wanted.len());
    let off = found.iter().zip(wanted).find(|(a, b)| (a.to_f64() - **b).abs() > by);
    assert!(off.is_none(), "{off:?} in {found:?}, {wanted:?} wanted");
}
