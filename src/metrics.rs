//! How good predictions are: accuracy, confusion matrix, running means.
//!
//! On plain numbers, as they come from `to_vec()?`; it knows nothing of models and datasets.

use formwork_runtime::{Error, Result, Tensor};
use formwork_shapes::Dim;
use std::panic::Location;

/// A running mean, `sum of w * x / sum of w`.
///
/// ```
/// use formwork::metrics::Mean;
/// let mut loss = Mean::default();
/// loss.add(2.0, 64.0);
/// loss.add(1.0, 32.0);
/// assert!((loss.value() - 5.0 / 3.0).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    /// Adds `x` with the weight `weight`, for one the number of samples it is the mean of.
    pub fn add(&mut self, x: f64, weight: f64) {
        self.sum += weight * x;
        self.weight += weight;
    }

    /// The mean; NaN if nothing was added.
    pub fn value(&self) -> f64 {
        self.sum / self.weight
    }
}

/// The class of the highest score of each row of `scores`, `[N, classes]` row-major.
///
/// The first one if several are highest. NaN counts as the highest, as in PyTorch's `argmax`.
///
/// # Errors
/// [`Error::Shape`] if `scores` is no whole number of rows.
#[track_caller]
pub fn predictions(scores: &[f32], classes: usize) -> Result<Vec<i64>> {
    if classes == 0 || !scores.len().is_multiple_of(classes) {
        let expected = format!("rows of {classes} scores");
        return Err(Error::Shape {
            op: "predictions",
            expected,
            found: format!("{} scores", scores.len()),
            at: Location::caller(),
        });
    }
    let highest = |row: &[f32]| {
        let better = |best: usize, i: usize| row[i] > row[best] || row[i].is_nan() && !row[best].is_nan();
        (1..classes).fold(0, |best, i| if better(best, i) { i } else { best }) as i64
    };
    Ok(scores.chunks_exact(classes).map(highest).collect())
}

/// [`predictions`] of the scores of a batch, `[B, C]`: the class of each sample.
///
/// # Errors
/// Those of looking at `scores`.
#[track_caller]
pub fn predicted<B: Dim, C: Dim>(scores: &Tensor<(B, C)>) -> Result<Vec<i64>> {
    let classes = scores.dims()[1];
    predictions(&scores.to_vec()?, classes)
}

/// The share of `predicted` that equals `labels`; NaN if there are none.
///
/// ```
/// assert_eq!(formwork::metrics::accuracy(&[1, 2, 3, 4], &[1, 2, 3, 0])?, 0.75);
/// # Ok::<(), formwork::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] if there are not as many of one as of the other.
#[track_caller]
pub fn accuracy(predicted: &[i64], labels: &[i64]) -> Result<f64> {
    same_length("accuracy", predicted, labels)?;
    let correct = predicted.iter().zip(labels).filter(|(p, l)| p == l).count();
    Ok(correct as f64 / labels.len() as f64)
}

#[track_caller]
fn same_length(op: &'static str, predicted: &[i64], labels: &[i64]) -> Result<()> {
    if predicted.len() == labels.len() {
        return Ok(());
    }
    let expected = format!("a label for each of {} predictions", predicted.len());
    Err(Error::Shape { op, expected, found: format!("{} labels", labels.len()), at: Location::caller() })
}

/// How often samples of each class were taken for each class.
///
/// `Display` prints a table: a row for each true class, a column for each predicted one (no sample
/// is a dot), and the recall of the class, the share of its samples that was recognised.
///
/// ```
/// use formwork::metrics::ConfusionMatrix;
/// let mut matrix = ConfusionMatrix::new(3);
/// matrix.add(&[0, 1, 1, 2], &[0, 1, 2, 2])?;
/// println!("{matrix}");
/// assert_eq!(matrix.count(2, 1), 1);
/// # Ok::<(), formwork::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// A matrix of the classes 0 to `classes - 1`, without samples.
    pub fn new(classes: usize) -> Self {
        ConfusionMatrix { classes, counts: vec![0; classes * classes] }
    }

    /// Counts samples of the classes `labels` that were taken for `predicted`.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are not as many of one as of the other, [`Error::Bounds`] if a number
    /// is no class; nothing is counted then.
    #[track_caller]
    pub fn add(&mut self, predicted: &[i64], labels: &[i64]) -> Result<()> {
        same_length("ConfusionMatrix::add", predicted, labels)?;
        for (what, numbers) in [("prediction", predicted), ("label", labels)] {
            if let Some(i) = numbers.iter().position(|&n| !usize::try_from(n).is_ok_and(|n| n < self.classes)) {
                let message = format!("{what} {i} is {}; there are {} classes, from 0", numbers[i], self.classes);
                return Err(Error::Bounds { op: "ConfusionMatrix::add", message, at: Location::caller() });
            }
        }
        for (&p, &l) in predicted.iter().zip(labels) {
            self.counts[l as usize * self.classes + p as usize] += 1;
        }
        Ok(())
    }

    /// Samples of class `label` that were taken for `predicted`; 0 for what is no class.
    pub fn count(&self, label: usize, predicted: usize) -> u64 {
        let inside = label < self.classes && predicted < self.classes;
        if inside { self.counts[label * self.classes + predicted] } else { 0 }
    }

    /// The share of the samples of class `label` that was recognised; NaN if there are none.
    pub fn recall(&self, label: usize) -> f64 {
        let all: u64 = (0..self.classes).map(|p| self.count(label, p)).sum();
        self.count(label, label) as f64 / all as f64
    }

    /// The share of all samples that was recognised; NaN if there are none.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|c| self.count(c, c)).sum();
        right as f64 / self.counts.iter().sum::<u64>() as f64
    }
}

impl std::fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let largest = self.counts.iter().copied().max().unwrap_or(0).max(self.classes.saturating_sub(1) as u64);
        let width = largest.to_string().len() + 2;
        let share = |x: f64| if x.is_nan() { "-".to_string() } else { format!("{:.1} %", 100.0 * x) };
        let head = "true \\ predicted";
        write!(f, "{head}")?;
        (0..self.classes).try_for_each(|class| write!(f, "{class:>width$}"))?;
        writeln!(f, "{:>10}", "recall")?;
        for label in 0..self.classes {
            write!(f, "{label:>0$}", head.len())?;
            for predicted in 0..self.classes {
                match self.count(label, predicted) {
                    0 => write!(f, "{:>width$}", ".")?,
                    n => write!(f, "{n:>width$}")?,
                }
            }
            writeln!(f, "{:>10}", share(self.recall(label)))?;
        }
        let rest = self.classes * width + 10;
        write!(f, "{:>1$}{2:>rest$}", "all", head.len(), share(self.accuracy()))
    }
}
