//! What a program is compiled to: lists of block instructions.

use super::ahead::Stream;
use super::past;
use super::walk::Walk;
use crate::device::cpu::reduce::Reducer;
use formwork_ir::block::BlockFn;

/// The number of a place for the result of an instruction.
pub(super) type SlotId = u32;

/// The result of an instruction that has none.
pub(super) const NONE: SlotId = SlotId::MAX;

/// How many elements an instruction works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// One for the whole launch.
    One,
    /// One for each outer point of the block.
    Lanes,
    /// One for each point of the block.
    Block,
}

/// Where the elements of an input or output lie for the points of a block.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the order of the points.
    Flat(Walk),
    /// Over lanes, over row elements.
    Area([Walk; 2]),
}

#[derive(Clone, Debug)]
pub(super) struct Load {
    pub buffer: u32,
    /// Bytes of an element in memory.
    pub size: usize,
    pub place: Place,
    /// From the dtype in memory to lanes, where they differ.
    pub convert: Option<BlockFn>,
    /// Whether the slot may point into the buffer.
    pub in_place: bool,
    /// Where blocks that follow one another lie behind one another in much memory.
    pub stream: Option<Stream>,
}

/// How a large result goes past the caches.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub copy: past::Copy,
    /// Buffers that it may be: what was read from there is in the caches.
    pub twins: Box<[u32]>,
}

#[derive(Clone, Debug)]
pub(super) struct Store {
    pub src: SlotId,
    pub buffer: u32,
    pub size: usize,
    pub place: Place,
    pub convert: Option<BlockFn>,
    /// Buffers that are read with the same access, so may be this one.
    pub twins: Box<[u32]>,
    /// As of a load.
    pub stream: Option<Stream>,
    pub past: Option<Past>,
}

/// A load whose places are moved by an index.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub load: Load,
    pub index: SlotId,
    /// Of the index: one for each lane, or each point.
    pub index_span: Span,
    pub stride: isize,
    pub len: i64,
    pub check: Failing,
}

/// A check of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failing {
    pub id: u32,
    /// Whether its points are those of the whole space, not of the outer dims.
    pub full: bool,
}

/// Bytes from one row of a block to the next in an operand of `Code::Rows`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pitch {
    /// The operand has every element.
    Full(usize),
    /// The operand has one element a row.
    Lane(usize),
    /// The operand serves every row.
    Same,
}

#[derive(Clone, Debug)]
pub(super) enum Code {
    Apply {
        f: BlockFn,
        args: [SlotId; 3],
        arity: u8,
    },
    /// `f` row by row of the block.
    Rows {
        f: BlockFn,
        args: [SlotId; 3],
        pitch: [Pitch; 3],
        arity: u8,
        out_size: usize,
    },
    Load(Box<Load>),
    /// Loads that are inside of their bounds at different points, into one slot.
    Pieces {
        loads: Box<[Load]>,
        /// A lane for the points where none of them is, if there are such points.
        fill: Option<u64>,
    },
    Store(Box<Store>),
    /// Lets the slot of a later store point into its buffer where it can.
    Direct(Box<Store>),
    Iota(Box<Place>),
    Index(Box<Index>),
    Check {
        src: SlotId,
        check: Failing,
    },
    /// Repeats lanes along the row.
    Expand {
        src: SlotId,
        size: usize,
    },
    /// Hands a block to a reduction under way.
    Feed {
        src: SlotId,
        reduction: u32,
    },
    /// Reduces the whole rows of a block.
    Reduce {
        src: SlotId,
        reduction: u32,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Instr {
    pub code: Code,
    pub span: Span,
    pub out: SlotId,
    /// Whether there is room to work on whole chunks of lanes.
    pub padded: bool,
}

impl Instr {
    /// The slots that it reads.
    pub fn uses(&self) -> impl Iterator<Item = SlotId> {
        let (args, arity) = match &self.code {
            Code::Apply { args, arity, .. } | Code::Rows { args, arity, .. } => (*args, *arity),
            Code::Store(s) => ([s.src, NONE, NONE], 1),
            Code::Index(x) => ([x.index, NONE, NONE], 1),
            Code::Check { src, .. } | Code::Expand { src, .. } | Code::Feed { src, .. } | Code::Reduce { src, .. } => {
                ([*src, NONE, NONE], 1)
            }
            Code::Load(_) | Code::Pieces { .. } | Code::Direct(_) | Code::Iota(_) => ([NONE; 3], 0),
        };
        args.into_iter().take(arity as usize)
    }
}

/// A reduction of a pass.
#[derive(Clone)]
pub(super) struct Reduction {
    pub reducer: Reducer,
    /// Where the result goes.
    pub out: SlotId,
    /// Offset of its state in the scratch.
    pub state: usize,
}

/// One run over the row.
#[derive(Clone, Default)]
pub(super) struct Pass {
    /// Once before the row.
    pub prologue: Vec<Instr>,
    /// Once for each block of the row.
    pub body: Vec<Instr>,
    /// Those that are under way over the body's blocks.
    pub reductions: std::ops::Range<usize>,
}

/// A scalar repeated for instructions that want lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Splat {
    pub src: SlotId,
    pub out: SlotId,
    pub size: usize,
}

/// A number that is known before a launch runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// The bits of a lane.
    Const(u64),
    /// A place in the argument table.
    Arg(u32, formwork_ir::DType),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    /// Outer values that outlive their list.
    Frame,
    Scratch,
}

/// A place for a result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub room: Room,
    pub offset: usize,
    /// Bytes of an element.
    pub size: usize,
}

/// All the code of a program.
#[derive(Clone, Default)]
pub(super) struct Listing {
    /// Whether a store goes past the caches.
    pub is_past: bool,
    pub numbers: Vec<(Number, SlotId)>,
    pub scalars: Vec<Instr>,
    pub splats: Vec<Splat>,
    /// One list before each pass and one behind the last.
    pub outer: Vec<Vec<Instr>>,
    pub passes: Vec<Pass>,
    pub reductions: Vec<Reduction>,
    pub slots: Vec<Slot>,
    /// Slots that hold a whole row: they move along with the row's blocks.
    pub kept: Vec<SlotId>,
    pub frame_bytes: usize,
    pub scratch_bytes: usize,
    /// Offset of room for a block of 8-byte elements.
    pub raw: usize,
}

impl Listing {
    /// Instructions that run for each point of the whole space.
    pub fn body_len(&self) -> usize {
        self.passes.iter().map(|p| p.body.len()).sum()
    }

    /// Instructions that run for each outer point.
    pub fn outer_len(&self) -> usize {
        self.outer.iter().map(Vec::len).sum()
    }
}
