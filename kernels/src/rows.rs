//! How kernels over rows take their row: eight elements at once, from aligned places.
//!
//! Sixteen bytes of bf16, twice sixteen of f32. A row of `N` elements rarely starts at a multiple of eight, so it is cut at
//! such multiples of the whole array: `lead` elements stand before the row in its first eight, and the first and last
//! eight may be shorter. Where `N` is a multiple of eight, the compiler sees that all are whole.

use formwork::kernel::device;

/// Whether the eight elements from `at` on, counted from `lead` before the row, are all of the row of `n`.
#[device]
pub fn whole(at: usize, lead: usize, n: usize) -> bool {
    at >= lead && at + 8 <= lead + n
}

/// Whether element `at`, counted from `lead` before the row, is of the row of `n`.
#[device]
pub fn within(at: usize, lead: usize, n: usize) -> bool {
    at >= lead && at < lead + n
}

/// The largest of eight, as a tree: three steps deep instead of seven.
#[device]
pub fn max8(a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32) -> f32 {
    max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))
}

/// The sum of eight, as a tree.
#[device]
pub fn sum8(a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32) -> f32 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}
