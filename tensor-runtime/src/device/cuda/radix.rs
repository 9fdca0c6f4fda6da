//! A stable sort of lines of whole numbers by their digits.

use super::stages::{Arg, Scratch, Stages, Text};

/// Elements that a thread moves.
const ITEMS: usize = 8;
const TILE: usize = 256 * ITEMS;

/// Lines of keys that lie one behind the other, `keys` and `order` twice: each pass goes from one to the other.
pub(super) struct Radix {
    pub lines: usize,
    pub len: usize,
    /// How many of a key's bits count.
    pub bits: u32,
    pub keys: [Scratch; 2],
    pub order: [Scratch; 2],
}

impl Radix {
    /// Room for keys of `size` bytes.
    pub fn new(stages: &mut Stages, lines: usize, len: usize, bits: u32, size: usize) -> Radix {
        let keys = [(); 2].map(|()| stages.room(lines * len, size));
        let order = [(); 2].map(|()| stages.room(lines * len, 4));
        Radix { lines, len, bits, keys, order }
    }

    /// Sorts what is in `keys[0]`. Where each comes from goes to `y` by the text's function `last`, if there is a `y`;
    /// otherwise the sorted keys and where they come from are in the scratch memory that is returned.
    ///
    /// `text` has the types `KEY` and `LAST` and the function `last`.
    pub fn push(&self, stages: &mut Stages, text: &Text, y: Option<usize>) -> [Scratch; 2] {
        let mut text = text.clone();
        let tiles = self.len.div_ceil(TILE);
        text.define("ITEMS", ITEMS)
            .define("SORT_LEN", format!("{}ull", self.len))
            .define("SORT_TILES", format!("{tiles}u"));
        let counts = Arg::Scratch(stages.room(self.lines * tiles * 256, 4));
        let passes = self.bits.div_ceil(8);
        let mut from = 0;
        for pass in 0..passes {
            let shift = Arg::Number(8 * pass);
            let [keys, to_keys] = [from, 1 - from].map(|i| Arg::Scratch(self.keys[i]));
            let [order, to_order] = [from, 1 - from].map(|i| Arg::Scratch(self.order[i]));
            stages.push(&text, "count", self.lines * tiles, 256, &[keys, counts, shift]);
            stages.push(&text, "offsets", self.lines, 256, &[counts]);
            let order = if pass == 0 { Arg::Null } else { order };
            let to = match y {
                Some(y) if pass + 1 == passes => [Arg::Null, Arg::Null, Arg::Buffer(y)],
                _ => [to_keys, to_order, Arg::Null],
            };
            let args = [keys, order, counts, to[0], to[1], to[2], shift];
            stages.push(&text, "move", self.lines * tiles, 256, &args);
            from = 1 - from;
        }
        [self.keys[from], self.order[from]]
    }
}
