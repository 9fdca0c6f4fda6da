//! A plan as text: its kernels with the user's scope names, what they read and write, what they do.

use super::{Graph, Plan};
use crate::device::grid::{Grid, GridParam};
use crate::device::{Kernel, Spec};
use formwork_ir::{Access, DType, Level, Program, Step, StepOp};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One line a kernel, then the memory.
pub(crate) fn explain(plan: &Plan, graph: &Graph) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:>3}  {:<12} {:<34} {:>12} {:>12}  shape", "#", "kernel", "scope", "bytes", "flops");
    let (mut bytes_all, mut flops_all) = (0u64, 0u64);
    for (i, (kernel, written)) in plan.kernels.iter().enumerate() {
        let (name, shape, bytes, flops) = describe(kernel);
        bytes_all += bytes;
        flops_all += flops.unwrap_or(0);
        let _ = writeln!(
            text,
            "{i:>3}  {name:<12} {:<34} {:>12} {:>12}  {shape}",
            scopes(graph, written),
            si(bytes),
            flops.map_or("?".to_string(), si)
        );
    }
    let results: usize = plan.results.iter().map(|r| r.bytes).sum();
    let leaves: usize = graph.leaves.iter().map(|&l| graph.nodes[l as usize].bytes()).sum();
    let peak = leaves + results + plan.arena;
    let _ = writeln!(text, "{} kernels, {} bytes moved, {} flops", plan.kernels.len(), si(bytes_all), si(flops_all));
    let _ = writeln!(
        text,
        "memory: inputs and parameters {} B, results {} B, arena {} B, peak {} B",
        si(leaves as u64),
        si(results as u64),
        si(plan.arena as u64),
        si(peak as u64)
    );
    let _ = writeln!(text, "atomics: none; every sum has one order");
    text
}

/// A kernel of a plan in a few words, for a profile.
pub(crate) fn kernel_name(plan: &Plan, graph: &Graph, step: usize) -> String {
    let Some((kernel, written)) = plan.kernels.get(step) else { return String::new() };
    let (name, shape, _, _) = describe(kernel);
    format!("{name} {} {shape}", scopes(graph, written))
}

/// Operations and scopes of the written nodes: `fc1 (relu), fc2`.
fn scopes(graph: &Graph, written: &[u32]) -> String {
    let mut names = BTreeSet::new();
    for &node in written {
        let origin = graph.nodes[node as usize].origin();
        let scope = origin.scope.to_string();
        names.insert(match (scope.is_empty(), origin.name.is_empty()) {
            (false, false) => format!("{scope}:{}", origin.name),
            (false, true) => scope,
            (true, _) => origin.name.to_string(),
        });
    }
    let all: Vec<String> = names.into_iter().collect();
    let mut joined = all.join(", ");
    if joined.chars().count() > 34 {
        joined = joined.chars().take(31).collect::<String>() + "...";
    }
    joined
}

/// A kernel's name, shape, bytes and operations, if these are known.
fn describe(kernel: &Kernel) -> (&str, String, u64, Option<u64>) {
    let (name, shape, bytes, flops) = match kernel {
        Kernel::Grid(grid) => return describe_grid(grid),
        Kernel::Variant(v) => {
            let all = |specs: &[Spec]| specs.iter().map(|s| format!("{:?}", s.dims)).collect::<Vec<_>>().join(", ");
            let bytes: usize = v.call.inputs.iter().chain(&v.call.outputs).map(Spec::bytes).sum();
            let shape = format!("{}: {} -> {}", v.call.name, all(&v.call.inputs), all(&v.call.outputs));
            (v.name, shape, bytes as u64, v.host.flops(&v.call))
        }
        Kernel::Program(p) => describe_program(p),
        Kernel::Contract(c) => {
            let batch: usize = c.batch.iter().product();
            let elements = batch * (c.m * c.k + c.k * c.n + c.m * c.n);
            let (more, flops) = c.epilogue.as_ref().map_or(("", 0), |e| (" + epilogue", describe_program(e).3));
            let shape = format!("{} {:?} [{} x {}] x [{} x {}]{more}", c.dtype, c.batch, c.m, c.k, c.k, c.n);
            ("contract", shape, (elements * c.dtype.size()) as u64, 2 * (batch * c.m * c.n * c.k) as u64 + flops)
        }
        Kernel::Conv2d(c) => {
            let channels = c.c / c.groups.max(1);
            let elements = c.n * c.c * c.h * c.w + c.o * channels * c.kh * c.kw + c.n * c.o * c.oh * c.ow;
            let flops = 2 * c.n * c.o * c.oh * c.ow * channels * c.kh * c.kw;
            let (x, w) = ([c.n, c.c, c.h, c.w], [c.o, channels, c.kh, c.kw]);
            (
                "conv2d",
                format!("{} {:?} {x:?} * {w:?}", c.dtype, c.mode),
                (elements * c.dtype.size()) as u64,
                flops as u64,
            )
        }
        Kernel::Fold(f) => {
            let x = f.outer * f.out.iter().chain(&f.kernel).product::<usize>();
            let y = f.outer * f.size.iter().product::<usize>();
            ("fold", format!("{:?} -> {:?}", f.out, f.size), ((x + y) * f.dtype.size()) as u64, x as u64)
        }
        Kernel::Scatter(s) => {
            let x: usize = s.space.iter().product();
            let bytes = (2 * x + s.out_len) * s.dtype.size();
            ("scatter", format!("{:?} -> {}", s.space, s.out_len), bytes as u64, x as u64)
        }
        Kernel::Scan(s) => {
            let x: usize = s.dims.iter().product();
            let bytes = x * (s.dtype.size() + s.op.dtype(s.dtype).size());
            ("scan", format!("{:?} {:?} along {}", s.op, s.dims, s.axis), bytes as u64, x as u64)
        }
        Kernel::Sort(s) => {
            let x: usize = s.dims.iter().product();
            let kept = x / s.dims[s.axis].max(1) * s.keep;
            let bytes = x * s.dtype.size() + kept * DType::I64.size();
            ("sort", format!("{:?} along {}, {} places", s.dims, s.axis, s.keep), bytes as u64, 0)
        }
    };
    (name, shape, bytes, Some(flops))
}

fn describe_grid(grid: &Grid) -> (&str, String, u64, Option<u64>) {
    let bytes = grid.params.iter().map(|param| match param {
        GridParam::Array(array) => array.bytes() as u64,
        GridParam::Scalar(_) => 0,
    });
    (&grid.name, format!("{:?} blocks of {:?}", grid.grid, grid.block), bytes.sum(), None)
}

fn describe_program(p: &Program) -> (&'static str, String, u64, u64) {
    let (outer, row) = (p.outer_len() as u64, p.row_len() as u64);
    let points = |full: bool| if full { outer * row } else { outer };
    let touched = |a: &Access| points(a.strides[p.outer.len()..].iter().any(|&s| s != 0));
    let reads = p.inputs.iter().map(|i| touched(&i.access) * i.dtype.size() as u64);
    let writes = p.outputs.iter().map(|o| touched(&o.access) * p.steps[o.value.0 as usize].dtype.size() as u64);
    let is_reduce = |s: &&Step| matches!(s.op, StepOp::Reduce(..));
    let work = p.steps.iter().filter(|s| matches!(s.op, StepOp::Apply(..)) || is_reduce(s));
    let flops = work.map(|s| points(s.level == Level::Full || is_reduce(&s))).sum();
    let name = if p.steps.iter().any(|s| is_reduce(&s)) { "row program" } else { "map" };
    (name, format!("{:?} x {:?}", p.outer, p.row), reads.chain(writes).sum(), flops)
}

/// `1.23 M`.
fn si(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        10_000..10_000_000 => format!("{:.1} k", n as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} M", n as f64 / 1e6),
        _ => format!("{:.1} G", n as f64 / 1e9),
    }
}
