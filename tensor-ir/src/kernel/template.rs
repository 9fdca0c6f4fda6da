//! The untyped form of a kernel, and what each construct means.
//!
//! Variables are resolved: the macro gives each declaration a name of its own (`m`, then `m_2` for one that shadows it),
//! so a name means one variable of the template. `match` on scalars has become `if`, methods have become calls
//! (`x.exp()` is `exp(x)`), `loop` is `while true`.
//!
//! Meaning, where it is not plain Rust:
//! - Integers wrap, and division by zero sets the error word and gives 0. The Rust that the macro writes for a CPU differs
//!   as Rust does: there a division by zero ends the launch with an error, and so does overflow in a debug build.
//! - `usize` has 64 bits on every device.
//! - An index outside an array of device memory sets the error word; the load gives zero, the store is skipped. Local and
//!   shared arrays likewise.
//! - Threads of a block run in any order between barriers; those of a warp (32) meet at warp operations.
//! - Floats are computed in their own type; f16 and bf16 in f32, rounded after each operation.

/// One `#[kernel]` or `#[device]` function, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub name: String,
    pub kind: Kind,
    /// The file that it stands in, for messages and comments.
    pub file: String,
    /// In the order of the signature.
    pub generics: Vec<Generic>,
    pub params: Vec<Param>,
    /// Types of the value of a point kernel or device function: none, one, or those of its tuple.
    pub results: Vec<TypeName>,
    /// Threads of a block by axis: one to three expressions of literals and constants. Empty for other kinds.
    pub block: Vec<Expr>,
    /// Blocks of a launch, over dims: one to three expressions. Never empty for [`Kind::Grid`].
    pub grid: Vec<Expr>,
    pub body: Block,
    /// Paths of the device functions and point kernels that it calls, as written; `Callee::Function(i)` is `callees[i]`.
    pub callees: Vec<String>,
    /// Paths of the constants that it reads, as written; `ExprNode::Const(i)` is `constants[i]`.
    pub constants: Vec<String>,
}

/// What a function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On scalars, lifted to tensors element by element.
    Point,
    /// Called by kernels; no views, barriers or thread indices.
    Device,
    /// Blocks of threads over views.
    Grid,
}

/// A generic parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generic {
    pub name: String,
    pub kind: GenericKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenericKind {
    /// A dim: as a value of the body, its size as `usize`.
    Dim,
    /// An element type.
    Element,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: String,
    pub line: u32,
    pub kind: ParamKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ParamKind {
    Scalar(TypeName),
    /// A view of device memory: its element, and its sizes over dims and literals.
    Array {
        mode: Mode,
        element: TypeName,
        dims: Vec<Expr>,
    },
}

/// What a kernel does with a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `&Array`: read.
    In,
    /// `&mut Array`: a result, uninitialised until it is written.
    Out,
    /// `#[zeroed] &mut Array`: a result that is zero before the launch.
    Zeroed,
    /// `#[inout] &mut Array`: an argument that becomes a result.
    InOut,
}

/// A scalar type by name: `f32`, `usize`, `bool`, or an element generic.
pub type TypeName = String;

/// The type of a declaration or cast.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExpr {
    Scalar(TypeName),
    /// `[T; N]`: a local array. The length is an expression of literals and constants.
    Array(Box<TypeExpr>, Box<Expr>),
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
    /// `let`: one name, or those of a tuple.
    Let {
        names: Vec<String>,
        ty: Option<TypeExpr>,
        value: Option<Expr>,
    },
    /// `let name = shared::<[[T; M]; N]>()`: an array of shared memory of the block, uninitialised.
    Shared {
        name: String,
        element: TypeName,
        dims: Vec<Expr>,
    },
    /// `place = value`, or `place op= value`.
    Assign {
        place: Place,
        op: Option<BinOp>,
        value: Expr,
    },
    /// A call for its effect.
    Expr(Expr),
    If {
        cond: Expr,
        then: Block,
        els: Block,
    },
    While {
        cond: Expr,
        body: Block,
    },
    /// `for var in start..end`, in steps of `step` if there is one, downwards if `rev`.
    For {
        var: String,
        start: Expr,
        end: Expr,
        inclusive: bool,
        rev: bool,
        step: Option<Expr>,
        body: Block,
    },
    Break,
    Continue,
    /// Of a device function with its values; of a kernel, the thread ends.
    Return(Vec<Expr>),
    Block(Block),
}

/// A variable, or an element of an array by as many indices as it has axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub name: String,
    pub indices: Vec<Expr>,
    /// Whether the author vouches for the indices: `unsafe { x.get_unchecked(i) }`.
    pub unchecked: bool,
}

/// An expression and its source line.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub line: u32,
    pub node: ExprNode,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprNode {
    /// A whole number, with its suffix if it was written with one.
    Int(u64, Option<TypeName>),
    /// A float's digits as written, without underscores, with its suffix if it was written with one.
    Float(String, Option<TypeName>),
    Bool(bool),
    /// A variable, a scalar parameter or a dim.
    Place(Place),
    /// A constant of the author's crate.
    Const(usize),
    /// An associated constant: `f32::INFINITY`, `E::MAX`, `f32::EPSILON`, `std::f32::consts::PI` as (`f32`, `PI`).
    Assoc(TypeName, String),
    Unary(UnOp, Box<Expr>),
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// `x as T`, `cast::<T>(x)`.
    Cast(Box<Expr>, TypeName),
    Call {
        callee: Callee,
        /// Types between `::<` and `>`: `size::<N>()`.
        types: Vec<TypeExpr>,
        args: Vec<Expr>,
    },
    /// `if` with a value: statements and the value of each arm.
    If {
        cond: Box<Expr>,
        then: (Block, Box<Expr>),
        els: (Block, Box<Expr>),
    },
    Block(Block, Box<Expr>),
    /// The values of a device function or point kernel of several results.
    Tuple(Vec<Expr>),
    /// `[a, b, c]`.
    Array(Vec<Expr>),
    /// `[x; N]`.
    Repeat(Box<Expr>, Box<Expr>),
    /// The place that an atomic operation or a vector access takes: `&mut y[i]`.
    Ref(Place),
    /// `x.size(axis)`: the size of an array's axis, as `usize`.
    Size(String, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnOp {
    Neg,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `&&`: the right side only if the left one holds.
    And,
    /// `||`.
    Or,
}

/// What a call calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function of the language by its name: an intrinsic of the table (`exp`), or one of the thread, block, warp and
    /// atomic functions.
    Language(String),
    /// `Template::callees[i]`.
    Function(usize),
}
