//! The typed form of a kernel: what the interpreter, the emitters, the analyses and the gradient read.
//!
//! It is structured (`if`, loops, `break`), and expressions are pure and total: they read variables, sizes and indices and
//! do arithmetic, so a reader may compute them in any order, twice or not at all. Whatever touches memory, another
//! thread or the error word is a statement with operands that are expressions, and gives its result to a variable. So a
//! reader of the IR never has to think about the order of evaluation.
//!
//! - Arithmetic is the intrinsics': integers wrap, a division by zero gives 0 (and a [`StmtNode::Check`] before it has set
//!   the error word), shifts are modulo the bits, comparisons give `bool`, `max` and `min` propagate a NaN. f16 and bf16
//!   are computed in f32 and rounded after each operation. `usize` and `u64` have 64 bits, `u32` 32; both wrap.
//! - A variable is declared once, by the statement that gives it its first value (or by `Let` without one), and lives to
//!   the end of the block that the statement stands in. Names are unique in a function. Variables of a kernel and of each
//!   call of a function are a thread's own.
//! - Arrays are row-major. An access that is `checked` and has an index outside its axis sets the error word; a load of it
//!   gives 0, a store of it does nothing. One that is not checked is in bounds: proven, or the author's promise.

mod array;
mod print;
mod scalar;
mod shared;
mod size;

pub use array::{Array, Storage};
pub use print::functions as print_functions;
pub use scalar::ScalarType;
pub use shared::{SHARED_ALIGN, SHARED_FIXED, SHARED_MOST};
pub use size::{Size, SizeOp};

use super::{Kind, Mode};
use crate::Intrinsic;

/// A grid kernel of known dtypes, constants and literal dims.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    pub name: String,
    pub file: String,
    /// In the order of the signature: what a launch passes, before the run-time dims.
    pub params: Vec<Param>,
    /// The dims of the signature by name: literals, or run-time arguments.
    pub dims: Vec<(String, Size)>,
    /// Names of the run-time dims: `Size::Argument(i)` is `arguments[i]`, passed as a `usize`. Each is below 2^40.
    pub arguments: Vec<String>,
    /// Threads of a block along x, y, z; 1 to 1024 in all.
    pub block: [u32; 3],
    /// Blocks of a launch along x, y, z.
    pub grid: [Size; 3],
    /// Whether array parameters may lie in the same memory. Then an element that one thread writes by one parameter no other
    /// reads by another, and that thread reads it before.
    pub aliased: bool,
    /// Arrays of shared memory, in the order of their declarations.
    pub shared: Vec<Array>,
    /// Functions that it calls, each after those that it calls itself.
    pub functions: Vec<Function>,
    pub body: Body,
}

/// A device function, or a point kernel as a function of scalars.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Unique among the functions of a kernel.
    pub name: String,
    pub file: String,
    /// [`Kind::Point`] or [`Kind::Device`].
    pub kind: Kind,
    pub params: Vec<Var>,
    pub results: Vec<ScalarType>,
    pub body: Body,
}

/// Statements, and the variables and local arrays that they declare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    pub variables: Vec<Variable>,
    /// Arrays of each thread: their sizes are literals.
    pub arrays: Vec<Array>,
    pub stmts: Block,
}

/// A parameter of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// A view of device memory.
    Array { mode: Mode, array: Array },
    /// A launch argument, which is this variable of the body.
    Scalar(Var),
}

/// A variable of a body: `body.variables[var.0]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The author's name, or `t1`, `t2`, .. for a temporary.
    pub name: String,
    pub ty: ScalarType,
    /// Whether it is an integer that is always at least 0 and below 2^31, as is every part of the sums, differences,
    /// products and quotients that it is given: so all can be computed in 32 bits.
    pub narrow: bool,
}

pub type Block = Vec<Stmt>;

/// A statement and its source line.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub line: u32,
    pub node: StmtNode,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StmtNode {
    /// Declares a variable; without a value it is assigned before it is read.
    Let {
        var: Var,
        value: Option<Expr>,
    },
    Assign {
        var: Var,
        value: Expr,
    },
    /// Declares local array `array` (of `body.arrays`). One value fills it, else there is one for each element; none
    /// leaves it uninitialised.
    LetArray {
        array: u32,
        values: Vec<Expr>,
    },
    /// Copies a local array to another of the same type.
    CopyArray {
        to: u32,
        from: u32,
    },
    /// Declares `var`, the element at a place.
    Load {
        var: Var,
        from: Access,
    },
    Store {
        to: Access,
        value: Expr,
    },
    /// Declares local array `array`, the consecutive elements of the last axis from a place on; the linear index is a
    /// multiple of the array's length. Checked, it is so and all of them are in bounds, or else none is read or written
    /// and zeros are loaded.
    LoadVector {
        array: u32,
        from: Access,
    },
    StoreVector {
        to: Access,
        array: u32,
    },
    /// An atomic operation on one element. Declares `var`, what was there before, if it is wanted.
    Atomic {
        op: AtomicOp,
        scope: Scope,
        var: Option<Var>,
        at: Access,
        /// One value; for [`AtomicOp::CompareExchange`] what is expected and what is new.
        args: Vec<Expr>,
    },
    /// An operation of all threads of a warp or block together. Declares `var`, its result.
    Collective {
        op: Collective,
        var: Var,
        args: Vec<Expr>,
    },
    /// Declares `vars`, the results of `kernel.functions[function]`.
    Call {
        vars: Vec<Var>,
        function: u32,
        args: Vec<Expr>,
    },
    /// All threads of the warp or block meet here, and see what the others have written.
    Sync(Level),
    If {
        cond: Expr,
        then: Block,
        els: Block,
    },
    While {
        cond: Expr,
        body: Block,
    },
    For(For),
    Break,
    Continue,
    /// Of a function with its values; of a kernel the thread ends.
    Return(Vec<Expr>),
    Block(Block),
    /// Sets the error word unless the condition holds; the thread goes on.
    Check {
        cond: Expr,
        fault: Fault,
    },
    /// Keeps a failure if its key is below the kept one. `record` is the parameter, an array of three `u64`: the smallest
    /// key (all bits set while nothing failed), what belongs to it, and a lock that is 0.
    Fail {
        record: u32,
        /// A `u64`.
        key: Expr,
        /// An `i64`.
        value: Expr,
    },
}

/// `for var in start..end` in steps of `step`. It declares `var`, which nothing else assigns. Downwards if `rev`: from the
/// last of `start..end` on. `start`, `end` and `step` keep their value while the loop runs, and `step` is positive (a
/// check before the loop has set the error word, and the loop isn't run, where it is not).
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    pub var: Var,
    pub start: Expr,
    pub end: Expr,
    /// Whether `end` itself belongs to the range. `end + 1` may overflow.
    pub inclusive: bool,
    pub rev: bool,
    /// A `usize`.
    pub step: Expr,
    pub body: Block,
}

/// An element of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    pub array: Storage,
    /// As many as it has axes, of type `usize`.
    pub indices: Vec<Expr>,
    /// Whether the indices are compared with the sizes at run time.
    pub checked: bool,
    /// Whether every index, every part of its expression and the linear index are at least 0 and below 2^31, so that
    /// they can be computed in 32 bits.
    pub narrow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtomicOp {
    Add,
    Min,
    Max,
    Exchange,
    CompareExchange,
}

/// Among which threads an atomic operation is atomic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Device,
    Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Warp,
    Block,
}

/// Threads past the block's end, in a last warp that is not full, are absent: they add nothing, and a shuffle from one
/// gives the reader's own value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collective {
    /// `(v, lane)`: the value of `v` in another lane; the reader's own where there is no such lane.
    Shuffle(Shuffle),
    /// `(p)`: a `u32` with bit i set where p holds in lane i.
    Ballot,
    /// `(p)`: whether p holds in any lane.
    Any,
    /// `(p)`: whether p holds in all lanes.
    All,
    /// `(v)`: every thread gets lane 0's result of the tree `v = op(v, v of lane + d)` for d of 16, 8, 4, 2, 1, absent
    /// lanes skipped; of a block so within each warp, then in the same way over the warps' results. To skip a lane is to
    /// give it the identity, which for a sum of floats is -0.0.
    Reduce(Level, Reduction),
    /// `(v)`: the sum over the threads up to this one. Of a warp by Hillis and Steele, `v = (v of lane - d) + v` for d of
    /// 1, 2, 4, 8, 16; of a block `before + that`, where `before` is the scan, made in the same way, of the totals of the
    /// warps before (the first warp adds nothing).
    Scan(Level),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shuffle {
    /// From the lane of that number modulo 32.
    Index,
    /// From the lane that many below.
    Up,
    /// From the lane that many above.
    Down,
    /// From the lane whose number is this one's with those bits flipped.
    Xor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    Sum,
    Max,
    Min,
}

/// What a [`StmtNode::Check`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    DivisionByZero,
    /// Of a loop.
    ZeroStep,
}

/// A pure expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub ty: ScalarType,
    pub node: ExprNode,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprNode {
    /// A whole number of an integer type.
    Int(i128),
    /// Of a float type, a value of that type.
    Float(f64),
    Bool(bool),
    /// Of type `usize`.
    Size(Size),
    Var(Var),
    /// Of type `usize`.
    Index(Index),
    /// An intrinsic of arguments of equal types as its rule has them, whatever integer type `u32`, `u64` or `usize` too;
    /// `max`, `min` and arithmetic of those are unsigned. The second argument of a shift is cast to the first's type.
    Apply(Intrinsic, Vec<Expr>),
    /// `a * b + c`, rounded once.
    Fma(Box<[Expr; 3]>),
    /// `ceil(a / b)` of an unsigned integer type; 0 where b is 0.
    DivCeil(Box<[Expr; 2]>),
    /// The larger or smaller of two f32 or f64: a NaN if one is a NaN, and 0 above -0 whichever comes first.
    Extreme(Reduction, Box<[Expr; 2]>),
    /// `as` of Rust; a number becomes the bool `x != 0`.
    Cast(Box<Expr>),
}

/// What tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// Of the thread in its block along axis 0 (x), 1 or 2.
    Thread(u8),
    /// Of the block in the launch.
    Block(u8),
    /// `block x * threads of a block along x + thread x`.
    Global,
    /// Of the thread in its warp: its number in the block, x fastest, modulo 32.
    Lane,
    /// Of the warp in the block.
    Warp,
}

impl Expr {
    pub fn int(ty: ScalarType, x: i128) -> Expr {
        Expr { ty, node: ExprNode::Int(x) }
    }

    pub fn bool(x: bool) -> Expr {
        Expr { ty: ScalarType::Bool, node: ExprNode::Bool(x) }
    }

    pub fn var(ty: ScalarType, var: Var) -> Expr {
        Expr { ty, node: ExprNode::Var(var) }
    }

    /// The expressions that it is made of.
    pub fn operands(&self) -> &[Expr] {
        match &self.node {
            ExprNode::Apply(_, args) => args,
            ExprNode::Fma(args) => args.as_slice(),
            ExprNode::DivCeil(args) | ExprNode::Extreme(_, args) => args.as_slice(),
            ExprNode::Cast(x) => std::slice::from_ref(x),
            _ => &[],
        }
    }

    /// Calls `f` with each variable that it reads.
    pub fn each_var(&self, f: &mut impl FnMut(Var)) {
        match &self.node {
            ExprNode::Var(v) => f(*v),
            _ => self.operands().iter().for_each(|e| e.each_var(f)),
        }
    }
}

impl Body {
    pub fn variable(&self, var: Var) -> &Variable {
        &self.variables[var.0 as usize]
    }
}

impl Kernel {
    /// The array that an access in `body` touches.
    pub fn array<'a>(&'a self, body: &'a Body, storage: Storage) -> &'a Array {
        match storage {
            Storage::Local(i) => &body.arrays[i as usize],
            Storage::Shared(i) => &self.shared[i as usize],
            Storage::Param(i) => match &self.params[i as usize] {
                Param::Array { array, .. } => array,
                Param::Scalar(_) => unreachable!("storage of a parameter names an array"),
            },
        }
    }

    /// Threads of a block.
    pub fn threads(&self) -> u32 {
        self.block.iter().product()
    }
}
