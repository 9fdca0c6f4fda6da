//! The clock, and the one JSON line a workload prints: the fields of the peers' harness, so that its driver takes
//! formwork as one more peer.

use formwork::Result;
use std::time::{Duration, Instant};

/// What is measured, for how long, and on how many threads.
pub struct Run {
    pub workload: String,
    pub threads: usize,
    /// Seconds of measuring; a fifth of it goes before, unseen.
    pub budget: f64,
}

/// What a workload found besides its times.
#[derive(Default)]
pub struct Found {
    /// Items of one operation, and what they are.
    pub items: f64,
    pub unit: &'static str,
    pub first_loss: Option<f64>,
    /// A loss, or one number of the result: by it peers are compared.
    pub final_loss: Option<f64>,
    pub params: Option<usize>,
}

const FEWEST: usize = 3;
const MOST: usize = 200_000;

impl Run {
    /// Times `call`, which does `inner` operations, and prints the line.
    pub fn measure(&self, inner: usize, found: Found, mut call: impl FnMut() -> Result<()>) -> Result<()> {
        self.measure_part(found, || {
            let start = Instant::now();
            call()?;
            Ok(start.elapsed().as_secs_f64() / inner as f64)
        })
    }

    /// The same for a `call` that gives the seconds that count.
    pub fn measure_part(&self, found: Found, mut call: impl FnMut() -> Result<f64>) -> Result<()> {
        let budget = Duration::from_secs_f64(self.budget);
        let start = Instant::now();
        call()?;
        while start.elapsed() < budget / 5 {
            call()?;
        }
        let mut seconds = Vec::new();
        let start = Instant::now();
        while seconds.len() < FEWEST || (start.elapsed() < budget && seconds.len() < MOST) {
            seconds.push(call()?);
        }
        seconds.sort_by(f64::total_cmp);
        println!("{}", self.line(&seconds, &found));
        Ok(())
    }

    fn line(&self, sorted: &[f64], found: &Found) -> String {
        let median = sorted[sorted.len() / 2];
        let fields = [
            ("peer", "\"formwork\"".into()),
            ("workload", format!("{:?}", self.workload)),
            ("threads", self.threads.to_string()),
            ("median_ms", format!("{:.9}", median * 1e3)),
            ("min_ms", format!("{:.9}", sorted[0] * 1e3)),
            ("max_ms", format!("{:.9}", sorted[sorted.len() - 1] * 1e3)),
            ("samples", sorted.len().to_string()),
            ("items_per_s", format!("{:.6e}", found.items / median)),
            ("unit", format!("{:?}", found.unit)),
            ("first_loss", or_null(found.first_loss)),
            ("final_loss", or_null(found.final_loss)),
            ("params", found.params.map_or("null".into(), |p| p.to_string())),
            ("peak_rss_mb", format!("{:.1}", peak_rss_mb())),
        ];
        let fields: Vec<String> =
            fields.iter().map(|(name, value): &(&str, String)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }
}

fn or_null(number: Option<f64>) -> String {
    number.map_or("null".into(), |n| format!("{n:.6}"))
}

/// The most memory this process has held, in MB; 0 where the system does not say.
fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    peak.map_or(0.0, |kib| kib * 1024.0 / 1e6)
}
