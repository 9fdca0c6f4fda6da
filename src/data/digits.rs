//! The UCI digits: 1,797 real handwritten digits of 8x8 pixels, built into the library.
//!
//! *Optical Recognition of Handwritten Digits*, E. Alpaydin and C. Kaynak, 1998, UCI Machine
//! Learning Repository, CC BY 4.0: <https://doi.org/10.24432/C50P49>.

use super::{Field, InMemory};
use flate2::read::GzDecoder;
use formwork_runtime::{Error, Result};
use formwork_shapes::U64;
use std::io::Read;

const FILE: &str = "data/digits.csv.gz";
const BYTES: &[u8] = include_bytes!("../../data/digits.csv.gz");
const PIXELS: usize = 64;
/// The largest pixel of the file: all 16 points of a block set.
const WHITE: f32 = 16.0;

/// An 8x8 image, row-major from 0 (paper) to 1 (ink), and the digit it shows, 0 to 9.
pub type Digits = InMemory<(Field<(U64,)>, Field<(), i64>)>;

/// The 1,437 digits to train with.
///
/// The split is fixed: of all images ordered by digit, and by place in the file within a digit,
/// every fifth is kept for [`test()`], starting with the first.
///
/// ```
/// use formwork::data::{Dataset, digits};
/// assert_eq!(digits::train()?.len(), 1437);
/// assert_eq!(digits::test()?.len(), 360);
/// # Ok::<(), formwork::Error>(())
/// ```
///
/// # Errors
/// [`Error::Format`] if the library was built with a damaged file.
pub fn train() -> Result<Digits> {
    part(false)
}

/// The 360 digits to test with: those that [`train`] leaves out.
///
/// # Errors
/// As [`train`].
pub fn test() -> Result<Digits> {
    part(true)
}

fn part(test: bool) -> Result<Digits> {
    let rows = parse(BYTES).map_err(|reason| Error::Format { path: FILE.into(), reason })?;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&i| rows[i][PIXELS]);
    let mut chosen: Vec<usize> =
        order.into_iter().enumerate().filter(|(place, _)| (place % 5 == 0) == test).map(|(_, i)| i).collect();
    chosen.sort_unstable();
    let x = chosen.iter().flat_map(|&i| &rows[i][..PIXELS]).map(|&p| f32::from(p) / WHITE).collect();
    let y = chosen.iter().map(|&i| i64::from(rows[i][PIXELS])).collect();
    InMemory::new((x, y))
}

/// The lines of the file: 64 pixels of 0 to 16, then the digit.
fn parse(bytes: &[u8]) -> Result<Vec<[u8; PIXELS + 1]>, String> {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).map_err(|e| e.to_string())?;
    text.lines()
        .enumerate()
        .map(|(i, line)| row(line).ok_or_else(|| format!("line {} is not a digit", i + 1)))
        .collect()
}

fn row(line: &str) -> Option<[u8; PIXELS + 1]> {
    let numbers: Vec<u8> = line.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let row: [u8; PIXELS + 1] = numbers.try_into().ok()?;
    (row[..PIXELS].iter().all(|&p| p <= 16) && row[PIXELS] <= 9).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    #[test]
    fn a_damaged_file_is_an_error() {
        assert!(parse(&BYTES[..1000]).is_err());
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(b"1,2,3\n").unwrap();
        assert_eq!(parse(&gz.finish().unwrap()), Err("line 1 is not a digit".to_string()));
    }
}
