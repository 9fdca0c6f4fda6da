//! Functions of scalars: arithmetic, control flow, calls, several results.

use formwork::prelude::*;

const LIMIT: f32 = 0.5;
const STEPS: i32 = 5;

/// x² where it is small.
#[kernel]
pub fn clipped_square(x: f32) -> f32 {
    if x.abs() > LIMIT { LIMIT * LIMIT } else { x * x }
}
// run: clipped_square(0.25) == 0.0625
// run: clipped_square([0.25, -3.0, f32::NAN]) == [0.0625, 0.25, f32::NAN]

/// Two arguments, broadcast.
#[kernel]
pub fn swish(x: f32, beta: f32) -> f32 {
    x * sigmoid(beta * x)
}
// run: swish(0.0, 1.5) == 0.0
// run: swish([[1.0, -2.0], [100.0, -100.0]], 1.0) ~= [[0.7310586, -0.23840584], [100.0, 0.0]]
// run: swish([[1.0], [2.0]], [0.0, 1.0, -1.0]) ~= [[0.5, 0.7310586, 0.26894143], [1.0, 1.7615942, 0.23840584]]

/// Any float, with literals of its type.
#[kernel]
pub fn leaky<F: Float>(x: F, slope: F) -> F {
    if x > F::of(0.0) { x } else { slope * x }
}
// run: leaky([-2.0, 3.0], 0.25) == [-0.5, 3.0]
// run: leaky::<f64>([-2.0, 3.0], 0.1) == [-0.2, 3.0]
// run: leaky::<f16>([-2.0, 3.0], 0.25) == [-0.5, 3.0]
// run: leaky::<bf16>([-2.0, 3.0], 0.25) == [-0.5, 3.0]

/// A polynomial by Horner's rule, in a loop.
#[device]
pub fn horner(x: f32, steps: i32) -> f32 {
    let mut sum = 0.0;
    let mut i = 0;
    while i < steps {
        sum = sum * x + 1.0;
        i += 1;
    }
    sum
}
// run: horner(2.0, 3) == 7.0
// run: horner(0.5, 0) == 0.0

/// Several results, a branch for all of them.
#[device]
pub fn parts(x: f32) -> (f32, f32) {
    if x < 0.0 { (0.0, x) } else { (x, 0.0) }
}
// run: parts(-1.5) == (0.0, -1.5)

/// A function that calls functions, a constant, and a tuple of results.
#[kernel]
pub fn folded(x: f32) -> (f32, bool) {
    let (up, down) = parts(x);
    let sum = horner(up, STEPS) + horner(down, 2);
    (sum, sum > 2.0 && sum != 3.0)
}
// run: folded(2.0) == (32.0, true)
// run: folded([-4.0, 0.0, 0.5]) == ([-2.0, 2.0, 2.9375], [false, false, true])

/// `match` by value, range, alternative, guard and name.
#[kernel]
pub fn kinds(n: i64) -> (i64, bool) {
    let k = match n {
        0 => 10,
        1 | 2 => 20,
        3..=5 => 30,
        i64::MIN..0 => -1,
        other if other % 7 == 0 => other / 7,
        _ => n.wrapping_mul(2).pow(2),
    };
    (k, n % 2 == 0 || n > 5)
}
// run: kinds([0, 2, 4, 6, 7]) == ([10, 20, 30, 144, 1], [true, true, true, true, true])
// run: kinds([-3, 5, 21, 8]) == ([-1, 30, 3, 256], [false, false, true, true])

/// Values of blocks, shadowed names, nested branches.
#[kernel]
pub fn shadows(x: f32, flag: bool) -> f32 {
    let y = {
        let x = x + 1.0;
        x * 2.0
    };
    if flag {
        let y = y - 1.0;
        if y > 4.0 { 4.0 } else { y }
    } else if y < 0.0 {
        -y
    } else {
        y + x
    }
}
// run: shadows([1.0, 3.0, -4.0, 2.0], [true, true, false, false]) == [3.0, 4.0, 6.0, 8.0]

/// Intrinsics, as functions and as methods.
#[kernel]
pub fn curves(x: f64) -> (f64, f64, f64) {
    let a = x.sin() * x.sin() + cos(x) * cos(x);
    let b = exp(x.ln()) - sqrt(x * x) + atanh_of(tanh(x));
    (a, b, x.powf(2.0) + x.floor() + fma(x, 2.0, 1.0))
}
// run: curves([0.5, 2.5]) ~= ([1.0, 1.0], [0.5, 2.5], [2.25, 14.25])

/// What methods don't give.
#[device]
pub fn atanh_of(x: f64) -> f64 {
    0.5 * ((1.0 + x) / (1.0 - x)).ln()
}
// run: atanh_of(0.0) == 0.0

/// Extremes keep a NaN, comparisons and zeros are those of IEEE 754.
#[kernel]
pub fn extremes(x: f32, y: f32) -> (f32, f32, bool, bool) {
    (max(x, y), min(x, y), x < y, x.is_nan() || y.is_infinite())
}
// run: extremes([1.0, f32::NAN, 2.0, -0.0], [2.0, 1.0, f32::INFINITY, 0.0])
//   == ([2.0, f32::NAN, f32::INFINITY, 0.0], [1.0, f32::NAN, 2.0, 0.0], [true, false, true, false],
//       [false, true, true, false])

/// Rounding towards each side, and signs.
#[kernel]
pub fn rounded(x: f32) -> (f32, f32, f32, f32, f32) {
    (x.floor(), x.ceil(), x.trunc(), round(x), sign(x))
}
// run: rounded([-1.5, 2.5, 0.49]) == ([-2.0, 2.0, 0.0], [-1.0, 3.0, 1.0], [-1.0, 2.0, 0.0], [-2.0, 2.0, 0.0],
//   [-1.0, 1.0, 1.0])

/// Loops whose trips are known are unrolled where the function is lifted.
#[kernel]
pub fn powers(x: f32) -> f32 {
    let mut table = [1.0; 4];
    for i in 1..4 {
        table[i] = table[i - 1] * x;
    }
    let mut sum = 0.0;
    for i in (0..4).rev() {
        if i == 2 {
            continue;
        }
        sum += table[i];
    }
    sum
}
// run: powers([2.0, -1.0]) == [11.0, -1.0]
