//! How long each kernel takes, under the names that the user gave.

use super::gpu::{Gpu, said};
use super::report;
use crate::device::Device;
use crate::error::Result;
use cudarc::driver::{result, sys};
use std::cell::RefCell;
use std::fmt::Write;

/// A launch that was timed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Timed {
    /// What it computes: operations and scopes of the user.
    pub name: String,
    /// Milliseconds from the first launch to its begin.
    pub start_ms: f64,
    pub ms: f64,
}

/// Launches in the order in which they ran. Printed, it is a table of names, the longest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub launches: Vec<Timed>,
}

thread_local! {
    /// Points between launches, while a profile is made on this thread.
    static MARKS: RefCell<Option<Vec<(String, Mark)>>> = const { RefCell::new(None) };
}

/// Runs `work` and times every kernel that it launches on `device`, one by one and without graphs: a little slower than a
/// run that is not looked at.
///
/// ```no_run
/// # use formwork_runtime::{Device, Tensor, cuda};
/// # use formwork_shapes::U2;
/// # let (device, x) = (Device::cuda(0)?, Tensor::<(U2,)>::zeros());
/// let ((), profile) = cuda::profile(&device, || x.exp().eval())?;
/// println!("{profile}");
/// std::fs::write("trace.json", profile.chrome_trace()).expect("a file");   // for chrome://tracing or Perfetto
/// # Ok::<(), formwork_runtime::Error>(())
/// ```
///
/// # Errors
/// Those of `work`, and what the driver says.
pub fn profile<R>(device: &Device, work: impl FnOnce() -> Result<R>) -> Result<(R, Profile)> {
    let gpu = report::of(device)?;
    MARKS.set(Some(vec![("begin".into(), Mark::new(gpu)?)]));
    let result = work();
    let marks = MARKS.take().unwrap_or_default();
    let result = result?;
    report::synchronize(device)?;
    let mut profile = Profile::default();
    for pair in marks.windows(2) {
        let (from, (name, to)) = (&pair[0].1, &pair[1]);
        let (start_ms, ms) = (from.since(&marks[0].1)?, to.since(from)?);
        profile.launches.push(Timed { name: name.clone(), start_ms, ms });
    }
    Ok((result, profile))
}

/// Whether a profile is made on this thread.
pub(crate) fn is_on() -> bool {
    MARKS.with_borrow(Option::is_some)
}

/// Notes the end of a launch.
pub(crate) fn mark(gpu: &'static Gpu, name: impl FnOnce() -> String) {
    MARKS.with_borrow_mut(|marks| {
        if let (Some(marks), Ok(mark)) = (marks, Mark::new(gpu)) {
            marks.push((name(), mark));
        }
    });
}

/// A point on the stream.
struct Mark(sys::CUevent);

impl Mark {
    fn new(gpu: &Gpu) -> Result<Mark> {
        let event = result::event::create(sys::CUevent_flags::CU_EVENT_DEFAULT).map_err(|e| said("an event", e))?;
        let mark = Mark(event);
        // SAFETY: both are alive.
        unsafe { result::event::record(event, gpu.stream) }.map_err(|e| said("an event", e))?;
        Ok(mark)
    }

    fn since(&self, start: &Mark) -> Result<f64> {
        // SAFETY: both are alive and recorded, and the stream was waited for.
        unsafe { result::event::elapsed(start.0, self.0) }.map(f64::from).map_err(|e| said("timing", e))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // SAFETY: made in `new`, and used no more.
        let _ = unsafe { result::event::destroy(self.0) };
    }
}

impl Profile {
    /// The launches as a trace that `chrome://tracing` and Perfetto read.
    pub fn chrome_trace(&self) -> String {
        let mut text = String::from("[");
        for (i, launch) in self.launches.iter().enumerate() {
            let name: String = launch.name.chars().flat_map(escaped).collect();
            let (comma, start, long) = (if i > 0 { "," } else { "" }, launch.start_ms * 1e3, launch.ms * 1e3);
            let _ = write!(
                text,
                "{comma}\n{{\"name\": \"{name}\", \"ph\": \"X\", \"pid\": 0, \"tid\": 0, \"ts\": {start:.3}, \"dur\": {long:.3}}}"
            );
        }
        text + "\n]\n"
    }
}

fn escaped(c: char) -> Vec<char> {
    match c {
        '"' | '\\' => vec!['\\', c],
        c if c.is_control() => vec![' '],
        c => vec![c],
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rows: Vec<(&str, usize, f64)> = vec![];
        for launch in &self.launches {
            match rows.iter_mut().find(|r| r.0 == launch.name) {
                Some(row) => (row.1, row.2) = (row.1 + 1, row.2 + launch.ms),
                None => rows.push((&launch.name, 1, launch.ms)),
            }
        }
        rows.sort_by(|a, b| b.2.total_cmp(&a.2));
        let all: f64 = rows.iter().map(|r| r.2).sum();
        writeln!(f, "{:>10}  {:>6}  {:>6}  kernel", "ms", "share", "times")?;
        for (name, times, ms) in &rows {
            writeln!(f, "{ms:>10.4}  {:>5.1}%  {times:>6}  {name}", 100.0 * ms / all.max(f64::MIN_POSITIVE))?;
        }
        write!(f, "{all:>10.4}  all {} launches", self.launches.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_adds_up_and_a_trace_is_json() {
        let launch = |name: &str, start_ms, ms| Timed { name: name.into(), start_ms, ms };
        let profile =
            Profile { launches: vec![launch("a", 0.0, 1.0), launch("b \"c\"", 1.0, 2.5), launch("a", 3.5, 2.0)] };
        let table = profile.to_string();
        let rows: Vec<&str> = table.lines().collect();
        assert!(rows[1].ends_with("2  a") && rows[1].contains("3.0000"), "{table}");
        assert!(rows[3].contains("5.5000  all 3 launches"), "{table}");
        assert!(profile.chrome_trace().contains(r#""name": "b \"c\"", "ph": "X""#));
    }
}
