//! The names of the kernel language: its functions, and Rust's methods that mean one of them.

use formwork_ir::Intrinsic;
use formwork_ir::kernel::uniform;

/// Of a thread: `thread_idx()` becomes `__t.thread_idx()`.
pub const INDICES: [&str; 15] = [
    "thread_idx",
    "thread_idx_y",
    "thread_idx_z",
    "block_idx",
    "block_idx_y",
    "block_idx_z",
    "block_dim",
    "block_dim_y",
    "block_dim_z",
    "grid_dim",
    "grid_dim_y",
    "grid_dim_z",
    "global_idx",
    "lane_idx",
    "warp_idx",
];

const ATOMICS: [&str; 10] = [
    "atomic_add",
    "atomic_min",
    "atomic_max",
    "atomic_exchange",
    "atomic_compare_exchange",
    "atomic_add_block",
    "atomic_min_block",
    "atomic_max_block",
    "atomic_exchange_block",
    "atomic_compare_exchange_block",
];

/// Intrinsics that Rust has signs for: their names are free.
const OPERATORS: [&str; 17] =
    ["add", "sub", "mul", "div", "rem", "neg", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "not", "shl"];

pub fn is_index(name: &str) -> bool {
    INDICES.contains(&name)
}

pub fn is_atomic(name: &str) -> bool {
    ATOMICS.contains(&name)
}

/// Whether threads do it together.
pub fn is_collective(name: &str) -> bool {
    uniform::needs(name).is_some()
}

pub fn is_barrier(name: &str) -> bool {
    matches!(name, "sync_threads" | "sync_warp")
}

/// How many arguments a function of threads takes; of others rustc tells.
pub fn arity(name: &str) -> Option<usize> {
    match name {
        _ if is_barrier(name) || is_index(name) => Some(0),
        "shuffle" | "shuffle_up" | "shuffle_down" | "shuffle_xor" => Some(2),
        _ => is_collective(name).then_some(1),
    }
}

/// How a function of threads is called.
pub fn form(name: &str) -> String {
    match name {
        "shuffle" => "write `shuffle(value, lane)`".to_string(),
        "shuffle_up" | "shuffle_down" => format!("write `{name}(value, distance)`"),
        "shuffle_xor" => "write `shuffle_xor(value, mask)`".to_string(),
        _ if arity(name) == Some(0) => format!("write `{name}()`"),
        _ => format!("write `{name}(value)`"),
    }
}

/// A function of plain values, which a point kernel may call too.
pub fn is_plain(name: &str) -> bool {
    matches!(name, "fma" | "cast")
        || Intrinsic::from_name(name).is_some() && !OPERATORS.contains(&name) && name != "shr"
}

/// A name that means something in every kernel.
pub fn is_reserved(name: &str) -> bool {
    is_plain(name) || is_index(name) || is_atomic(name) || is_collective(name) || name == "shared"
}

/// The intrinsic that a method of Rust's numbers means, its arguments included the receiver.
pub fn of_method(method: &str) -> Option<(&'static str, usize)> {
    Some(match method {
        "exp" => ("exp", 1),
        "exp2" => ("exp2", 1),
        "exp_m1" => ("expm1", 1),
        "ln" => ("log", 1),
        "log2" => ("log2", 1),
        "ln_1p" => ("log1p", 1),
        "sqrt" => ("sqrt", 1),
        "recip" => ("recip", 1),
        "sin" => ("sin", 1),
        "cos" => ("cos", 1),
        "tan" => ("tan", 1),
        "sinh" => ("sinh", 1),
        "cosh" => ("cosh", 1),
        "tanh" => ("tanh", 1),
        "asin" => ("asin", 1),
        "acos" => ("acos", 1),
        "atan" => ("atan", 1),
        "atan2" => ("atan2", 2),
        "abs" => ("abs", 1),
        "floor" => ("floor", 1),
        "ceil" => ("ceil", 1),
        "trunc" => ("trunc", 1),
        "round_ties_even" => ("round", 1),
        "powf" => ("pow", 2),
        "is_nan" => ("is_nan", 1),
        "is_infinite" => ("is_inf", 1),
        "is_finite" => ("is_finite", 1),
        "mul_add" => ("fma", 3),
        "div_ceil" => ("div_ceil", 2),
        _ => return None,
    })
}

/// What to write instead of a method that kernels don't have.
pub fn instead_of_method(method: &str) -> Option<&'static str> {
    Some(match method {
        "max" => "write `max(a, b)`, which also gives a NaN where one of them is a NaN",
        "min" => "write `min(a, b)`, which also gives a NaN where one of them is a NaN",
        "clamp" => "write `min(max(x, low), high)`",
        "round" => "write `round(x)`, which rounds halves to even, or `floor(x + 0.5)`",
        "signum" => "write `sign(x)`, which is 0 for 0",
        "powi" => "write `x.powf(2.0)`, or multiply",
        "log" => "write `x.ln()`, or divide by the logarithm of the base",
        "log10" => "write `x.ln() * std::f32::consts::LOG10_E`",
        "len" => "write `x.size(0)`, the size of the first axis",
        "iter" | "iter_mut" | "into_iter" => "write `for i in 0..x.size(0)` and index",
        "clone" | "to_owned" => "leave it out: numbers are copied",
        "unwrap" | "expect" => "there is no `Option` or `Result` in a kernel",
        _ => return None,
    })
}

pub const SCALARS: [&str; 11] = ["f32", "f64", "f16", "bf16", "i32", "i64", "u32", "u64", "u8", "usize", "bool"];

pub fn is_scalar(name: &str) -> bool {
    SCALARS.contains(&name)
}
