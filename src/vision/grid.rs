//! Images side by side, each with what a model took it for.

use super::image::{BLACK, Image, WHITE};
use formwork_runtime::{Error, Result};
use std::panic::Location;

const RED: [u8; 3] = [208, 0, 0];
/// Around each image.
const MARGIN: usize = 6;
/// Images are enlarged by a whole number to at least this many pixels a side.
const SIDE: usize = 48;
/// Pixels of a point of the captions.
const CAPTION: usize = 2;

/// One image of a [`grid`].
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// Its pixels, row-major, from 0 (paper, drawn white) to 1 (ink, drawn black).
    pub pixels: &'a [f32],
    /// What it shows.
    pub label: i64,
    /// What it was taken for.
    pub predicted: i64,
}

/// A picture of grey images of `height` by `width` pixels, `columns` in a row. Below each stands what
/// it was taken for: in black if that is right, else in red with what it is, as in `3≠8`.
///
/// ```
/// use formwork::data::digits;
/// use formwork::vision::{Tile, grid};
///
/// let digits = digits::test()?;
/// let (pixels, labels) = digits.columns();
/// let tiles: Vec<Tile> =
///     pixels.chunks(64).zip(labels).take(20).map(|(pixels, &label)| Tile { pixels, label, predicted: 3 }).collect();
/// grid(&tiles, 8, 8, 10)?.save(std::env::temp_dir().join("formwork-digits.png"))?;
/// # Ok::<(), formwork::Error>(())
/// ```
///
/// # Errors
/// [`Error::Setting`] if there are no tiles, no columns or no pixels; [`Error::Shape`] if a tile has not
/// `height * width` pixels.
#[track_caller]
pub fn grid(tiles: &[Tile<'_>], height: usize, width: usize, columns: usize) -> Result<Image> {
    for (name, number) in [("tiles", tiles.len()), ("columns", columns), ("height", height), ("width", width)] {
        if number == 0 {
            return Err(Error::Setting { name, found: "0".to_string(), expected: "at least 1".to_string() });
        }
    }
    if let Some(i) = tiles.iter().position(|tile| Some(tile.pixels.len()) != height.checked_mul(width)) {
        let found = format!("{} pixels in tile {i}", tiles[i].pixels.len());
        return Err(Error::Shape {
            op: "grid",
            expected: format!("{height} x {width} pixels"),
            found,
            at: Location::caller(),
        });
    }
    let scale = SIDE.div_ceil(height.min(width));
    let text = Image::text_size("0", CAPTION).1;
    let (across, down) = (width * scale + 2 * MARGIN, height * scale + text + 3 * MARGIN);
    let columns = columns.min(tiles.len());
    let mut image = Image::new(columns * across, tiles.len().div_ceil(columns) * down, WHITE)?;
    for (i, tile) in tiles.iter().enumerate() {
        let (left, top) = (i % columns * across + MARGIN, i / columns * down + MARGIN);
        for (at, &ink) in tile.pixels.iter().enumerate() {
            let grey = (255.0 * (1.0 - ink.clamp(0.0, 1.0))).round() as u8;
            image.fill(left + at % width * scale, top + at / width * scale, scale, scale, [grey; 3]);
        }
        let (caption, colour) = match tile.predicted == tile.label {
            true => (tile.predicted.to_string(), BLACK),
            false => (format!("{}≠{}", tile.predicted, tile.label), RED),
        };
        let room = (width * scale).saturating_sub(Image::text_size(&caption, CAPTION).0);
        image.text(left + room / 2, top + height * scale + MARGIN, &caption, CAPTION, colour);
    }
    Ok(image)
}
