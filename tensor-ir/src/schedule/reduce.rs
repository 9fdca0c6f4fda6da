//! Accumulators: what a thread keeps of its part of a row, and how a team puts the parts together.

use super::emit::{Emit, Held, constant};
use super::write::{add, apply, at, cast, compare, index, mul, rem, select, size};
use crate::kernel::ir::{Expr, ExprNode, Index, Level, Reduction, ScalarType, Storage, Var};
use crate::{Compute, Const, DType, Intrinsic, ReduceOp, StepOp, Value};

/// What a reduction has seen so far: a number for each lane, or one.
pub(super) struct Accumulator {
    step: usize,
    op: ReduceOp,
    of: Value,
    /// The type that it is computed in.
    ty: ScalarType,
    value: Cell,
    /// The number of the extreme element.
    place: Option<Cell>,
}

#[derive(Clone, Copy)]
enum Cell {
    One(Var, ScalarType),
    Lanes(u32),
}

/// The threads that share a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Team {
    /// Neighbours: a power of two up to 32.
    Warp(usize),
    /// The block: a multiple of 32.
    Block(usize),
    /// Threads of the block's second axis; along the first one there are `columns`.
    Across { threads: usize, columns: usize },
}

/// The dtype that sums and extremes of a dtype are computed in.
fn compute(dtype: DType) -> DType {
    if dtype.compute() == Compute::F32 { DType::F32 } else { dtype }
}

fn start(op: ReduceOp, dtype: DType) -> Expr {
    let x = match op {
        ReduceOp::Sum | ReduceOp::Any => 0.0,
        ReduceOp::Prod | ReduceOp::All => 1.0,
        ReduceOp::Max | ReduceOp::ArgMax => f64::NEG_INFINITY,
        ReduceOp::Min | ReduceOp::ArgMin => f64::INFINITY,
    };
    constant(&Const::new(dtype, x))
}

fn is_arg(op: ReduceOp) -> bool {
    matches!(op, ReduceOp::ArgMax | ReduceOp::ArgMin)
}

fn join(op: ReduceOp, a: Expr, b: Expr) -> Expr {
    let extreme = match op {
        ReduceOp::Max if a.ty.is_float() => Some(Reduction::Max),
        ReduceOp::Min if a.ty.is_float() => Some(Reduction::Min),
        _ => None,
    };
    if let Some(r) = extreme {
        return Expr { ty: a.ty, node: ExprNode::Extreme(r, Box::new([a, b])) };
    }
    let op = match op {
        ReduceOp::Sum => Intrinsic::Add,
        ReduceOp::Prod => Intrinsic::Mul,
        ReduceOp::Max | ReduceOp::ArgMax => Intrinsic::Max,
        ReduceOp::Min | ReduceOp::ArgMin => Intrinsic::Min,
        ReduceOp::Any => Intrinsic::Or,
        ReduceOp::All => Intrinsic::And,
    };
    apply(op, a.ty, vec![a, b])
}

/// Whether `b` at place `j` takes the place of `a` at `i`: it is further out, or as far and before; a NaN is furthest.
fn replaces(op: ReduceOp, [a, i]: [&Expr; 2], [b, j]: [&Expr; 2]) -> Expr {
    let both = |op, x: Expr, y: Expr| apply(op, ScalarType::Bool, vec![x, y]);
    let test = |op, x: &Expr, y: &Expr| compare(op, x.clone(), y.clone());
    let further = if op == ReduceOp::ArgMax { Intrinsic::Gt } else { Intrinsic::Lt };
    let before = test(Intrinsic::Lt, j, i);
    let tie = both(Intrinsic::And, test(Intrinsic::Eq, b, a), before.clone());
    let better = both(Intrinsic::Or, test(further, b, a), tie);
    if !a.ty.is_float() {
        return better;
    }
    let first = both(Intrinsic::Or, test(Intrinsic::Eq, a, a), before);
    both(Intrinsic::Or, better, both(Intrinsic::And, test(Intrinsic::Ne, b, b), first))
}

impl Emit<'_> {
    /// Starts the accumulators of reductions. Where lanes are columns each has its own.
    pub fn accumulators(&mut self, steps: &[usize], columns: bool) -> Vec<Accumulator> {
        let mut found = Vec::new();
        for &step in steps {
            let StepOp::Reduce(op, of) = self.space.program.steps[step].op else { continue };
            let dtype = compute(self.dtype(of));
            let cell = |e: &mut Self, name: &str, value: Expr| match columns && e.lane.is_some() {
                true => Cell::Lanes(e.w.declare(name, value.ty, e.width, Some(value))),
                false => Cell::One(e.w.variable(name, value.clone()), value.ty),
            };
            let value = cell(self, &format!("acc{step}"), start(op, dtype));
            let none = Expr::int(ScalarType::I64, i64::MAX.into());
            let place = is_arg(op).then(|| cell(self, &format!("place{step}"), none));
            found.push(Accumulator { step, op, of, ty: dtype.into(), value, place });
        }
        found
    }

    fn get(&mut self, cell: Cell) -> Expr {
        match cell {
            Cell::One(var, ty) => Expr::var(ty, var),
            Cell::Lanes(array) => {
                let ty = self.w.body.arrays[array as usize].element;
                let j = self.in_lane.clone().unwrap_or(size(0));
                self.w.load("t", ty, at(Storage::Local(array), j))
            }
        }
    }

    fn set(&mut self, cell: Cell, value: Expr) {
        match cell {
            Cell::One(var, _) => self.w.assign(var, value),
            Cell::Lanes(array) => {
                let j = self.in_lane.clone().unwrap_or(size(0));
                self.w.store(at(Storage::Local(array), j), value);
            }
        }
    }

    /// Adds the element at this lane.
    pub fn accumulate(&mut self, acc: &Accumulator) {
        let value = self.value(acc.of);
        let value = self.w.bind("x", cast(acc.ty, value));
        let place = acc.place.map(|_| cast(ScalarType::I64, self.place(0, &self.space.row_number.clone())));
        let place = place.map(|p| self.w.bind("p", p));
        self.merge(acc, value, place);
    }

    /// Adds what another thread has, or an element.
    fn merge(&mut self, acc: &Accumulator, value: Expr, place: Option<Expr>) {
        let own = self.get(acc.value);
        let (Some(cell), Some(place)) = (acc.place, place) else {
            return self.set(acc.value, join(acc.op, own, value));
        };
        let own_place = self.get(cell);
        let better = replaces(acc.op, [&own, &own_place], [&value, &place]);
        let better = self.w.bind("better", better);
        self.set(acc.value, select(better.clone(), value, own));
        self.set(cell, select(better, place, own_place));
    }

    /// Puts together what the threads of a team have; all of them hold the results.
    pub fn combine(&mut self, accs: &[Accumulator], team: Team) {
        match team {
            Team::Warp(n) => self.butterfly(accs, n),
            Team::Block(n) => self.through_shared(accs, n),
            Team::Across { threads, columns } if threads > 1 => self.across(accs, threads, columns),
            Team::Across { .. } => {}
        }
        for acc in accs {
            let ty: ScalarType = self.space.program.steps[acc.step].dtype.into();
            let result = acc.place.unwrap_or(acc.value);
            let name = format!("v{}", acc.step);
            self.held[acc.step] = Some(match result {
                Cell::One(var, from) => Held::One(self.w.bind(&name, cast(ty, Expr::var(from, var)))),
                Cell::Lanes(_) => {
                    let array = self.w.declare(&format!("r{}", acc.step), ty, self.width, None);
                    self.each_lane(|e| {
                        let (value, j) = (e.get(result), e.in_lane.clone().unwrap_or(size(0)));
                        e.w.store(at(Storage::Local(array), j), cast(ty, value));
                    });
                    Held::Many { array, slotted: false }
                }
            });
        }
    }

    /// Within teams of `n` lanes of a warp.
    fn butterfly(&mut self, accs: &[Accumulator], n: usize) {
        let mut bits = n / 2;
        while bits > 0 {
            for acc in accs {
                let own = self.get(acc.value);
                let value = self.w.shuffle_xor(own, bits);
                let place = acc.place.map(|cell| self.get(cell));
                let place = place.map(|own| self.w.shuffle_xor(own, bits));
                self.merge(acc, value, place);
            }
            bits /= 2;
        }
    }

    /// Within each warp, then over the warps of a block of `n` threads.
    fn through_shared(&mut self, accs: &[Accumulator], n: usize) {
        self.butterfly(accs, 32);
        let warps = n / 32;
        let mut shared = Vec::new();
        self.w.open();
        for acc in accs {
            for cell in [Some(acc.value), acc.place].into_iter().flatten() {
                let value = self.get(cell);
                let array = self.w.share("s", value.ty, warps);
                self.w.store(at(array, index(Index::Warp)), value);
                shared.push((cell, array));
            }
        }
        self.w.close_if(Some(compare(Intrinsic::Eq, index(Index::Lane), size(0))));
        self.w.sync(Level::Block);
        for (cell, array) in shared {
            let ty = self.get(cell).ty;
            let value = self.w.load("t", ty, at(array, rem(index(Index::Lane), warps)));
            self.set(cell, value);
        }
        self.butterfly(accs, warps);
    }

    /// Over the second axis of the block, lane by lane.
    fn across(&mut self, accs: &[Accumulator], threads: usize, columns: usize) {
        let width = self.width;
        let place = |t: Expr, j: Option<Expr>| {
            let row = add(mul(t, size(width)), j.unwrap_or(size(0)));
            add(mul(row, size(columns)), index(Index::Thread(0)))
        };
        let mut shared = Vec::new();
        for acc in accs {
            let mut pair = Vec::new();
            for cell in [Some(acc.value), acc.place].into_iter().flatten() {
                let ty = if is_arg(acc.op) && !pair.is_empty() { ScalarType::I64 } else { acc.ty };
                let array = self.w.share("s", ty, threads * width * columns);
                pair.push(array);
                self.each_lane(|e| {
                    let value = e.get(cell);
                    let i = place(index(Index::Thread(1)), e.in_lane.clone());
                    e.w.store(at(array, i), value);
                });
            }
            shared.push(pair);
        }
        self.w.sync(Level::Block);
        for (acc, pair) in accs.iter().zip(shared) {
            self.each_lane(|e| {
                let j = e.in_lane.clone();
                let load = |e: &mut Self, k: usize, t: Expr| {
                    let array = pair[k];
                    let ty = if k == 1 { ScalarType::I64 } else { acc.ty };
                    e.w.load("t", ty, at(array, place(t, j.clone())))
                };
                let first = load(e, 0, size(0));
                e.set(acc.value, first);
                if let Some(cell) = acc.place {
                    let first = load(e, 1, size(0));
                    e.set(cell, first);
                }
                let (var, t) = e.w.begin_loop("t");
                let t = add(t, size(1));
                let value = load(e, 0, t.clone());
                let place = acc.place.map(|_| load(e, 1, t));
                e.merge(acc, value, place);
                e.w.end_loop(var, threads - 1);
            });
        }
    }
}
