//! The functions of the kernel language by name.

use super::ir::{AtomicOp, Collective, Index, Level, Reduction, Scope, Shuffle};
use crate::Intrinsic;

/// What a name of the language stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// An operation of the intrinsics table; also `wrapping_add`, `wrapping_sub` and `wrapping_mul`.
    Apply(Intrinsic),
    /// `fma(a, b, c)`.
    Fma,
    /// `div_ceil(a, b)`.
    DivCeil,
    /// `powi(x, n)`: n is a literal; by squaring.
    Powi,
    /// `thread_idx()`, `block_idx_y()`, `global_idx()`, `lane_idx()`, ..
    Index(Index),
    /// `block_dim()` along an axis.
    BlockDim(u8),
    /// `grid_dim()` along an axis.
    GridDim(u8),
    /// `sync_threads()`, `sync_warp()`.
    Sync(Level),
    /// `shuffle(v, lane)`, `warp_reduce_sum(v)`, `block_scan_sum(v)`, ..
    Collective(Collective),
    /// `atomic_add(&mut y[i], v)`, `atomic_add_block(..)`, ..
    Atomic(AtomicOp, Scope),
    /// `x.vector::<4>(i)`, as `vector(&x[i], 4)`.
    Vector,
    /// `y.set_vector(i, v)`, as `set_vector(&mut y[i], v)`.
    SetVector,
}

impl Language {
    /// The function of this name: `warp_reduce_max`.
    pub fn from_name(name: &str) -> Option<Language> {
        Some(match name {
            "fma" => Language::Fma,
            "div_ceil" => Language::DivCeil,
            "powi" => Language::Powi,
            "wrapping_add" => Language::Apply(Intrinsic::Add),
            "wrapping_sub" => Language::Apply(Intrinsic::Sub),
            "wrapping_mul" => Language::Apply(Intrinsic::Mul),
            "global_idx" => Language::Index(Index::Global),
            "lane_idx" => Language::Index(Index::Lane),
            "warp_idx" => Language::Index(Index::Warp),
            "sync_threads" => Language::Sync(Level::Block),
            "sync_warp" => Language::Sync(Level::Warp),
            "vector" => Language::Vector,
            "set_vector" => Language::SetVector,
            _ => {
                let others = [axis(name), atomic(name), collective(name).map(Language::Collective)];
                return others.into_iter().flatten().next().or(Intrinsic::from_name(name).map(Language::Apply));
            }
        })
    }
}

/// `block_idx`, `block_idx_y`, `block_idx_z`.
fn axis(name: &str) -> Option<Language> {
    let (name, axis) = match (name.strip_suffix("_y"), name.strip_suffix("_z")) {
        (Some(name), _) => (name, 1),
        (_, Some(name)) => (name, 2),
        _ => (name, 0),
    };
    match name {
        "thread_idx" => Some(Language::Index(Index::Thread(axis))),
        "block_idx" => Some(Language::Index(Index::Block(axis))),
        "block_dim" => Some(Language::BlockDim(axis)),
        "grid_dim" => Some(Language::GridDim(axis)),
        _ => None,
    }
}

fn atomic(name: &str) -> Option<Language> {
    let name = name.strip_prefix("atomic_")?;
    let (name, scope) = match name.strip_suffix("_block") {
        Some(name) => (name, Scope::Block),
        None => (name, Scope::Device),
    };
    let op = match name {
        "add" => AtomicOp::Add,
        "min" => AtomicOp::Min,
        "max" => AtomicOp::Max,
        "exchange" => AtomicOp::Exchange,
        "compare_exchange" => AtomicOp::CompareExchange,
        _ => return None,
    };
    Some(Language::Atomic(op, scope))
}

fn collective(name: &str) -> Option<Collective> {
    Some(match name {
        "shuffle" => Collective::Shuffle(Shuffle::Index),
        "shuffle_up" => Collective::Shuffle(Shuffle::Up),
        "shuffle_down" => Collective::Shuffle(Shuffle::Down),
        "shuffle_xor" => Collective::Shuffle(Shuffle::Xor),
        "ballot" => Collective::Ballot,
        "warp_any" => Collective::Any,
        "warp_all" => Collective::All,
        _ => {
            let (level, rest) = match (name.strip_prefix("warp_"), name.strip_prefix("block_")) {
                (Some(rest), _) => (Level::Warp, rest),
                (_, Some(rest)) => (Level::Block, rest),
                _ => return None,
            };
            match rest {
                "reduce_sum" => Collective::Reduce(level, Reduction::Sum),
                "reduce_max" => Collective::Reduce(level, Reduction::Max),
                "reduce_min" => Collective::Reduce(level, Reduction::Min),
                "scan_sum" => Collective::Scan(level),
                _ => return None,
            }
        }
    })
}
