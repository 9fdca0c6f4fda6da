//! Which threads agree: on values, and on the way through the body.
//!
//! A value has the [`Level`] up to which all threads that compute it get the same: `block_idx()` is the same in a block,
//! `warp_idx()` in a warp, `thread_idx()` nowhere. What is computed from several has the worst of their levels, and what
//! is set under a condition the condition's too. Barriers need a way that is the same in the whole block, warp
//! operations one that is the same in the warp; `return`, `break` and `continue` of some threads, and loops that some
//! leave earlier, make what follows as uneven as they are.
//!
//! Lines are only passed on: they may as well be numbers of nodes, as in the macro, which knows tokens by them.

mod walk;

use super::Template;
use std::collections::HashMap;

/// The threads that agree, from the most to the fewest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// All threads of the launch.
    #[default]
    Grid,
    Block,
    Warp,
    /// A thread with itself.
    Thread,
}

/// Why a value or a way differs between threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The variable, as the template names it, whose value differs; `None` where the call stands in the condition itself.
    pub variable: Option<String>,
    /// The function that the difference comes from: `thread_idx`; or what else does, in words: `an element of y`.
    pub origin: String,
}

/// By what the way of the threads parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// A condition around it.
    Condition,
    /// A loop around it that not all threads run equally often.
    Loop,
    /// A `return` before it that only some threads take.
    Return,
}

/// A barrier or warp operation that not all threads reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Of the call.
    pub line: u32,
    /// The function called.
    pub callee: String,
    /// The level that it needs: [`Level::Block`] or [`Level::Warp`].
    pub needs: Level,
    pub parting: Parting,
    /// Of the `return`, `break` or condition.
    pub at: u32,
    pub cause: Option<Cause>,
}

/// What [`analyse`] finds.
#[derive(Clone, Debug, Default)]
pub struct Uniformity {
    /// Of each variable: the level of all values that it has.
    pub variables: HashMap<String, Level>,
    /// Of each `if`, `while` and `for` by its line: the level of its condition, or of how often it runs.
    pub conditions: HashMap<u32, Level>,
    /// Of each `return`, `break` and `continue` by its line: the level of the way to it.
    pub exits: HashMap<u32, Level>,
    pub problems: Vec<Problem>,
}

/// The level that a function of the language needs of the way to it, if it needs one.
pub fn needs(function: &str) -> Option<Level> {
    match function {
        "sync_threads" | "block_reduce_sum" | "block_reduce_max" | "block_reduce_min" | "block_scan_sum" => {
            Some(Level::Block)
        }
        "sync_warp" | "shuffle" | "shuffle_up" | "shuffle_down" | "shuffle_xor" | "ballot" | "warp_any"
        | "warp_all" | "warp_reduce_sum" | "warp_reduce_max" | "warp_reduce_min" | "warp_scan_sum" => Some(Level::Warp),
        _ => None,
    }
}

/// The levels of a kernel's values and ways.
pub fn analyse(template: &Template) -> Uniformity {
    walk::analyse(template)
}
