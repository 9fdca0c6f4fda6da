//! What formwork computes, beside what PyTorch computed: the values of this folder, see its README.md.

// The models of two sizes are in one text.
#![allow(clippy::duplicate_mod)]

mod autocast;
mod curves;
mod layers;
#[path = "../../benches/cpu/models.rs"]
mod models;
mod narrow;
mod ops;
mod stream;
mod tiny;

use formwork::io::safetensors::{self, Checkpoint};
use formwork::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Where these tests run: on the device that `FORMWORK_TEST_DEVICE` names, or else on the CPU.
pub static DEVICE: LazyLock<Device> = LazyLock::new(|| match std::env::var("FORMWORK_TEST_DEVICE") {
    Ok(name) => name.parse().expect("a device"),
    Err(_) => Device::Cpu,
});

/// The values of one suite, and what was found when they were compared.
struct Golden {
    values: Checkpoint,
    tolerance: f64,
    compared: BTreeSet<String>,
    differences: Vec<String>,
}

impl Golden {
    /// The suite `name`; a difference counts above `tolerance * max(1, |wanted|)`.
    fn load(name: &str, tolerance: f64) -> Golden {
        let path = format!("{}/tests/golden/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        let values = safetensors::load(path).expect("a readable suite");
        Golden { values, tolerance, compared: BTreeSet::new(), differences: vec![] }
    }

    fn holds(&self, name: &str) -> bool {
        self.values.entries.iter().any(|e| e.name == name)
    }

    /// The tensor `name`, as it stands in the file.
    fn tensor<S: Shape, E: Element>(&self, name: &str) -> Result<Tensor<S, E>> {
        let entry = self.values.entries.iter().find(|e| e.name == name);
        let entry = entry.ok_or_else(|| Error::other(format!("no tensor {name}")))?;
        Tensor::from_sizes(entry.to_vec::<E>()?, &entry.dims, &DEVICE)
    }

    /// The tensor `name`, of the shape of `y`.
    fn like<S: Shape, E: Element>(&self, name: &str, _: &Tensor<S, E>) -> Result<Tensor<S, E>> {
        self.tensor(name)
    }

    /// Compares what was computed with the tensor `name`.
    fn compare<S: Shape, E: Element>(&mut self, name: &str, found: Result<Tensor<S, E>>) {
        if let Err(error) = found.and_then(|found| self.differ(name, &found)) {
            self.differences.push(format!("{name}: {error}"));
        }
    }

    fn differ<S: Shape, E: Element>(&mut self, name: &str, found: &Tensor<S, E>) -> Result<()> {
        self.compared.insert(name.to_string());
        let wanted = self.like(name, found)?.to_vec()?;
        let found = found.to_vec()?;
        for (i, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let (found, wanted) = (found.to_f64(), wanted.to_f64());
            // Written so that a NaN is a difference.
            let close = (found - wanted).abs() <= self.tolerance * wanted.abs().max(1.0);
            if !close {
                self.differences.push(format!("{name}[{i}]: {found}, PyTorch has {wanted}"));
                break;
            }
        }
        Ok(())
    }

    /// Fails with every difference, and with every case of which something was not compared.
    fn finish(self) {
        let differences = self.differences;
        assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
        let names = self.values.entries.iter().map(|e| e.name.as_str());
        let wanted = names.filter(|n| !n.contains(".input") && !n.contains(".cotangent") && !n.contains(".norm."));
        let missed = wanted.filter(|n| !self.compared.contains(*n)).filter_map(|n| n.split('.').next());
        let missed: BTreeSet<&str> = missed.collect();
        assert!(missed.is_empty(), "not compared: {missed:?}");
    }
}

/// Cases of the suite of ops. `x: [3, 5]` is a float input, `labels y: [4]` one of i64, after the float ones. The output
/// is compared, and the gradient of `sum(output * cotangent)` by each float input.
macro_rules! cases {
    ($golden:ident, $E:ident: $($name:literal ($($x:ident: $s:tt),* $(; labels $l:ident: $ls:tt)?) => $y:expr;)*) => { $({
        let outcome = (|| -> Result<()> {
            let mut at = 0..;
            let mut name = |what: &str| format!("{}.{what}{}", $name, at.next().unwrap_or_default());
            $(let $x: Tensor<s! $s, $E> = $golden.tensor(&name("input"))?;)*
            $(let $l: Tensor<s! $ls, i64> = $golden.tensor(&name("input"))?;)?
            let y = $y;
            $golden.compare(concat!($name, ".output"), Ok(y.clone()));
            let cotangent = $golden.like(concat!($name, ".cotangent"), &y)?;
            let loss = y.mul(&cotangent).sum();
            let mut at = 0..;
            $(
                let name = format!("{}.grad{}", $name, at.next().unwrap_or_default());
                if $golden.holds(&name) {
                    $golden.compare(&name, Ok(grad(&loss, &$x)));
                }
            )*
            Ok(())
        })();
        if let Err(error) = outcome {
            $golden.differences.push(format!("{}: {error}", $name));
        }
    })* };
}
pub(crate) use cases;

#[test]
fn ops_in_f32() {
    let mut golden = Golden::load("ops_f32", 1e-5);
    ops::all::<f32>(&mut golden);
    layers::all::<f32>(&mut golden);
    golden.finish();
}

#[test]
fn ops_in_f64() {
    let mut golden = Golden::load("ops_f64", 1e-11);
    ops::all::<f64>(&mut golden);
    layers::all::<f64>(&mut golden);
    golden.finish();
}
