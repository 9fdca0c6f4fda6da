//! A line that tells how far training is.

use crate::metrics::Mean;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The line is at most this long, so that it fits every terminal and is overwritten as a whole.
const LINE: usize = 79;
/// Longest bar, without its brackets.
const BAR: usize = 24;
/// The line is drawn anew no more often than this.
const PAUSE: Duration = Duration::from_millis(50);

/// Shows on stderr how far training is and what its numbers are.
///
/// On a terminal it is one line that is redrawn; elsewhere (a file, a pipe) a line is written at the
/// end of each epoch. Numbers are means over the epoch so far.
///
/// ```
/// use formwork::train::Progress;
///
/// let (epochs, steps) = (2, 3);
/// let mut progress = Progress::new(epochs, steps);
/// for _ in 0..epochs {
///     for _ in 0..steps {
///         progress.step(64, &[("loss", 0.25), ("accuracy", 0.9)]);
///     }
///     progress.epoch(&[("test accuracy", 0.88)]);
/// }
/// assert_eq!(progress.steps(), 6);
/// ```
pub struct Progress {
    out: Box<dyn Write + Send>,
    terminal: bool,
    started: Instant,
    drawn: Option<Instant>,
    state: State,
}

/// What the line is made of.
struct State {
    epochs: usize,
    steps_each: usize,
    epoch: usize,
    /// Steps done, of all epochs.
    done: usize,
    /// Whether the next step is the first of an epoch.
    ended: bool,
    /// Means over this epoch; over the last one until this one's first step.
    means: Vec<(String, Mean)>,
    /// What was told at the end of the last epoch.
    last: Vec<(String, f64)>,
}

impl Progress {
    /// Progress over `epochs` epochs of `steps` steps each, from now on, on stderr.
    pub fn new(epochs: usize, steps: usize) -> Self {
        let stderr = std::io::stderr();
        let terminal = stderr.is_terminal();
        Progress::on(stderr, terminal, epochs, steps)
    }

    /// As [`new`](Self::new) on another stream, which is a terminal or is not.
    pub fn on(out: impl Write + Send + 'static, terminal: bool, epochs: usize, steps: usize) -> Self {
        let state =
            State { epochs, steps_each: steps, epoch: 0, done: 0, ended: true, means: Vec::new(), last: Vec::new() };
        Progress { out: Box::new(out), terminal, started: Instant::now(), drawn: None, state }
    }

    /// A step on `samples` samples is done; `values` are means over them, as in
    /// `&[("loss", 0.3), ("accuracy", 0.9)]`.
    pub fn step(&mut self, samples: usize, values: &[(&str, f64)]) {
        self.state.step(samples, values);
        if self.terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.draw();
        }
    }

    /// An epoch is done; `values` are told beside its means, as in `&[("test accuracy", 0.97)]`.
    pub fn epoch(&mut self, values: &[(&str, f64)]) {
        let seconds = self.started.elapsed().as_secs_f64();
        self.state.last = values.iter().map(|&(name, value)| (name.to_string(), value)).collect();
        self.state.epoch += 1;
        self.state.ended = true;
        if self.terminal {
            self.draw();
        } else {
            let line = self.state.epoch_line(seconds);
            self.write(&format!("{line}\n"));
        }
    }

    /// Steps done so far.
    pub fn steps(&self) -> usize {
        self.state.done
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Steps done a second since the start.
    pub fn steps_per_second(&self) -> f64 {
        self.state.done as f64 / self.elapsed().as_secs_f64()
    }

    fn draw(&mut self) {
        let line = self.state.bar_line(self.started.elapsed().as_secs_f64());
        self.drawn = Some(Instant::now());
        // Back to the first column, and away with what a longer line left.
        self.write(&format!("\r{line}\x1b[K"));
    }

    fn write(&mut self, text: &str) {
        // Training goes on if nobody can see it.
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

impl Drop for Progress {
    /// Leaves the last line as it is and begins a new one.
    fn drop(&mut self) {
        if self.drawn.is_some() {
            self.draw();
            self.write("\n");
        }
    }
}

impl State {
    fn step(&mut self, samples: usize, values: &[(&str, f64)]) {
        self.done += 1;
        if std::mem::take(&mut self.ended) {
            self.means.clear();
        }
        for &(name, value) in values {
            let known = self.means.iter().position(|(n, _)| n == name);
            let at = known.unwrap_or_else(|| {
                self.means.push((name.to_string(), Mean::default()));
                self.means.len() - 1
            });
            self.means[at].1.add(value, samples as f64);
        }
    }

    /// `  loss 0.123  accuracy 0.900  test accuracy 0.880`
    fn values(&self, decimals: usize) -> String {
        let means = self.means.iter().map(|(name, mean)| (name, mean.value()));
        let told = self.last.iter().map(|(name, value)| (name, *value));
        means.chain(told).map(|(name, value)| format!("  {name} {value:.decimals$}")).collect()
    }

    /// `epoch 3/40  loss 0.1234  accuracy 0.9000  test accuracy 0.8800  1.5 s`
    fn epoch_line(&self, seconds: f64) -> String {
        format!("epoch {}/{}{}  {seconds:.1} s", self.epoch, self.epochs, self.values(4))
    }

    /// `epoch 3/40 [=====>     ]  loss 0.123  accuracy 0.900  812 steps/s  0:02 left`
    fn bar_line(&self, seconds: f64) -> String {
        let all = self.epochs * self.steps_each;
        let share = if all == 0 { 1.0 } else { (self.done as f64 / all as f64).min(1.0) };
        let head = format!("epoch {}/{} ", (self.epoch + 1).min(self.epochs), self.epochs);
        let mut tail = self.values(3);
        let mut room = LINE.saturating_sub(head.chars().count() + tail.chars().count());
        for part in self.speed(all, seconds) {
            // The time left comes first, then a bar worth looking at, then the rest.
            if room >= part.len() + 6 {
                room -= part.len();
                tail.push_str(&part);
            }
        }
        let bar = bar(share, room.saturating_sub(2).min(BAR));
        (head + &bar + &tail).chars().take(LINE).collect()
    }

    /// Time left (or taken, at the end) and steps a second, once they are known.
    fn speed(&self, all: usize, seconds: f64) -> Vec<String> {
        if self.done == 0 || seconds <= 0.0 {
            return Vec::new();
        }
        let rate = self.done as f64 / seconds;
        let left = (all.saturating_sub(self.done) as f64 / rate) as u64;
        let time = if self.done >= all {
            format!("  {seconds:.1} s")
        } else {
            format!("  {}:{:02} left", left / 60, left % 60)
        };
        vec![time, format!("  {rate:.0} steps/s")]
    }
}

/// `[=====>     ]`, `width` wide between its brackets; nothing if that is too narrow to be seen.
fn bar(share: f64, width: usize) -> String {
    if width < 4 {
        return String::new();
    }
    let full = (share * width as f64) as usize;
    let tip = if full < width { ">" } else { "" };
    format!("[{}{tip}{}]", "=".repeat(full), " ".repeat(width - full - tip.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State { epochs: 4, steps_each: 10, epoch: 0, done: 0, ended: true, means: Vec::new(), last: Vec::new() }
    }

    #[test]
    fn means_are_weighted_by_samples() {
        let mut state = state();
        state.step(64, &[("loss", 2.0)]);
        state.step(32, &[("loss", 0.5), ("accuracy", 0.75)]);
        assert_eq!(state.epoch_line(1.25), "epoch 0/4  loss 1.5000  accuracy 0.7500  1.2 s");
    }

    #[test]
    fn the_bar_fills() {
        let mut state = state();
        assert_eq!(state.bar_line(0.0), "epoch 1/4 [>                       ]");
        (0..10).for_each(|_| state.step(1, &[("loss", 0.25)]));
        assert_eq!(state.bar_line(2.0), "epoch 1/4 [======>                 ]  loss 0.250  0:06 left  5 steps/s");
        state.epoch = 4;
        (0..30).for_each(|_| state.step(1, &[("loss", 0.25)]));
        assert_eq!(state.bar_line(8.0), "epoch 4/4 [========================]  loss 0.250  8.0 s  5 steps/s");
        let none = State { epochs: 0, steps_each: 0, ..self::state() };
        assert_eq!(none.bar_line(0.0), "epoch 0/0 [========================]");
    }

    #[test]
    fn the_line_fits_its_terminal() {
        let mut state =
            State { epochs: 40, epoch: 11, steps_each: 23, last: vec![("test accuracy".to_string(), 0.5)], ..state() };
        (0..23).for_each(|_| state.step(1, &[("loss", 0.25), ("accuracy", 0.5)]));
        let line = "epoch 12/40 [>    ]  loss 0.250  accuracy 0.500  test accuracy 0.500  0:39 left";
        assert_eq!((state.bar_line(1.0).as_str(), line.len()), (line, LINE));
        state.step(1, &[("a very long name of a number", 1.0), ("another very long name of a number", 2.0)]);
        assert_eq!(state.bar_line(8.0).chars().count(), LINE);
    }
}
