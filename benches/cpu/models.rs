//! The networks that are timed: those of `tests/golden/models.py`, layer by layer.

use crate::stream::uniform;
use formwork::params::Path;
use formwork::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

dims! {
    /// Examples of a batch.
    pub Batch,
    /// Tokens of a sequence.
    pub T = 128,
    /// Width of the transformer.
    pub D = 128,
    pub HEADS = 4,
    pub VOCAB = 256,
}

model! {
    pub struct Mlp {
        fc1: Linear(784 -> 512),
        fc2: Linear(512 -> 512),
        fc3: Linear(512 -> 10),
    }
    fn forward(&self, x: [Batch, 784]) -> [Batch, 10] {
        self.fc3(self.fc2(self.fc1(x).relu()).relu())
    }
}

model! {
    pub struct LeNet {
        conv1: Conv2d(1 -> 16, 5),
        conv2: Conv2d(16 -> 32, 5),
        pool: MaxPool2d(2),
        fc1: Linear(512 -> 128),
        fc2: Linear(128 -> 10),
    }
    fn forward(&self, x: [Batch, 1, 28, 28]) -> [Batch, 10] {
        let x = self.pool(self.conv1(x).relu());
        let x = self.pool(self.conv2(x).relu());
        self.fc2(self.fc1(x.flatten::<1, -1>()).relu())
    }
}

model! {
    /// A block of ResNet-20 that keeps its shape.
    pub struct Same16 {
        conv1: Conv2d(16 -> 16, 3, padding = 1, bias = false),
        norm1: BatchNorm2d(16),
        conv2: Conv2d(16 -> 16, 3, padding = 1, bias = false),
        norm2: BatchNorm2d(16),
    }
    fn forward(&self, x: [Batch, 16, 32, 32]) -> [Batch, 16, 32, 32] {
        let y = self.norm1(self.conv1(x)).relu();
        (self.norm2(self.conv2(y)) + x).relu()
    }
}

model! {
    pub struct Same32 {
        conv1: Conv2d(32 -> 32, 3, padding = 1, bias = false),
        norm1: BatchNorm2d(32),
        conv2: Conv2d(32 -> 32, 3, padding = 1, bias = false),
        norm2: BatchNorm2d(32),
    }
    fn forward(&self, x: [Batch, 32, 16, 16]) -> [Batch, 32, 16, 16] {
        let y = self.norm1(self.conv1(x)).relu();
        (self.norm2(self.conv2(y)) + x).relu()
    }
}

model! {
    pub struct Same64 {
        conv1: Conv2d(64 -> 64, 3, padding = 1, bias = false),
        norm1: BatchNorm2d(64),
        conv2: Conv2d(64 -> 64, 3, padding = 1, bias = false),
        norm2: BatchNorm2d(64),
    }
    fn forward(&self, x: [Batch, 64, 8, 8]) -> [Batch, 64, 8, 8] {
        let y = self.norm1(self.conv1(x)).relu();
        (self.norm2(self.conv2(y)) + x).relu()
    }
}

model! {
    /// One that halves the image and doubles the channels.
    pub struct Down32 {
        conv1: Conv2d(16 -> 32, 3, stride = 2, padding = 1, bias = false),
        norm1: BatchNorm2d(32),
        conv2: Conv2d(32 -> 32, 3, padding = 1, bias = false),
        norm2: BatchNorm2d(32),
        shortcut: Conv2d(16 -> 32, 1, stride = 2, bias = false),
        shortcut_norm: BatchNorm2d(32),
    }
    fn forward(&self, x: [Batch, 16, 32, 32]) -> [Batch, 32, 16, 16] {
        let y = self.norm1(self.conv1(x)).relu();
        (self.norm2(self.conv2(y)) + self.shortcut_norm(self.shortcut(x))).relu()
    }
}

model! {
    pub struct Down64 {
        conv1: Conv2d(32 -> 64, 3, stride = 2, padding = 1, bias = false),
        norm1: BatchNorm2d(64),
        conv2: Conv2d(64 -> 64, 3, padding = 1, bias = false),
        norm2: BatchNorm2d(64),
        shortcut: Conv2d(32 -> 64, 1, stride = 2, bias = false),
        shortcut_norm: BatchNorm2d(64),
    }
    fn forward(&self, x: [Batch, 32, 16, 16]) -> [Batch, 64, 8, 8] {
        let y = self.norm1(self.conv1(x)).relu();
        (self.norm2(self.conv2(y)) + self.shortcut_norm(self.shortcut(x))).relu()
    }
}

model! {
    pub struct ResNet20 {
        conv: Conv2d(3 -> 16, 3, padding = 1, bias = false),
        norm: BatchNorm2d(16),
        stage1: [Same16; 3],
        down2: Down32,
        stage2: [Same32; 2],
        down3: Down64,
        stage3: [Same64; 2],
        fc: Linear(64 -> 10),
    }
    fn forward(&self, x: [Batch, 3, 32, 32]) -> [Batch, 10] {
        let x = self.norm(self.conv(x)).relu();
        let x = self.stage2(self.down2(self.stage1(x)));
        let x = self.stage3(self.down3(x));
        self.fc(x.flatten::<2, 3>().mean_axis::<-1>())
    }
}

/// Whether attention is the library's function, or written out with a mask that is added.
pub static FUSED: AtomicBool = AtomicBool::new(false);

model! {
    pub struct Attention {
        qkv: Linear(D -> 3 * D),
        proj: Linear(D -> D),
    }
    fn forward(&self, x: [Batch, T, D], mask: [T, T]) -> [Batch, T, D] {
        let qkv = self.qkv(x).reshape::<s![Batch, T, 3, HEADS, D / HEADS]>().permute::<Perm5<2, 0, 3, 1, 4>>();
        let q = qkv.slice::<0, dim!(0), dim!(1)>().squeeze::<0>();
        let k = qkv.slice::<0, dim!(1), dim!(1)>().squeeze::<0>();
        let v = qkv.slice::<0, dim!(2), dim!(1)>().squeeze::<0>();
        let y = match FUSED.load(Ordering::Relaxed) {
            true => q.scaled_dot_product_attention(&k, &v, true),
            false => (q.matmul(&k.transpose::<-2, -1>()) * 32f32.sqrt().recip() + mask).softmax::<-1>().matmul(&v),
        };
        self.proj(y.transpose::<1, 2>().reshape::<s![Batch, T, D]>())
    }
}

model! {
    pub struct Block {
        norm1: LayerNorm(D),
        attention: Attention,
        norm2: LayerNorm(D),
        up: Linear(D -> 4 * D),
        down: Linear(4 * D -> D),
    }
    fn forward(&self, x: [Batch, T, D], mask: [T, T]) -> [Batch, T, D] {
        let x = x + self.attention(self.norm1(x), mask);
        x + self.down(self.up(self.norm2(x)).gelu())
    }
}

model! {
    pub struct Gpt {
        tokens: Embedding(VOCAB -> D),
        positions: Param([T, D]),
        blocks: [Block; 4],
        norm: LayerNorm(D),
        head: Linear(D -> VOCAB, bias = false),
    }
    fn forward(&self, ids: [Batch, T; i64], mask: [T, T]) -> [Batch, T, VOCAB] {
        let mut x = self.tokens(ids) + self.positions;
        for block in &self.blocks {
            x = block(x, mask);
        }
        self.head(self.norm(x))
    }
}

/// A fresh model with weights from streams: `uniform(k, 1/sqrt(fan_in))`, k = 1, 2, ... in the order of its layers;
/// `tables` (by name) have a stream and a bound of their own. Biases are 0, norms as they are made.
pub fn seeded<M: Module>(mut model: M, tables: &[(&str, u64, f64)]) -> Result<M> {
    let (mut next, mut outcome) = (0, Ok(()));
    model.visit_mut(&mut Path::new(), &mut |path, mut item| {
        let (name, dims) = (path.as_str(), item.dims());
        let len = dims.iter().product();
        let table = tables.iter().find(|(table, ..)| *table == name);
        let values = match (table, dims.len()) {
            (Some(&(_, seed, bound)), _) => uniform(seed, len, bound),
            (None, 0 | 1) if name.contains("norm") || name.contains("ln_") => return,
            (None, 0 | 1) => vec![0.0; len],
            (None, _) => {
                next += 1;
                uniform(next, len, (dims[1..].iter().product::<usize>() as f64).sqrt().recip())
            }
        };
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        if let Err(error) = item.set_bytes(&bytes) {
            outcome = Err(error);
        }
    });
    outcome.map(|()| model)
}

/// What is added to scores so that a token sees only those before it.
pub fn causal(device: &Device) -> Result<Tensor<s![T, T]>> {
    let mask: Vec<f32> = (0..128 * 128).map(|i| if i % 128 > i / 128 { -1e9 } else { 0.0 }).collect();
    Tensor::new(mask, device)
}
