//! The PNG format, as much of it as writing 8-bit RGB takes: ISO/IEC 15948.
//!
//! Written here on top of `flate2`, which the library has anyway: the `png` crate brings a second
//! copy of the compressor and 3.5 s of build time.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// An RGB picture of `width` pixels a row, three bytes a pixel.
pub(super) fn encode(width: usize, rgb: &[u8]) -> Vec<u8> {
    let height = rgb.len() / (3 * width);
    // Bit depth 8, colour type 2 (RGB), then the only compression, filter method and no interlacing.
    let sizes = [width as u32, height as u32].map(u32::to_be_bytes);
    let header = [sizes.as_flattened(), &[8, 2, 0, 0, 0]].concat();
    // Each row starts with the number of its filter; 0 is none.
    let rows: Vec<u8> = rgb.chunks_exact(3 * width).flat_map(|row| std::iter::once(&0).chain(row)).copied().collect();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"IDAT", &zlib(&rows));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::default(), true);
    let mut out = Vec::with_capacity(data.len() / 4 + 64);
    loop {
        let rest = &data[compress.total_in() as usize..];
        match compress.compress_vec(rest, &mut out, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => return out,
            // The room is used up.
            _ => out.reserve(out.capacity().max(64)),
        }
    }
}

/// Length, kind, data, and the checksum of the latter two.
fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(kind);
    out.extend(data);
    let mut crc = Crc::new();
    crc.update(&out[start..]);
    out.extend(crc.sum().to_be_bytes());
}
