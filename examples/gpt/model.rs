//! GPT-2 (Radford et al. 2019) in the sizes of the module above: `T` tokens, `D` features, `HEADS` heads, `VOCAB` tokens to
//! choose from, `LAYERS` blocks, products in `Products`. Names are those of its state dict, matrices lie as PyTorch's `nn.Linear` holds them.

use super::{Batch, D, HEADS, LAYERS, Products, T, VOCAB};
use formwork::prelude::*;

/// What weights start with, and those that write into the sum which goes through all blocks.
const STD: f64 = 0.02;
const STD_PROJ: f64 = STD / sqrt(2 * LAYERS);

model! {
    /// Every token asks those before it, in several heads.
    pub struct Attention {
        c_attn: Linear(D -> 3 * D, std = { STD }),
        c_proj: Linear(D -> D, std = { STD_PROJ }),
    }
    fn forward(&self, x: [Batch, T, D]) -> [Batch, T, D] {
        let heads = self.c_attn(x).chunk::<-1, 3>();
        let [q, k, v] = heads.map(|x| x.reshape::<s![Batch, T, HEADS, D / HEADS]>().transpose::<1, 2>());
        let y = q.scaled_dot_product_attention(&k, &v, true);
        self.c_proj(y.transpose::<1, 2>().reshape::<s![Batch, T, D]>())
    }
}

model! {
    /// Two layers, for each token alone.
    pub struct Mlp {
        c_fc: Linear(D -> 4 * D, std = { STD }),
        c_proj: Linear(4 * D -> D, std = { STD_PROJ }),
    }
    fn forward(&self, x: [Batch, T, D]) -> [Batch, T, D] {
        self.c_proj(self.c_fc(x).gelu_tanh())
    }
}

model! {
    pub struct Block {
        ln_1: LayerNorm(D),
        attn: Attention,
        ln_2: LayerNorm(D),
        mlp: Mlp,
    }
    fn forward(&self, x: [Batch, T, D]) -> [Batch, T, D] {
        let x = x + self.attn(self.ln_1(x));
        x + self.mlp(self.ln_2(x))
    }
}

model! {
    /// Logits of the token that follows each token.
    #[compute(Products)]
    pub struct Gpt {
        wte: Embedding(VOCAB -> D, std = { STD }),
        wpe: Embedding(T -> D, std = { STD }),
        h: [Block; LAYERS],
        ln_f: LayerNorm(D),
    }
    fn forward(&self, ids: [Batch, T; i64]) -> [Batch, T, VOCAB] {
        // The table of tokens is the head too: one parameter, with the gradient of both.
        self.features(ids).linear(&self.wte.weight, None)
    }
    /// What the head sees.
    fn features(&self, ids: [Batch, T; i64]) -> [Batch, T, D] {
        let x = self.wte(ids) + &self.wpe.weight;
        self.ln_f(self.h(x))
    }
    /// Logits of what follows the tokens at `places`, counted through all sequences of the batch.
    pub fn next(&self, ids: [Batch, T; i64], places: [Batch; i64]) -> [Batch, VOCAB] {
        let h = self.features(ids).flatten::<0, 1>();
        places.embedding(&h).linear(&self.wte.weight, None)
    }
}

/// The square root, by Newton's method: constants can't take that of the library.
const fn sqrt(x: usize) -> f64 {
    let (x, mut root, mut step) = (x as f64, x as f64, 0);
    while step < 64 {
        root = (root + x / root) / 2.0;
        step += 1;
    }
    root
}
