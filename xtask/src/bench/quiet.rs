//! Whether other programs leave the processors alone; Linux only, elsewhere nobody is seen.

use std::time::{Duration, Instant};

/// Cores in use below which the machine counts as quiet.
const QUIET: f64 = 0.2;
/// Kernel ticks a second, the same on every Linux.
const TICKS: f64 = 100.0;

/// Seconds of processor time that all programs together have used.
fn busy() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let mut fields = stat.lines().next()?.split_whitespace().skip(1);
    let numbers: Vec<f64> = fields.by_ref().take(8).filter_map(|n| n.parse().ok()).collect();
    // Fields 3 and 4 are idle time.
    Some((numbers.iter().sum::<f64>() - numbers.get(3)? - numbers.get(4)?) / TICKS)
}

/// Seconds of processor time that programs started here have used, once they have ended.
fn children() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, in parentheses, fields go on with the third; 16 and 17 are the children's times.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(13)?.parse::<f64>().ok()? + fields.get(14)?.parse::<f64>().ok()?) / TICKS)
}

/// Runs `f`, which starts a program and waits for it; beside its result, the cores that others used meanwhile.
pub fn beside<R>(f: impl FnOnce() -> R) -> (R, f64) {
    let used = || Some(busy()? - children()?);
    let (before, start) = (used(), Instant::now());
    let result = f();
    let others = used().zip(before).map_or(0.0, |(after, before)| after - before);
    (result, (others / start.elapsed().as_secs_f64()).max(0.0))
}

/// Waits until the machine is quiet, at most `limit` seconds.
pub fn wait(limit: f64) {
    let start = Instant::now();
    loop {
        let (before, began) = (busy(), Instant::now());
        std::thread::sleep(Duration::from_millis(250));
        let (Some(before), Some(now)) = (before, busy()) else { return };
        let used = (now - before) / began.elapsed().as_secs_f64();
        if used < QUIET || start.elapsed().as_secs_f64() > limit {
            return;
        }
    }
}
