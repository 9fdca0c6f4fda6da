//! What `#[kernel]` is to an editor.

use formwork::prelude::*;

const LIMIT: f32 = 4.0;
//    ^^^^^ LIMIT

/// A half.
#[device]
fn half(x: f32) -> f32 {
// ^^^^ half
    0.5 * x
}

/// x * sigmoid(beta * x).
#[kernel]
fn swish(x: f32, beta: f32) -> f32 {
// ^^^^^ swish
//       ^ swish.x
    let y = half(x) * sigmoid(beta * x);
//      ^ y
//                            ^^^^ beta.use
//          ^^^^ half.call
//               ^ swish.x.use
//                    ^^^^^^^ sigmoid
    min(2.0 * y, LIMIT)
//            ^ y.use
//               ^^^^^ LIMIT.use
}

/// Each row divided by its sum.
#[kernel(block = 128)]
fn normalise<R: Dim, N: Dim>(x: &Array<f32, (R, N)>, y: &mut Array<f32, (R, N)>) {
//                           ^ x
//                               ^^^^^ Array
    let row = block_idx();
//      ^^^ row
//            ^^^^^^^^^ block_idx
    let mut sum = 0.0;
//          ^^^ sum
    for j in (thread_idx()..N).step_by(block_dim()) {
//      ^ j
//                          ^ N.use
        sum += swish(x[(row, j)], 1.0);
//             ^^^^^ swish.call
//                   ^ x.use
//                      ^^^ row.use
//                           ^ j.use
    }
    let total = block_reduce_sum(sum);
//      ^^^^^ total
//              ^^^^^^^^^^^^^^^^ block_reduce_sum
//                               ^^^ sum.use
    for k in (thread_idx()..N).step_by(block_dim()) {
        y[(row, k)] = x[(row, k)] / total;
//                                  ^^^^^ total.use
    }
}

fn outside(x: &Tensor<(U4, U8)>) -> Tensor<(U4, U8)> {
    normalise(swish(x, 1.5))
//  ^^^^^^^^^ normalise.outside
//            ^^^^^ swish.outside
}
