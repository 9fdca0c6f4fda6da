//! The gradient of an embedding: each row of `g` is added to the row of the table that its token names.
//!
//! - [`embedding_scatter()`] adds with atomic operations, a block a token: as fast as memory takes them, whatever the tokens
//!   are, but the order of the additions, and so the last bits, differ from run to run on a GPU.
//! - [`embedding_sorted()`] gets the tokens in order, and where each came from. A block starts at each place where a token
//!   begins and walks to its end, so each row of the table is summed in one order and written once. A token that makes up
//!   much of the text is one long walk.
//!
//! On the CPU `Tensor::embedding` has its gradient by the planner's scatter, in order and without atomic operations; these
//! are for devices that want them.

use crate::case::{Case, Size};
use formwork::kernel::{Array, kernel};
use formwork::{DType, Dim, Float, Tensor};

/// The sums of the rows of `g` by token. A token outside the table is an error.
#[kernel(block = 256, grid = T, grad = embedding_grad)]
pub fn embedding_scatter<E: Float, T: Dim, V: Dim, D: Dim>(
    tokens: &Array<i64, (T,)>,
    g: &Array<E, (T, D)>,
    #[zeroed] table: &mut Array<f32, (V, D)>,
) {
    let t = block_idx();
    let token = tokens[t] as usize;
    for d in (thread_idx()..D).step_by(block_dim()) {
        atomic_add(&mut table[(token, d)], cast::<f32>(g[(t, d)]));
    }
}

/// The same from `sorted`, the tokens in order, and `order`, where each of them stood.
#[kernel(block = 256, grid = T, no_grad)]
pub fn embedding_sorted<E: Float, T: Dim, V: Dim, D: Dim>(
    sorted: &Array<i64, (T,)>,
    order: &Array<i64, (T,)>,
    g: &Array<E, (T, D)>,
    #[zeroed] table: &mut Array<f32, (V, D)>,
) {
    let first = block_idx();
    let token = sorted[first];
    if first > 0 {
        if sorted[first - 1] == token {
            return;
        }
    }
    for d in (thread_idx()..D).step_by(block_dim()) {
        let mut sum = 0.0f32;
        for t in first..T {
            if sorted[t] != token {
                break;
            }
            sum += cast::<f32>(g[(order[t] as usize, d)]);
        }
        table[(token as usize, d)] = sum;
    }
}

/// A sum of rows has as its gradient the rows of the cotangent: an embedding.
fn embedding_grad<E: Float, T: Dim, V: Dim, D: Dim>(
    tokens: &Tensor<(T,), i64>,
    _: &Tensor<(T, D), E>,
    _: &Tensor<(V, D)>,
    dtable: &Tensor<(V, D)>,
) -> Tensor<(T, D), E> {
    embedding_rows(tokens, dtable).cast()
}

/// The rows of the table that the tokens name.
#[kernel(block = 256, grid = T, grad = embedding_rows_grad)]
pub fn embedding_rows<E: Float, T: Dim, V: Dim, D: Dim>(
    tokens: &Array<i64, (T,)>,
    table: &Array<E, (V, D)>,
    y: &mut Array<E, (T, D)>,
) {
    let t = block_idx();
    let token = tokens[t] as usize;
    for d in (thread_idx()..D).step_by(block_dim()) {
        y[(t, d)] = table[(token, d)];
    }
}

fn embedding_rows_grad<E: Float, T: Dim, V: Dim, D: Dim>(
    tokens: &Tensor<(T,), i64>,
    _: &Tensor<(V, D), E>,
    _: &Tensor<(T, D), E>,
    g: &Tensor<(T, D), E>,
) -> Tensor<(V, D), E> {
    embedding_scatter(tokens, g).cast()
}

/// The sums of rows of `d` by token, in plain Rust.
pub fn reference(tokens: &[i64], g: &[f64], d: usize, vocabulary: usize) -> Vec<f64> {
    let mut table = vec![0.0; vocabulary * d];
    for (&token, row) in tokens.iter().zip(g.chunks(d)) {
        table[token as usize * d..][..d].iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
    }
    table
}

pub(crate) fn cases(size: Size) -> Vec<Case> {
    let (tokens, vocabulary, d) = size.pick((23, 40, 70), (1 << 19, 50_257, 768));
    let (text, sorted): (fn(usize, usize) -> f64, fn(usize, usize) -> f64) = size.pick(
        (
            |param, i| if param == 0 { (i * i % 40) as f64 } else { g(i) },
            |param, i| match param {
                0 => (i / 5) as f64,
                1 => (i * 7 % 23) as f64,
                _ => g(i),
            },
        ),
        (
            |param, i| if param == 0 { (i.wrapping_mul(0x9e37_79b9) % 50_257) as f64 } else { g(i) },
            |param, i| match param {
                0 => ((i * 50_257) >> 19) as f64,
                1 => (i * 7919 % (1 << 19)) as f64,
                _ => g(i),
            },
        ),
    );
    let case = |name: &str, source, fill, e: DType| {
        Case::new(format!("{name}/{e}"), source, [e.into(), tokens.into(), vocabulary.into(), d.into()])
            .fill(fill)
            .bytes(tokens * d * e.size() as u64 + 4 * vocabulary * d)
    };
    let both = |e: DType| {
        [
            case("embedding_scatter", &embedding_scatter::SOURCE, text, e),
            case("embedding_sorted", &embedding_sorted::SOURCE, sorted, e),
        ]
    };
    [DType::F32, DType::BF16].into_iter().flat_map(both).collect()
}

/// Multiples of 1/16, whose sums are the same in any order.
fn g(i: usize) -> f64 {
    (i % 64) as f64 / 16.0
}
