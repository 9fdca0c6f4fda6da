//! Runs of the peers one after the other, several rounds over, and the table of medians.

use super::{Options, binary, quiet, record};
use crate::workspace::{program, read, root, torch_python};
use crate::{Result, workspace};
use std::process::Command;

/// Workloads that one thread does whatever the number asked for.
const ONE_THREAD: &[&str] = &["add16", "add16_grad", "chain1000_bwd", "chain1000_total"];
/// Seconds to wait for a quiet machine before each run.
const PATIENCE: f64 = 5.0;
/// Cores that others may use during a run that counts.
const ALONE: f64 = 0.15;
/// Losses further apart than this, relatively, are not the same work.
const SAME: f64 = 2e-3;

/// A program that knows the workloads: how to start it.
struct Peer {
    name: &'static str,
    program: String,
    arguments: Vec<String>,
}

impl Peer {
    /// The JSON line of one run.
    fn measure(&self, workload: &str, threads: usize, budget: f64) -> Result<String> {
        let mut command: Command = program(&self.program, &[]);
        command.args(&self.arguments).arg(workload);
        command.args(["--threads", &threads.to_string(), "--budget", &budget.to_string()]);
        let name = workspace::shown(&command);
        let printed = read(command)?;
        let line = printed.lines().rev().find(|l| l.starts_with('{'));
        line.map(String::from).ok_or_else(|| format!("{name} printed no measurement").into())
    }
}

/// What a peer did for one workload.
struct Row {
    median_ms: f64,
    items_per_s: f64,
    unit: String,
    final_loss: Option<f64>,
    /// Cores that others used meanwhile.
    others: f64,
}

pub fn run(options: &Options) -> Result {
    let mut peers = vec![Peer { name: "formwork", program: binary()?.to_string_lossy().into(), arguments: Vec::new() }];
    if options.vs_torch {
        let script = root().join("benches/torch_cpu.py").to_string_lossy().into_owned();
        peers.push(Peer { name: "torch", program: torch_python()?, arguments: vec![script] });
    }
    let known = read(program(&peers[0].program, &["--list"]))?;
    let mut workloads: Vec<&str> = known.lines().collect();
    if let Some(stranger) = options.workloads.iter().find(|w| !workloads.contains(&w.as_str())) {
        return Err(format!("unknown workload {stranger}; one of {}", workloads.join(", ")).into());
    }
    workloads.retain(|w| options.workloads.is_empty() || options.workloads.iter().any(|o| o == w));
    heading(&peers);
    for workload in workloads {
        for &threads in &options.threads {
            let single = ONE_THREAD.contains(&workload);
            if !single || threads == options.threads[0] {
                measure(&peers, workload, if single { 1 } else { threads }, options)?;
            }
        }
    }
    Ok(())
}

fn heading(peers: &[Peer]) {
    let names = peers.iter().map(|p| format!(" {} |", p.name)).collect::<String>();
    let ratio = if peers.len() > 1 { " formwork / torch |" } else { "" };
    println!("| workload | threads |{names}{ratio} notes |");
    println!("|---|---|{}---|", "---|".repeat(peers.len() + usize::from(peers.len() > 1)));
}

/// All rounds of one workload, and its line of the table.
fn measure(peers: &[Peer], workload: &str, threads: usize, options: &Options) -> Result {
    let mut runs: Vec<Vec<Row>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..options.rounds.max(1) {
        for (peer, runs) in peers.iter().zip(&mut runs) {
            quiet::wait(PATIENCE);
            let (line, others) = quiet::beside(|| peer.measure(workload, threads, options.budget));
            runs.push(row(&line?, others));
        }
    }
    let rows: Vec<Row> = runs.into_iter().map(middle).collect();
    let cells = rows.iter().map(|r| format!(" {} |", record::shown(workload, &r.unit, r.median_ms, r.items_per_s)));
    let ratio = rows.get(1).map_or(String::new(), |torch| format!(" {:.2} |", rows[0].median_ms / torch.median_ms));
    println!("| {workload} | {threads} |{}{ratio} {} |", cells.collect::<String>(), notes(&rows));
    Ok(())
}

fn row(line: &str, others: f64) -> Row {
    Row {
        median_ms: record::number(line, "median_ms").unwrap_or(f64::NAN),
        items_per_s: record::number(line, "items_per_s").unwrap_or(f64::NAN),
        unit: record::text(line, "unit").unwrap_or_default().into(),
        final_loss: record::number(line, "final_loss"),
        others,
    }
}

/// The median by time of the runs that others left alone; of all runs if there is no such.
fn middle(mut rows: Vec<Row>) -> Row {
    if rows.iter().any(|r| r.others <= ALONE) {
        rows.retain(|r| r.others <= ALONE);
    }
    rows.sort_by(|a, b| a.median_ms.total_cmp(&b.median_ms));
    rows.swap_remove(rows.len() / 2)
}

fn notes(rows: &[Row]) -> String {
    let mut notes = Vec::new();
    if let [Row { final_loss: Some(ours), .. }, Row { final_loss: Some(theirs), .. }] = rows
        && (ours - theirs).abs() > SAME * theirs.abs().max(1e-2)
    {
        notes.push(format!("losses differ: {ours} and {theirs}"));
    }
    let others = rows.iter().map(|r| r.others).fold(0.0, f64::max);
    if others > ALONE {
        notes.push(format!("others used {others:.1} cores"));
    }
    notes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_run_counts_and_losses_are_compared() {
        let run =
            |ms: f64, loss: f64| row(&format!("{{\"median_ms\":{ms},\"unit\":\"op\",\"final_loss\":{loss}}}"), 0.0);
        let ours = middle(vec![run(3.0, 1.0), run(1.0, 1.0), run(2.0, 1.0)]);
        assert_eq!(ours.median_ms, 2.0);
        let busy = Row { others: 1.0, ..run(9.0, 1.0) };
        assert_eq!(middle(vec![busy, run(4.0, 1.0)]).median_ms, 4.0);
        assert_eq!(notes(&[run(1.0, 1.0), run(1.0, 1.0001)]), "");
        assert!(notes(&[run(1.0, 1.0), run(1.0, 1.1)]).starts_with("losses differ"));
    }
}
