//! A canvas of RGB pixels.

use super::font::{GLYPH_HEIGHT, GLYPH_WIDTH, glyph};
use super::png;
use crate::io::replace;
use formwork_runtime::{Error, Result};
use std::io::Write;
use std::path::Path;

/// Black.
pub(super) const BLACK: [u8; 3] = [0, 0, 0];
/// White.
pub(super) const WHITE: [u8; 3] = [255, 255, 255];
/// Larger images are refused: 3 bytes a pixel.
const MAX_PIXELS: usize = 1 << 28;

/// A picture of 8-bit RGB pixels, the top row first.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl Image {
    /// A picture of `width` by `height` pixels, all of `colour`.
    ///
    /// ```
    /// use formwork::vision::Image;
    /// let mut image = Image::new(64, 16, [255, 255, 255])?;
    /// image.text(4, 4, "3 8", 1, [200, 0, 0]);
    /// image.save(std::env::temp_dir().join("formwork-image.png"))?;
    /// # Ok::<(), formwork::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] if it would have no pixels or more than 2^28.
    pub fn new(width: usize, height: usize, colour: [u8; 3]) -> Result<Image> {
        match width.checked_mul(height) {
            Some(count @ 1..=MAX_PIXELS) => Ok(Image { width, pixels: vec![colour; count] }),
            _ => Err(Error::Setting {
                name: "size of an image",
                found: format!("{width} x {height} pixels"),
                expected: format!("1 to {MAX_PIXELS} pixels"),
            }),
        }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.pixels.len() / self.width
    }

    /// The pixel in column `x` of row `y`, if it is in the picture.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        self.at(x, y).map(|at| self.pixels[at])
    }

    /// Colours the rectangle of `width` by `height` pixels whose top left pixel is (`x`, `y`), as far as
    /// it is in the picture.
    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: [u8; 3]) {
        let (right, bottom) = (x.saturating_add(width).min(self.width), y.saturating_add(height).min(self.height()));
        for y in y..bottom {
            for x in x..right {
                self.pixels[y * self.width + x] = colour;
            }
        }
    }

    /// Writes `text` with its top left corner at (`x`, `y`), each point of the letters `scale` pixels
    /// wide. There are digits, `-`, `.`, `%`, `/`, `≠` and the space; others are a box.
    pub fn text(&mut self, x: usize, y: usize, text: &str, scale: usize, colour: [u8; 3]) {
        for (i, letter) in text.chars().enumerate() {
            let left = x + i * (GLYPH_WIDTH + 1) * scale;
            for (row, bits) in glyph(letter).into_iter().enumerate() {
                for column in (0..GLYPH_WIDTH).filter(|column| bits >> (GLYPH_WIDTH - 1 - column) & 1 == 1) {
                    self.fill(left + column * scale, y + row * scale, scale, scale, colour);
                }
            }
        }
    }

    /// Width and height of a text that [`text`](Self::text) writes.
    pub fn text_size(text: &str, scale: usize) -> (usize, usize) {
        let letters = text.chars().count();
        ((letters * (GLYPH_WIDTH + 1)).saturating_sub(1) * scale, GLYPH_HEIGHT * scale)
    }

    /// The picture as a PNG file.
    pub fn to_png(&self) -> Vec<u8> {
        png::encode(self.width, self.pixels.as_flattened())
    }

    /// Writes the picture to a PNG file, all or nothing.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        replace(path.as_ref(), |file| file.write_all(&self.to_png()))
    }

    fn at(&self, x: usize, y: usize) -> Option<usize> {
        (x < self.width && y < self.height()).then(|| y * self.width + x)
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({} x {})", self.width, self.height())
    }
}
