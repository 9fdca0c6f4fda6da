//! IDX, the file format of MNIST and Fashion-MNIST: <https://yann.lecun.com/exdb/mnist/>.
//!
//! A file is the bytes `0 0 TYPE RANK`, `RANK` sizes of four bytes (big-endian), and the elements.
//! It may be compressed with gzip, whatever its name.

use flate2::read::MultiGzDecoder;
use formwork_runtime::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The element type that is read: unsigned bytes.
const BYTES: u8 = 0x08;

/// An array of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// Size of each dim, the slowest first.
    pub dims: Vec<usize>,
    /// The elements, row-major.
    pub data: Vec<u8>,
}

/// Reads an IDX file of unsigned bytes, plain or gzip.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is no IDX file, holds other
/// elements, or is shorter or longer than its header says.
pub fn read(path: impl AsRef<Path>) -> Result<Idx> {
    let path = path.as_ref();
    let io = |e: std::io::Error| Error::Io { path: path.into(), action: "read", reason: e.to_string() };
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    let compressed = file.fill_buf().map_err(io)?.starts_with(&[0x1f, 0x8b]);
    let parsed = if compressed { parse(MultiGzDecoder::new(file)) } else { parse(file) };
    parsed.map_err(|reason| Error::Format { path: path.into(), reason })
}

/// Reads an IDX stream; the error says what is wrong with it.
fn parse(mut stream: impl Read) -> Result<Idx, String> {
    let magic: [u8; 4] = header(&mut stream, "its first four bytes")?;
    let [0, 0, kind, rank] = magic else {
        return Err(format!("not an IDX file: it starts with {magic:02x?}, an IDX file with two zeros"));
    };
    if kind != BYTES {
        return Err(format!("its elements have IDX type 0x{kind:02x}; only 0x08, unsigned bytes, is read"));
    }
    let dims = (0..rank)
        .map(|_| Ok(u32::from_be_bytes(header(&mut stream, "its header")?) as usize))
        .collect::<Result<Vec<usize>, String>>()?;
    let expected =
        dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or(format!("sizes {dims:?} are too large"))?;
    let mut data = Vec::new();
    // One byte more than wanted tells whether something follows.
    stream.take((expected as u64).saturating_add(1)).read_to_end(&mut data).map_err(|e| format!("damaged: {e}"))?;
    match data.len().cmp(&expected) {
        std::cmp::Ordering::Equal => Ok(Idx { dims, data }),
        std::cmp::Ordering::Less => {
            Err(format!("truncated: its header {dims:?} announces {expected} elements, {} are there", data.len()))
        }
        std::cmp::Ordering::Greater => {
            Err(format!("more bytes follow the {expected} elements that its header {dims:?} announces"))
        }
    }
}

fn header(stream: &mut impl Read, what: &str) -> Result<[u8; 4], String> {
    let mut bytes = [0; 4];
    match stream.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Err(format!("truncated within {what}")),
        Err(e) => Err(format!("damaged: {e}")),
    }
}
