//! Shakespeare's sonnets: a short text in the public domain, built into the library.
//!
//! *Shake-speares Sonnets*, W. Shakespeare, 1609, in modern spelling; `data/README.md` says where it comes from.

use flate2::read::GzDecoder;
use formwork_runtime::{Error, Result};
use std::io::Read;

const FILE: &str = "data/sonnets.txt.gz";
const BYTES: &[u8] = include_bytes!("../../data/sonnets.txt.gz");

/// All 154 sonnets, each after a line with its Roman number: 95,609 characters, all of them ASCII.
///
/// ```
/// let text = formwork::data::sonnets::text()?;
/// assert!(text.contains("Shall I compare thee to a summer's day?"));
/// # Ok::<(), formwork::Error>(())
/// ```
///
/// # Errors
/// [`Error::Format`] if the library was built with a damaged file.
pub fn text() -> Result<String> {
    let mut text = String::new();
    let read = GzDecoder::new(BYTES).read_to_string(&mut text);
    read.map_err(|e| Error::Format { path: FILE.into(), reason: e.to_string() })?;
    Ok(text)
}
