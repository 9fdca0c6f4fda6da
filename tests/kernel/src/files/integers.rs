//! Integers, casts and bits.

use formwork::prelude::*;

/// Casts saturate from floats, and cut bits between integers.
#[kernel]
pub fn casts(x: f32) -> (i32, i64, u8) {
    (x as i32, cast::<i64>(x * 2.0), x as u8)
}
// run: casts([1.9, -1.9, 300.0, f32::NAN]) == ([1, -1, 300, 0], [3, -3, 600, 0], [1, 0, 255, 0])
// run: casts([3e9, -3e9]) == ([i32::MAX, i32::MIN], [6000000000, -6000000000], [255, 0])

/// From integers, and among them.
#[kernel]
pub fn narrowed(n: i64) -> (i32, u8, f32, bool) {
    (n as i32, n as u8, n as f32, n as i32 == 7)
}
// run: narrowed([7, -1, 4294967303, 16777217])
//   == ([7, -1, 7, 16777217], [7, 255, 7, 1], [7.0, -1.0, 4294967300.0, 16777216.0], [true, false, true, false])

/// Division rounds towards zero, the remainder has the sign of the dividend.
#[kernel]
pub fn divided(a: i32, b: i32) -> (i32, i32, i32) {
    (a / b, a % b, a.wrapping_mul(b).wrapping_add(1))
}
// run: divided([7, -7, 7, -7], [2, 2, -2, -2]) == ([3, -3, -3, 3], [1, -1, 1, -1], [15, -13, -13, 15])
// run: divided([2000000000], [3]) == ([666666666], [2], [1705032705])

/// Wrapping arithmetic of 32 bits, as hash functions want it.
#[device]
pub fn hash(seed: u32, x: u32) -> u32 {
    let mut h = seed ^ x.wrapping_mul(0x9E37_79B1);
    h ^= h >> 15;
    h = h.wrapping_mul(0x85EB_CA77);
    h ^ (h >> 13)
}
// run: hash(0, 0) == 0
// run: hash(1, 12345) == 3012309663
// run: hash([1, 2, 4294967295], [0, 0, 7]) == [2247091497, 198691410, 3591534863]

/// Unsigned comparison, shifts and division, up to the largest.
#[device]
pub fn unsigned(a: u32, b: u64, c: usize) -> (u32, u64, usize) {
    (a / 3 + (a >> 31), b / 3 + (b >> 63), c % 5 + (c > 3) as usize)
}
// run: unsigned(4294967295, 18446744073709551615, 9) == (1431655766, 6148914691236517206, 5)

/// And, or, exclusive or, not, on numbers and on truth.
#[kernel]
pub fn bits(a: i32, b: i32) -> (i32, i32, i32, bool) {
    let odd = a & 1 == 1;
    let even = b & 1 == 0;
    (a & b | 8, a ^ b, !a << 2, (odd ^ even) & !(odd & even) | odd)
}
// run: bits([5, -1, 0], [3, 7, 2]) == ([9, 15, 8], [6, -8, 2], [-24, 0, -4], [true, true, true])

/// Bytes do not leave their 256 values.
#[kernel]
pub fn bytes(a: u8, b: u8) -> (u8, u8) {
    (a.wrapping_add(b), a / 2 + b % 16)
}
// run: bytes([200, 7, 255], [100, 0, 255]) == ([44, 7, 254], [104, 3, 142])
