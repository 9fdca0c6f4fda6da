//! The gradient of a kernel that is a map in disguise: each element of a result is a formula of the inputs' elements at
//! the same place. The map is made as nodes, and its gradient is theirs.

use super::{Cotangents, KernelLaunch, LaunchParam, Pull, output};
use crate::error::Error;
use crate::graph::{Dims, Node, op_at};
use crate::prim::{Meaning, Number, Op, pruned};
use formwork_ir::kernel::link::{Bound, Unlinked};
use formwork_ir::kernel::pointwise::{Operand, Pointwise, pointwise};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

type Derived = Arc<Result<Pointwise, Unlinked>>;

/// Kernels as maps, by code and what their generics stand for.
static KNOWN: LazyLock<Mutex<HashMap<([usize; 2], Vec<Bound>), Derived>>> = LazyLock::new(Mutex::default);

/// The kernel as a map, or why it is none.
fn map(launch: &KernelLaunch) -> Derived {
    let key = (launch.code.key(), launch.bounds.clone());
    if let Some(known) = KNOWN.lock().unwrap_or_else(|e| e.into_inner()).get(&key) {
        return known.clone();
    }
    let derived = Arc::new(launch.typed().and_then(|kernel| pointwise(&kernel)));
    KNOWN.lock().unwrap_or_else(|e| e.into_inner()).insert(key, derived.clone());
    derived
}

/// The cotangents of the inputs of `y`, a launch of a kernel without a gradient of its own.
pub(super) fn cotangents(launch: &KernelLaunch, y: &Node, inputs: &[&Node], pull: &Pull<'_>) -> Cotangents {
    let derived = map(launch);
    // Under names of their own, so that one that was made of another gets only what reads it itself.
    let within: Vec<Node> = inputs.iter().map(|x| output(x, 0, x.dims(), x.dtype())).collect();
    let made = match &*derived {
        Ok(map) => results(launch, map, &within).ok_or("its sizes are not those of a map".to_string()),
        Err(reason) => Err(reason.to_string()),
    };
    match made {
        Ok(results) => {
            let g = |k: usize| pull.g.get(k).cloned().flatten();
            let roots: Vec<(Node, Node)> =
                results.into_iter().enumerate().filter_map(|(k, node)| Some((node, g(k)?))).collect();
            let wanted: Vec<usize> = (0..inputs.len()).filter(|&i| (pull.needed)(i)).collect();
            let nodes: Vec<Node> = wanted.iter().map(|&i| within[i].clone()).collect();
            let mut all = Cotangents::from_elem(None, inputs.len());
            wanted.into_iter().zip((pull.gradients)(&roots, &nodes)).for_each(|(i, dx)| all[i] = dx);
            all
        }
        Err(reason) => {
            let reason = format!("none is attached (`#[kernel(grad = f)]`), and none can be derived: {reason}");
            let error = Error::Gradient { op: launch.name, reason, made: y.origin().at, at: op_at() };
            super::refused(&error, inputs)
        }
    }
}

/// The results as maps of the inputs, in the order of the signature; none if sizes are not what a map has.
fn results(launch: &KernelLaunch, map: &Pointwise, inputs: &[Node]) -> Option<Vec<Node>> {
    let sizes: Dims = map.axes.iter().map(|s| s.eval(&[]).map(|n| n as usize)).collect::<Option<_>>()?;
    let args = map.inputs.iter().zip(&map.fragment.params);
    let args: Vec<Node> = args.map(|(o, &dtype)| arg(launch, o, dtype, inputs, &sizes)).collect::<Option<_>>()?;
    let result = |(k, operand): (usize, &Operand)| {
        let mut one = map.fragment.clone();
        one.outputs = vec![map.fragment.outputs[k]];
        let (one, reads) = pruned(&one);
        // The map's axes in the order in which the result has them.
        let order: Vec<usize> = operand.axes.iter().map(|&a| a as usize).collect();
        Some(Node::lifted(Meaning::of(one), &reads, &args, &sizes).permute(&order))
    };
    map.outputs.iter().enumerate().map(result).collect()
}

/// What an input is to the map: its axes in order, and ones where it has none.
fn arg(
    launch: &KernelLaunch,
    operand: &Operand,
    dtype: formwork_ir::DType,
    inputs: &[Node],
    sizes: &Dims,
) -> Option<Node> {
    let param = operand.param as usize;
    let input = launch.params[..param].iter().filter(|p| p.is_input()).count();
    let node = inputs.get(input)?;
    if launch.params[param] == LaunchParam::Scalar {
        let number = node.inputs().first().cloned()?;
        let Op::Number(Number(x)) = number.op() else { return None };
        let x = if dtype.is_float() { *x } else { x.to_bits() as i64 as f64 };
        return Some(Node::number(x, dtype));
    }
    let mut order: Vec<usize> = (0..operand.axes.len()).collect();
    order.sort_by_key(|&i| operand.axes[i]);
    let mut spread: Dims = Dims::from_elem(1, sizes.len());
    for (&axis, &n) in operand.axes.iter().zip(node.dims()) {
        if sizes[axis as usize] != n {
            return None;
        }
        spread[axis as usize] = n;
    }
    Some(node.permute(&order).reshape(&spread))
}
