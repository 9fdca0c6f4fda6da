//! Operations of all threads of a warp or block together.

use super::super::ir::{Collective, Level, Reduction, ScalarType, Shuffle, Stmt, StmtNode};
use super::value;
use crate::{Intrinsic, Scalar};

/// Its name in the language.
pub(super) fn name(s: &Stmt) -> &'static str {
    let StmtNode::Collective { op, .. } = &s.node else {
        return if s.node == StmtNode::Sync(Level::Warp) { "sync_warp" } else { "sync_threads" };
    };
    match op {
        Collective::Shuffle(Shuffle::Index) => "shuffle",
        Collective::Shuffle(Shuffle::Up) => "shuffle_up",
        Collective::Shuffle(Shuffle::Down) => "shuffle_down",
        Collective::Shuffle(Shuffle::Xor) => "shuffle_xor",
        Collective::Ballot => "ballot",
        Collective::Any => "warp_any",
        Collective::All => "warp_all",
        Collective::Reduce(Level::Warp, Reduction::Sum) => "warp_reduce_sum",
        Collective::Reduce(Level::Warp, Reduction::Max) => "warp_reduce_max",
        Collective::Reduce(Level::Warp, Reduction::Min) => "warp_reduce_min",
        Collective::Reduce(Level::Block, Reduction::Sum) => "block_reduce_sum",
        Collective::Reduce(Level::Block, Reduction::Max) => "block_reduce_max",
        Collective::Reduce(Level::Block, Reduction::Min) => "block_reduce_min",
        Collective::Scan(Level::Warp) => "warp_scan_sum",
        Collective::Scan(Level::Block) => "block_scan_sum",
    }
}

type Lanes = [Option<Scalar>; 32];

/// The results for threads that meet: their numbers in the block, in order, and their arguments, of which the first is of
/// type `ty`.
pub(super) fn apply(op: Collective, ty: ScalarType, threads: &[(u32, Vec<Scalar>)]) -> Vec<Scalar> {
    let first = |(_, args): &(u32, Vec<Scalar>)| args[0];
    let warps = |x: &dyn Fn(&Lanes) -> Lanes| {
        let mut results = Vec::with_capacity(threads.len());
        for chunk in threads.chunk_by(|a, b| a.0 / 32 == b.0 / 32) {
            let mut lanes: Lanes = [None; 32];
            chunk.iter().for_each(|t| lanes[t.0 as usize % 32] = Some(first(t)));
            results.extend(x(&lanes).into_iter().flatten());
        }
        results
    };
    match op {
        Collective::Shuffle(from) => {
            let find = |n: u32| threads.iter().find(|t| t.0 == n).map(first);
            threads.iter().map(|t| source(from, t).and_then(find).unwrap_or(first(t))).collect()
        }
        Collective::Ballot | Collective::Any | Collective::All => warps(&|lanes| {
            let bits = lanes.iter().enumerate().map(|(i, p)| u32::from(p.is_some_and(Scalar::is_true)) << i);
            let bits = bits.fold(0, |a, b| a | b);
            let result = match op {
                Collective::Ballot => bits.into(),
                Collective::Any => i64::from(bits != 0),
                _ => i64::from(lanes.iter().flatten().all(|p| p.is_true())),
            };
            lanes.map(|x| x.map(|_| Scalar::Int(result)))
        }),
        Collective::Reduce(Level::Warp, r) => warps(&|lanes| {
            let result = reduce(r, ty, lanes);
            lanes.map(|x| x.and(result))
        }),
        Collective::Scan(Level::Warp) => warps(&|lanes| scan(ty, lanes)),
        Collective::Reduce(Level::Block, r) => {
            let mut totals: Lanes = [None; 32];
            for (t, x) in threads.iter().zip(apply(Collective::Reduce(Level::Warp, r), ty, threads)) {
                totals[t.0 as usize / 32] = Some(x);
            }
            let result = reduce(r, ty, &totals);
            threads.iter().map(|t| result.unwrap_or(first(t))).collect()
        }
        Collective::Scan(Level::Block) => {
            let inner = apply(Collective::Scan(Level::Warp), ty, threads);
            let mut totals: Lanes = [None; 32];
            threads.iter().zip(&inner).for_each(|(t, x)| totals[t.0 as usize / 32] = Some(*x));
            let totals = scan(ty, &totals);
            let before = |t: &(u32, Vec<Scalar>)| (t.0 as usize / 32).checked_sub(1).and_then(|w| totals[w]);
            let add = |t, x: Scalar| before(t).map_or(x, |b| value::apply(Intrinsic::Add, ty, &[b, x]));
            threads.iter().zip(inner).map(|(t, x)| add(t, x)).collect()
        }
    }
}

/// The number of the thread that a shuffle reads, unless it is outside the warp.
fn source(from: Shuffle, (number, args): &(u32, Vec<Scalar>)) -> Option<u32> {
    let (lane, by) = (number % 32, args[1].to_i64() as u32);
    let lane = match from {
        Shuffle::Index => by % 32,
        Shuffle::Up => lane.checked_sub(by)?,
        Shuffle::Down => lane.checked_add(by)?,
        Shuffle::Xor => lane ^ by,
    };
    (lane < 32).then(|| number / 32 * 32 + lane)
}

fn reduce(r: Reduction, ty: ScalarType, lanes: &Lanes) -> Option<Scalar> {
    let op = match r {
        Reduction::Sum => Intrinsic::Add,
        Reduction::Max => Intrinsic::Max,
        Reduction::Min => Intrinsic::Min,
    };
    let mut lanes = *lanes;
    for d in [16, 8, 4, 2, 1] {
        for i in 0..d {
            lanes[i] = match (lanes[i], lanes[i + d]) {
                (Some(a), Some(b)) => Some(value::apply(op, ty, &[a, b])),
                (a, b) => a.or(b),
            };
        }
    }
    lanes[0]
}

fn scan(ty: ScalarType, lanes: &Lanes) -> Lanes {
    let mut lanes = *lanes;
    for d in [1, 2, 4, 8, 16] {
        let before = lanes;
        for i in d..32 {
            if let (Some(a), Some(b)) = (before[i - d], before[i]) {
                lanes[i] = Some(value::apply(Intrinsic::Add, ty, &[a, b]));
            }
        }
    }
    lanes
}
