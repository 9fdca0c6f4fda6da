//! Models and training runs in files.

use super::safetensors::{self, Checkpoint, Entry};
use super::{Spec, check};
use formwork_runtime::dtype::DType;
use formwork_runtime::optim::{Optimizer, Rule, Saved, Wanted};
use formwork_runtime::params::{self, ItemMut, Module};
use formwork_runtime::{Result, Rng};
use std::collections::BTreeMap;
use std::path::Path;

/// What an optimizer keeps stands under this in a file; no parameter's name has a slash.
const OPTIMIZER: &str = "optimizer/";
/// The seed, and how many random numbers were drawn.
const RNG: &str = "rng/state";

/// Writes the parameters and states of `model` to a safetensors file, by PyTorch's state-dict names;
/// what `model.save(path)` calls. A file that was there is replaced all or nothing.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io), and everything that can go wrong in computing a state that is pending.
pub fn save<M: Module + ?Sized>(model: &M, path: impl AsRef<Path>) -> Result<()> {
    safetensors::save(path, &entries(model)?, &metadata())
}

/// Reads the parameters and states of `model` from a safetensors file; what `model.load(path)` calls.
/// The model's part of a file by [`save_training`] serves too.
///
/// # Errors
/// [`Error::Checkpoint`](crate::Error::Checkpoint) with every difference if the file does not fit the
/// model, and [`Error::Io`](crate::Error::Io), [`Error::Format`](crate::Error::Format) and
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory). The model is then as it was.
pub fn load<M: Module + ?Sized>(model: &mut M, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let mut file = safetensors::load(path)?;
    file.entries.retain(|entry| !entry.name.starts_with(OPTIMIZER) && entry.name != RNG);
    check(&specs(model), &file.entries, path)?;
    replace(model, file.entries)
}

/// Writes everything that a training run goes on from: the model, what the optimizer keeps, and the
/// random numbers. Settings, such as the learning rate, are in the program.
///
/// # Errors
/// As [`save`].
///
/// ```
/// # use formwork::prelude::*;
/// # fn main() -> Result<()> {
/// # let path = std::env::temp_dir().join(format!("formwork-training-{}.safetensors", std::process::id()));
/// let (mut w, mut rng) = (Param::<(U2,)>::new([1.0, 2.0], &Device::cpu())?, Rng::seed(1));
/// let mut opt = formwork::optim::AdamW::new(0.1);
/// let gradients = w.sum().backward();
/// opt.step(&mut w, gradients)?;
/// formwork::io::save_training(&w, &opt, &rng, &path)?;
///
/// let mut again = Param::<(U2,)>::new([0.0, 0.0], &Device::cpu())?;
/// let mut opt = formwork::optim::AdamW::new(0.1);
/// formwork::io::load_training(&mut again, &mut opt, &mut rng, &path)?;
/// assert_eq!((again.to_vec()?, opt.steps()), (w.to_vec()?, 1));
/// # std::fs::remove_file(path).map_err(Error::other)
/// # }
/// ```
pub fn save_training<M, R>(model: &M, optimizer: &Optimizer<R>, rng: &Rng, path: impl AsRef<Path>) -> Result<()>
where
    M: Module + ?Sized,
    R: Rule,
{
    let mut all = entries(model)?;
    all.extend(optimizer.state()?.into_iter().map(|Saved { name, dtype, dims, bytes }| Entry {
        name: format!("{OPTIMIZER}{name}"),
        dtype,
        dims,
        data: bytes,
    }));
    let (seed, drawn) = rng.state();
    all.push(Entry::new(RNG, &[2], vec![seed as i64, drawn as i64]));
    safetensors::save(path, &all, &metadata())
}

/// Reads what [`save_training`] wrote: training goes on to the same bits.
///
/// # Errors
/// As [`load`]; differences of all three parts are in one error, and all three are then as they were.
pub fn load_training<M, R>(
    model: &mut M,
    optimizer: &mut Optimizer<R>,
    rng: &mut Rng,
    path: impl AsRef<Path>,
) -> Result<()>
where
    M: Module + ?Sized,
    R: Rule,
{
    let path = path.as_ref();
    let Checkpoint { entries, .. } = safetensors::load(path)?;
    let mut expected = specs(model);
    let names = entries.iter().filter_map(|entry| entry.name.strip_prefix(OPTIMIZER));
    let spec = |Wanted { name, dtype, dims }| Spec { name: format!("{OPTIMIZER}{name}"), dtype, dims };
    expected.extend(optimizer.wanted(model, names).into_iter().map(spec));
    expected.push(Spec { name: RNG.to_string(), dtype: DType::I64, dims: vec![2] });
    check(&expected, &entries, path)?;

    let (mut of_model, mut of_optimizer, mut state) = (vec![], vec![], (0, 0));
    for entry in entries {
        if let Some(name) = entry.name.strip_prefix(OPTIMIZER) {
            let name = name.to_string();
            of_optimizer.push(Saved { name, dtype: entry.dtype, dims: entry.dims, bytes: entry.data });
        } else if entry.name == RNG {
            let numbers = entry.to_vec::<i64>()?;
            state = (numbers[0] as u64, numbers[1] as u64);
        } else {
            of_model.push(entry);
        }
    }
    let before = optimizer.state()?;
    optimizer.load_state(model, of_optimizer)?;
    if let Err(error) = replace(model, of_model) {
        optimizer.load_state(model, before)?;
        return Err(error);
    }
    *rng = Rng::from_state(state);
    Ok(())
}

/// PyTorch's loaders ask for this.
fn metadata() -> BTreeMap<String, String> {
    BTreeMap::from([("format".to_string(), "pt".to_string())])
}

fn entries<M: Module + ?Sized>(model: &M) -> Result<Vec<Entry>> {
    let (mut entries, mut failed) = (vec![], None);
    model.visit(&mut params::Path::new(), &mut |path, item| match item.to_bytes() {
        Ok(data) => entries.push(Entry { name: path.to_string(), dtype: item.dtype(), dims: item.dims(), data }),
        Err(error) => failed = Some(error),
    });
    failed.map_or(Ok(entries), Err)
}

fn specs<M: Module + ?Sized>(model: &M) -> Vec<Spec> {
    let mut specs = vec![];
    model.visit(&mut params::Path::new(), &mut |path, item| {
        specs.push(Spec { name: path.to_string(), dtype: item.dtype(), dims: item.dims() });
    });
    specs
}

/// Gives the items of `model` the elements of entries that were checked to be theirs.
fn replace<M: Module + ?Sized>(model: &mut M, entries: Vec<Entry>) -> Result<()> {
    let mut by_name: BTreeMap<String, Vec<u8>> = entries.into_iter().map(|e| (e.name, e.data)).collect();
    let mut items: Vec<(ItemMut<'_>, Vec<u8>)> = vec![];
    model.visit_mut(&mut params::Path::new(), &mut |path, item| {
        items.extend(by_name.remove(path.as_str()).map(|bytes| (item, bytes)));
    });
    params::set_all(items)
}
