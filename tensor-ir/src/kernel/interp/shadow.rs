//! What is known of each element of an array: whether it has a value, and who touched it last.
//!
//! Two touches of a block are ordered if a barrier of the block lies between them, or if both are of one warp and a warp
//! operation lies between them; touches of two blocks are never. Two threads race if their touches of an element are not
//! ordered and one of them is a plain write. Atomic operations and reads are touches that are no writes.

/// A touch: by whom, when, where in the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Touch {
    pub(super) block: u32,
    /// Its number in the block.
    pub(super) thread: u32,
    /// Warp operations that its warp has passed.
    pub(super) warp_time: u32,
    /// Barriers that its block has passed.
    pub(super) block_time: u32,
    pub(super) line: u32,
}

impl Touch {
    fn warp(&self) -> u32 {
        self.thread / 32
    }

    /// Whether nothing orders a touch and an earlier one.
    fn races(&self, before: &Touch) -> bool {
        if self.block != before.block {
            return true;
        }
        self.thread != before.thread
            && self.block_time == before.block_time
            && (self.warp() != before.warp() || self.warp_time == before.warp_time)
    }
}

/// Touches of one element of one kind of which any race with a later touch can be told.
#[derive(Clone, Copy, Default)]
struct Touches {
    last: Option<Touch>,
    /// The last one by another thread of the same warp.
    other: Option<Touch>,
    /// The last one by another warp since the barrier.
    warp: Option<Touch>,
    /// The last one by an earlier block.
    block: Option<Touch>,
}

impl Touches {
    fn race(&self, t: &Touch) -> Option<Touch> {
        [self.last, self.other, self.warp, self.block].into_iter().flatten().find(|before| t.races(before))
    }

    fn push(&mut self, t: Touch) {
        if let Some(last) = self.last {
            if last.block != t.block {
                (self.block, self.other, self.warp) = (Some(last), None, None);
            } else if last.block_time != t.block_time {
                (self.other, self.warp) = (None, None);
            } else if last.warp() != t.warp() {
                (self.warp, self.other) = (Some(last), None);
            } else if last.thread != t.thread {
                self.other = Some(last);
            }
        }
        self.last = Some(t);
    }
}

#[derive(Clone, Copy, Default)]
struct Cell {
    valued: bool,
    writes: Touches,
    others: Touches,
}

/// The shadow of an array.
pub(super) struct Shadow(Vec<Cell>);

impl Shadow {
    pub(super) fn new(elements: usize, valued: bool) -> Shadow {
        Shadow(vec![Cell { valued, ..Cell::default() }; elements])
    }

    /// Whether an element has a value.
    pub(super) fn is_valued(&self, i: usize) -> bool {
        self.0[i].valued
    }

    /// Notes a read or an atomic operation: an earlier write that it races with.
    pub(super) fn touch(&mut self, i: usize, t: Touch) -> Option<Touch> {
        let cell = &mut self.0[i];
        let race = cell.writes.race(&t);
        cell.others.push(t);
        race
    }

    /// Notes a plain write: an earlier touch that it races with.
    pub(super) fn write(&mut self, i: usize, t: Touch) -> Option<Touch> {
        let cell = &mut self.0[i];
        let race = cell.writes.race(&t).or(cell.others.race(&t));
        cell.valued = true;
        cell.writes.push(t);
        race
    }

    pub(super) fn give_value(&mut self, i: usize) {
        self.0[i].valued = true;
    }

    /// The elements without a value: how many, and the first.
    pub(super) fn unvalued(&self) -> Option<(usize, usize)> {
        let mut missing = self.0.iter().enumerate().filter(|(_, c)| !c.valued).map(|(i, _)| i);
        let first = missing.next()?;
        Some((1 + missing.count(), first))
    }
}
