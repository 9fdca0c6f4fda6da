//! A plan as text: its kernels with the user's scope names, what they read and write, what they do.

use super::{Graph, Plan};
use crate::device::Kernel;
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
        flops_all += flops;
        let _ = writeln!(
            text,
            "{i:>3}  {name:<12} {:<34} {:>12} {:>12}  {shape}",
            scopes(graph, written),
            si(bytes),
            si(flops)
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

fn describe(kernel: &Kernel) -> (&'static str, String, u64, u64) {
    use formwork_ir::{Level, StepOp};
    match kernel {
        Kernel::Program(p) => {
            let (outer, row) = (p.outer_len() as u64, p.row_len() as u64);
            let touched =
                |level: bool, size: usize| if level { outer * row * size as u64 } else { outer * size as u64 };
            let reads: u64 = p
                .inputs
                .iter()
                .map(|i| touched(i.access.strides[p.outer.len()..].iter().any(|&s| s != 0), i.dtype.size()))
                .sum();
            let writes: u64 = p
                .outputs
                .iter()
                .map(|o| {
                    touched(
                        o.access.strides[p.outer.len()..].iter().any(|&s| s != 0),
                        p.steps[o.value.0 as usize].dtype.size(),
                    )
                })
                .sum();
            let flops = p.steps.iter().filter(|s| matches!(s.op, StepOp::Apply(..) | StepOp::Reduce(..)));
            let flops = flops
                .map(|s| if s.level == Level::Full || matches!(s.op, StepOp::Reduce(..)) { outer * row } else { outer })
                .sum();
            let reduces = p.steps.iter().any(|s| matches!(s.op, StepOp::Reduce(..)));
            (if reduces { "row program" } else { "map" }, format!("{:?} x {:?}", p.outer, p.row), reads + writes, flops)
        }
        Kernel::Contract(c) => {
            let batch: usize = c.batch.iter().product();
            let elements = batch * (c.m * c.k + c.k * c.n + c.m * c.n);
            let more = c.epilogue.as_ref().map_or(0, |e| describe(&Kernel::Program(e.clone())).3);
            let shape = format!(
                "{:?} [{} x {}] x [{} x {}]{}",
                c.batch,
                c.m,
                c.k,
                c.k,
                c.n,
                if c.epilogue.is_some() { " + epilogue" } else { "" }
            );
            ("contract", shape, (elements * c.dtype.size()) as u64, 2 * (batch * c.m * c.n * c.k) as u64 + more)
        }
        Kernel::Conv2d(c) => {
            let elements = c.n * c.c * c.h * c.w + c.o * c.c / c.groups.max(1) * c.kh * c.kw + c.n * c.o * c.oh * c.ow;
            let flops = 2 * c.n * c.o * c.oh * c.ow * (c.c / c.groups.max(1)) * c.kh * c.kw;
            let shape = format!(
                "{:?} [{}, {}, {}, {}] * [{}, {}, {}, {}]",
                c.mode,
                c.n,
                c.c,
                c.h,
                c.w,
                c.o,
                c.c / c.groups.max(1),
                c.kh,
                c.kw
            );
            ("conv2d", shape, (elements * c.dtype.size()) as u64, flops as u64)
        }
        Kernel::Fold(f) => {
            let x = f.outer * f.out.iter().chain(&f.kernel).product::<usize>();
            let y = f.outer * f.size.iter().product::<usize>();
            ("fold", format!("{:?} -> {:?}", f.out, f.size), ((x + y) * f.dtype.size()) as u64, x as u64)
        }
        Kernel::Scatter(s) => {
            let x: usize = s.space.iter().product();
            (
                "scatter",
                format!("{:?} -> {}", s.space, s.out_len),
                ((2 * x + s.out_len) * s.dtype.size()) as u64,
                x as u64,
            )
        }
    }
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
