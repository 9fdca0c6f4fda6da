//! MNIST and the sets that come in the same files, such as Fashion-MNIST.

use super::dataset::check_index;
use super::{Dataset, Field, Row, idx};
use formwork_runtime::{Error, Result};
use formwork_shapes::{U1, U28};
use std::path::{Path, PathBuf};

const PIXELS: usize = 28 * 28;

/// How pixels become inputs: `(pixel / 255 - mean) / std`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalize {
    /// Subtracted from pixels of 0 to 1.
    pub mean: f32,
    /// What the rest is divided by.
    pub std: f32,
}

/// Mean and standard deviation of MNIST's training images, as in PyTorch's MNIST example.
pub const MNIST: Normalize = Normalize { mean: 0.1307, std: 0.3081 };

/// Mean and standard deviation of Fashion-MNIST's training images.
pub const FASHION: Normalize = Normalize { mean: 0.2860, std: 0.3530 };

/// No normalisation: pixels from 0 to 1.
pub const PLAIN: Normalize = Normalize { mean: 0.0, std: 1.0 };

/// Grey images of 28x28 pixels in one channel, `[1, 28, 28]`, and their classes, 0 to 9.
pub struct Mnist {
    images: Vec<u8>,
    labels: Vec<u8>,
    normalize: Normalize,
}

/// The 60,000 images to train with, from the IDX files in folder `dir`, normalised by [`MNIST`].
///
/// The files are `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, each plain or with `.gz`
/// after its name; names with a dot, `train-images.idx3-ubyte`, are found too. Fashion-MNIST's files
/// have the same names: `mnist::train(dir)?.normalize(mnist::FASHION)`.
///
/// # Errors
/// [`Error::Io`] if a file is not there or cannot be read; [`Error::Format`] if one is no IDX file of
/// its kind, is cut short, or if there is not one label of 0 to 9 for each image.
pub fn train(dir: impl AsRef<Path>) -> Result<Mnist> {
    load(dir.as_ref(), "train")
}

/// The 10,000 images to test with: as [`train`], from `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`.
///
/// # Errors
/// As [`train`].
pub fn test(dir: impl AsRef<Path>) -> Result<Mnist> {
    load(dir.as_ref(), "t10k")
}

impl Mnist {
    /// The same images with another normalisation.
    pub fn normalize(mut self, normalize: Normalize) -> Self {
        self.normalize = normalize;
        self
    }

    /// Image `index` as it stands in the file: 784 pixels from 0 (paper) to 255 (ink), row-major.
    /// `None` if there is no such image.
    pub fn pixels(&self, index: usize) -> Option<&[u8]> {
        self.images.chunks_exact(PIXELS).nth(index)
    }
}

impl Dataset for Mnist {
    type Sample = (Field<(U1, U28, U28)>, Field<(), i64>);

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn get(&self, index: usize, (x, y): Row<'_, Self::Sample>) -> Result<()> {
        check_index("Mnist::get", index, self.labels.len())?;
        let Normalize { mean, std } = self.normalize;
        for (x, &pixel) in x.iter_mut().zip(&self.images[index * PIXELS..]) {
            *x = (f32::from(pixel) / 255.0 - mean) / std;
        }
        y[0] = i64::from(self.labels[index]);
        Ok(())
    }
}

fn load(dir: &Path, part: &str) -> Result<Mnist> {
    let path = find(dir, &format!("{part}-images"), "idx3-ubyte")?;
    let images = idx::read(&path)?;
    let format = |path: PathBuf, reason| Err(Error::Format { path, reason });
    let &[count, 28, 28] = &images.dims[..] else {
        return format(path, format!("holds an array of {:?}; images are [N, 28, 28]", images.dims));
    };
    let path = find(dir, &format!("{part}-labels"), "idx1-ubyte")?;
    let labels = idx::read(&path)?;
    match labels.dims[..] {
        [n] if n == count => {}
        [n] => return format(path, format!("holds {n} labels, but there are {count} images")),
        _ => return format(path, format!("holds an array of {:?}; labels are [N]", labels.dims)),
    }
    if let Some(i) = labels.data.iter().position(|&label| label > 9) {
        return format(path, format!("label {i} is {}; labels are 0 to 9", labels.data[i]));
    }
    Ok(Mnist { images: images.data, labels: labels.data, normalize: MNIST })
}

/// The file of one part, whichever of its usual names it has.
fn find(dir: &Path, stem: &str, kind: &str) -> Result<PathBuf> {
    let names =
        [format!("{stem}-{kind}"), format!("{stem}-{kind}.gz"), format!("{stem}.{kind}"), format!("{stem}.{kind}.gz")];
    if let Some(path) = names.iter().map(|name| dir.join(name)).find(|path| path.is_file()) {
        return Ok(path);
    }
    let [plain, gz, dot, dot_gz] = names;
    let reason = format!(
        "there is none of `{plain}`, `{gz}`, `{dot}`, `{dot_gz}`; MNIST is at https://ossci-datasets.s3.amazonaws.com/mnist/{plain}.gz, \
         Fashion-MNIST at https://github.com/zalandoresearch/fashion-mnist"
    );
    Err(Error::Io { path: dir.into(), action: "find images or labels in", reason })
}
