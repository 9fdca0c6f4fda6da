//! Which loop does an intrinsic's step: flat, with a scalar, or row by row.

use super::code::*;
use super::geometry::Layout;
use super::lower::{Lower, Target, missing};
use super::values::Kind;
use crate::error::Result;
use formwork_ir::block;
use formwork_ir::{DType, Intrinsic, Value};

/// Shorter runs than this are not worth a call of their own.
const RUN: usize = 32;

impl Lower<'_> {
    pub(super) fn lower_apply(
        &mut self,
        op: Intrinsic,
        args: &[Value],
        dtype: DType,
        target: Target,
    ) -> Result<SlotId> {
        let dtypes: Vec<DType> = args.iter().map(|v| self.values.dtype(*v)).collect();
        let size = dtype.compute().size();
        let code = self.apply_code(op, args, &dtypes, size, target)?;
        let out = self.out(target, size);
        self.emit(target, code, out);
        self.rounded(out, dtype, target)
    }

    fn apply_code(
        &mut self,
        op: Intrinsic,
        args: &[Value],
        dtypes: &[DType],
        size: usize,
        target: Target,
    ) -> Result<Code> {
        let unknown = || missing(format_args!("{op} of {dtypes:?}"));
        if args.len() > 3 {
            return Err(unknown());
        }
        let arity = args.len() as u8;
        let kinds: Vec<Kind> = args.iter().map(|v| self.values.kinds[v.0 as usize]).collect();
        let wide = if matches!(target, Target::Body(_)) { Kind::Block } else { Kind::Lanes };
        let single_lane = self.geometry.layout == Layout::Rows && self.geometry.lanes == 1;
        // A block of one outer point has its outer values as scalars.
        let is_scalar = |k: Kind| k == Kind::One || wide == Kind::Block && single_lane && k == Kind::Lanes;
        if let [a, b] = *args
            && target != Target::Scalars
        {
            let pair = [kinds[0], kinds[1]];
            let (f, scalar) = match pair {
                [x, s] if x == wide && is_scalar(s) => (block::apply_scalar_rhs(op, dtypes[0], self.isa), 1),
                [s, x] if x == wide && is_scalar(s) => (block::apply_scalar_lhs(op, dtypes[0], self.isa), 0),
                _ => (None, 0),
            };
            if let Some(f) = f {
                let mut slots = [NONE; 3];
                for (k, v) in [a, b].into_iter().enumerate() {
                    let is_one = self.values.kinds[v.0 as usize] == Kind::One;
                    slots[k] = match (k == scalar, is_one) {
                        (false, _) => self.operand(v, target)?,
                        (true, true) => self.scalar(v)?,
                        (true, false) => self.outer(v)?,
                    };
                }
                return Ok(Code::Apply { f, args: slots, arity });
            }
        }
        if let Some(code) = self.rows_code(op, args, dtypes, size, target)? {
            return Ok(code);
        }
        let f = block::apply(op, dtypes, self.isa).ok_or_else(unknown)?;
        let mut slots = [NONE; 3];
        for (slot, v) in slots.iter_mut().zip(args) {
            *slot = self.operand(*v, target)?;
        }
        Ok(Code::Apply { f, args: slots, arity })
    }

    /// A call for each row of the block where an outer value meets a full one and rows are long.
    fn rows_code(
        &mut self,
        op: Intrinsic,
        args: &[Value],
        dtypes: &[DType],
        size: usize,
        target: Target,
    ) -> Result<Option<Code>> {
        let Target::Body(_) = target else { return Ok(None) };
        let kinds: Vec<Kind> = args.iter().map(|v| self.values.kinds[v.0 as usize]).collect();
        if !kinds.contains(&Kind::Lanes) || !kinds.contains(&Kind::Block) {
            return Ok(None);
        }
        let f = match self.geometry.layout {
            Layout::Lanes if self.geometry.lanes >= RUN => block::apply(op, dtypes, self.isa),
            Layout::Rows if self.geometry.chunk >= RUN => match kinds[..] {
                [Kind::Block, Kind::Lanes] => block::apply_scalar_rhs(op, dtypes[0], self.isa),
                [Kind::Lanes, Kind::Block] => block::apply_scalar_lhs(op, dtypes[0], self.isa),
                _ => None,
            },
            _ => None,
        };
        let Some(f) = f else { return Ok(None) };
        let (mut slots, mut pitch) = ([NONE; 3], [Pitch::Same; 3]);
        for (i, v) in args.iter().enumerate() {
            let size = self.values.size(*v);
            (slots[i], pitch[i]) = match (self.values.kinds[v.0 as usize], self.geometry.layout) {
                (Kind::Block, _) => (self.operand(*v, target)?, Pitch::Full(size)),
                (Kind::Lanes, Layout::Rows) => (self.outer(*v)?, Pitch::Lane(size)),
                (Kind::Lanes, Layout::Lanes) => (self.outer(*v)?, Pitch::Same),
                (Kind::One, _) => (self.operand(*v, target)?, Pitch::Same),
            };
        }
        Ok(Some(Code::Rows { f, args: slots, pitch, arity: args.len() as u8, out_size: size }))
    }
}
