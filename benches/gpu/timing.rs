//! How a figure is taken and printed.

use formwork::{Device, Result, cuda};
use std::time::Instant;

/// What a loop took.
pub struct Taken {
    /// Median of single calls by events of the GPU, milliseconds.
    pub gpu_ms: f64,
    /// Wall time of a call in a loop that waits at its end, milliseconds.
    pub wall_ms: f64,
    /// Wall time of a call before the wait: what the host does, milliseconds.
    pub host_ms: f64,
}

/// Times `work`, which may return before the GPU is done.
pub fn timed(device: &Device, rounds: usize, warm: usize, mut work: impl FnMut() -> Result<()>) -> Result<Taken> {
    for _ in 0..warm {
        work()?;
    }
    cuda::synchronize(device)?;
    let mut events = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = cuda::Event::record(device)?;
        work()?;
        events.push((start, cuda::Event::record(device)?));
    }
    let mut times = events.iter().map(|(start, end)| end.since(start)).collect::<Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    cuda::synchronize(device)?;
    let start = Instant::now();
    for _ in 0..rounds {
        work()?;
    }
    let host = start.elapsed();
    cuda::synchronize(device)?;
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e3 / rounds as f64;
    Ok(Taken { gpu_ms: times[rounds / 2], wall_ms: each(start.elapsed()), host_ms: each(host) })
}

/// Prints a figure as a JSON line.
pub fn emit(section: &str, name: &str, values: &[(&str, f64)]) {
    let values: String = values.iter().map(|(key, value)| format!(", \"{key}\": {value:.5}")).collect();
    println!("{{\"section\": \"{section}\", \"name\": \"{name}/formwork\"{values}}}");
}
