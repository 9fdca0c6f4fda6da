//! What the macros write finds everything by full paths: a user's `Option`, `Result` or `Clone` doesn't get in its way,
//! nor does another name for the crate.

use formwork::nn::{Init, Vars};
use formwork::prelude::*;

/// Multiplies by a learned number a feature.
#[derive(Module)]
struct Scale<F: Dim> {
    weight: Param<(F,)>,
    #[module(skip)]
    calls: std::cell::Cell<usize>,
}

impl<F: Dim> Init for Scale<F> {
    type Config = ();
    fn init(_: (), at: &mut Vars<'_>) -> formwork::Result<Self> {
        let weight = Param::new(vec![2.0; F::SIZE.unwrap_or(0)], &at.device())?;
        Ok(Scale { weight, calls: std::cell::Cell::new(0) })
    }
}

impl<B: Dim, F: Dim> Layer<Tensor<(B, F)>> for Scale<F>
where
    (F,): Broadcast<(B, F), Out = (B, F)>,
{
    type Out = Tensor<(B, F)>;
    fn forward(&self, x: &Tensor<(B, F)>, _: &Cx<'_>) -> Tensor<(B, F)> {
        self.calls.set(self.calls.get() + 1);
        x * &self.weight
    }
}

mod renamed {
    pub use formwork::*;
}

mod shadowed {
    use super::Scale;

    // Names of both preludes that mean something else here.
    #[allow(dead_code, non_snake_case)] // they are there to be in the way
    mod names {
        pub enum Option {}
        pub enum Result {}
        pub enum Vec {}
        pub enum String {}
        pub trait Clone {}
        pub trait From {}
        pub trait FnMut {}
        pub trait Copy {}
        pub trait Default {}
        pub trait Debug {}
        pub enum Box {}
        pub enum Tensor {}
        pub enum Device {}
        pub trait Layer {}
        pub trait Module {}
        pub fn drop() {}
        pub fn Ok() {}
        pub fn Some() {}
        pub fn Err() {}
    }
    #[allow(unused_imports)]
    use names::*;

    ::formwork::dims! { Batch, F = 3, TWICE = 2 * F }

    ::formwork::model! {
        /// Two scales.
        pub struct Plain {
            first: Scale(F),
            both: [Scale(F); 2],
        }
        fn forward(&self, x: [Batch, F]) -> [Batch, F] {
            let mut h: [Batch, TWICE / 2] = self.first(x);
            for scale in &self.both {
                h = scale(h);
            }
            self.half(h)
        }
        /// Half of it.
        pub fn half(&self, x: [Batch, F]) -> [Batch, F] {
            x * 0.5
        }
    }

    const HALF: f32 = 0.5;

    #[::formwork::device(crate = super::renamed)]
    fn halve(x: f32) -> f32 {
        x * HALF
    }

    #[::formwork::kernel(crate = super::renamed)]
    pub fn quarter(x: f32) -> f32 {
        halve(halve(x))
    }

    macro_rules! sums {
        ($name:ident, $by:expr) => {
            /// The sum of all elements, several times over.
            #[::formwork::kernel(block = 64, crate = super::renamed)]
            pub fn $name<N: ::formwork::Dim>(
                x: &::formwork::kernel::Array<f32, (N,)>,
                y: &mut ::formwork::kernel::Array<f32, (N,)>,
            ) {
                // Names that generated code might have taken.
                let __t = thread_idx();
                let __b = if __t < N { x[__t] } else { 0.0 };
                let sum_lanes = block_reduce_sum(__b);
                let block = $by;
                if __t < N {
                    y[__t] = block * sum_lanes;
                }
            }
        };
    }
    sums!(tripled, 3.0);

    ::formwork::model! {
        crate = super::renamed;
        pub struct Renamed {
            inner: Plain,
        }
        fn forward(&self, x: [Batch, F], y: [Batch, F]) -> ([Batch, F], [Batch, F]) {
            (self.inner(x + y), y)
        }
    }
}

#[test]
fn a_model_runs_where_names_are_shadowed_and_the_crate_is_renamed() -> Result<()> {
    let (device, mut rng) = (Device::cpu(), Rng::seed(1));
    let model = shadowed::Renamed::new(&device, &mut rng)?;
    let x = Tensor::<(shadowed::Batch, U3)>::new(vec![1.0, 2.0, 3.0], &device)?;
    let (y, z) = model.eval().forward(&x, &x);
    // 2 + 4 + 6, through three scales of 2, and half of it
    assert_eq!(y.to_vec()?, [8.0, 16.0, 24.0]);
    assert_eq!(z.to_vec()?, x.to_vec()?);
    Ok(())
}

#[test]
fn kernels_run_where_names_are_shadowed_and_in_macros() -> Result<()> {
    let x = Tensor::<(U3,)>::new(vec![1.0, 2.0, 3.0], &Device::cpu())?;
    assert_eq!(shadowed::quarter(&x).to_vec()?, [0.25, 0.5, 0.75]);
    assert_eq!(shadowed::tripled(&x).to_vec()?, [18.0; 3]);
    Ok(())
}

#[test]
fn parameters_have_the_names_of_fields() -> Result<()> {
    let model = shadowed::Renamed::new(&Device::cpu(), &mut Rng::seed(1))?;
    let mut names = vec![];
    model.visit(&mut formwork::params::Path::new(), &mut |path, item| names.push(format!("{path}: {}", item.shape)));
    assert_eq!(names, ["inner.first.weight: [3]", "inner.both.0.weight: [3]", "inner.both.1.weight: [3]"]);
    Ok(())
}

#[test]
fn a_model_prints_its_layers_as_written() -> Result<()> {
    let model = shadowed::Renamed::new(&Device::cpu(), &mut Rng::seed(1))?;
    let expected = "\
Renamed {
    inner: Plain {
        first: Scale(F),
        both: [Scale(F); 2] {
            0: Scale(F),
            1: Scale(F),
        },
    },
}";
    assert_eq!(format!("{model:?}"), expected);
    Ok(())
}

#[test]
fn a_summary_has_outputs_and_parameters_of_every_layer() -> Result<()> {
    let model = shadowed::Renamed::new(&Device::cpu(), &mut Rng::seed(1))?;
    let summary = model.summary();
    let rows: Vec<_> = summary.rows.iter().map(|r| (r.path.as_str(), r.outputs.join(" "), r.parameters)).collect();
    let out = "[Batch, 3]".to_string();
    let expected = [
        ("inner", out.clone(), 9),
        ("inner.first", out.clone(), 3),
        ("inner.both", String::new(), 6),
        ("inner.both.0", out.clone(), 3),
        ("inner.both.1", out, 3),
    ];
    assert_eq!(rows, expected);
    assert_eq!(summary.parameters, 9);
    assert!(summary.to_string().contains("inner.both.0  Scale(F)"), "{summary}");
    Ok(())
}

#[test]
fn aliases_of_dims_are_types_and_numbers() {
    assert_eq!((shadowed::F, shadowed::TWICE), (3, 6));
    assert_eq!(<shadowed::TWICE as Dim>::SIZE, Some(6));
}

mod by_macro {
    use formwork::prelude::*;

    dims! { Batch }

    // Some names of the model come from the macro, others from its call.
    macro_rules! network {
        ($name:ident { $first:ident, $list:ident, $shift:ident }: $from:literal -> $to:literal) => {
            model! {
                pub struct $name {
                    $first: Linear($from -> $to, bias = false),
                    $list: [Linear($to -> $to); 2],
                    last: Linear($to -> $to),
                    $shift: Param([$to], mean = 0.5),
                }
                fn forward(&self, x: [Batch, $from]) -> [Batch, $to] {
                    let mut h = self.half(self.$first(x));
                    for layer in &self.$list {
                        h = layer(h);
                    }
                    self.last(h) + self.$shift
                }
                fn half(&self, x: [Batch, $to]) -> [Batch, $to] {
                    x * 0.5
                }
            }
        };
    }
    network!(Network { first, list, shift }: 4 -> 3);
}

#[test]
fn a_users_macro_can_write_a_model() -> Result<()> {
    let model = by_macro::Network::new(&Device::cpu(), &mut Rng::seed(1))?;
    let x = Tensor::<(by_macro::Batch, U4)>::new(vec![1.0; 8], &Device::cpu())?;
    assert_eq!(model.eval().forward(x).dims(), [2, 3]);
    assert_eq!(model.summary().rows.len(), 6);
    Ok(())
}
