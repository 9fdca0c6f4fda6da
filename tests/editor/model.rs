//! What `model!` is to an editor.

use formwork::prelude::*;

dims! { Batch, D = 32, HEAD = D / 4 }
//      ^^^^^ Batch
//             ^ D

model! {
    /// A layer around which its input is added.
    pub struct Block {
        norm: LayerNorm(D),
//      ^^^^ norm
        up: Linear(D -> 4 * HEAD),
//                 ^ D.layer
    }
    fn forward(&self, x: [Batch, D]) -> [Batch, D] {
//                    ^ Block.x          ^^^^^ Batch.output
//                        ^^^^^ Batch.input
        let h: [Batch, D] = self.norm(x);
//          ^ Block.h            ^^^^ norm.call
//              ^^^^^ Batch.let       ^ Block.x.call
        x + self.up(h)
//      ^ Block.x.sum
    }
}

model! {
    /// A classifier.
    pub struct Classifier {
//             ^^^^^^^^^^ Classifier
        fc1: Linear(64 -> D),
//      ^^^ fc1
//           ^^^^^^ Linear
        blocks: [Block; 2],
//      ^^^^^^ blocks
//               ^^^^^ Block.array
        inner: Block,
//      ^^^^^ inner
        drop: Dropout(0.1),
        fc2: Linear(D -> 10, bias = false),
//                           ^^^^ bias
    }
    fn forward(&self, x: [Batch, 64]) -> [Batch, 10] {
//     ^^^^^^^ forward
//                    ^ x
        let h: [Batch, D] = self.features(x);
//                               ^^^^^^^^ features.call
        self.fc2(self.drop(h))
    }
    /// What the last layer sees.
    pub fn features(&self, x: [Batch, 64]) -> [Batch, D] {
//         ^^^^^^^^ features
        let mut h = self.fc1(x).relu();
//              ^ h
//                  ^^^^^^^^^^^^^^^^^^^ layer
//                       ^^^ fc1.call
//                              ^^^^ relu
        for block in &self.blocks {
//          ^^^^^ block
//                         ^^^^^^ blocks.loop
            h = block(h);
//          ^ h.assigned
//              ^^^^^ block.call
//                    ^ h.block
        }
        let first = &self.blocks[0];
//          ^^^^^ first
//                        ^^^^^^ blocks.first
        let z = h.relu();
//              ^^^^^^^^ nameless
//              ^^^^^^^^^ endless
        let y = self.blocks[1](self.fc1(x).relu()) + first(h);
//                                  ^^^ fc1.again
//                   ^^^^^^ blocks.index
//                                                   ^^^^^ first.call
//          ^ y
//                                                         ^ h.first
        self.inner(y + z).gelu()
//           ^^^^^ inner.call
//                 ^ y.sum
//                 ^^^^^ argument
    }
}

pub fn run(model: &Classifier, x: &Tensor<(Batch, U64)>) -> Tensor<(Batch, U10)> {
    let fc1 = &model.fc1;
    //               ^^^ fc1.outside
    let _ = (fc1, D);
    //            ^ D.number
    model.eval().forward(x)
    //    ^^^^ eval
    //           ^^^^^^^ forward.outside
}
