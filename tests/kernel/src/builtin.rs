//! The kernels of `kernels/`, at the sizes that they give.

use formwork_ir::kernel::ir::{Kernel, ScalarType};
use formwork_ir::kernel::link::Bound;
use formwork_kernels::{Case as BuiltIn, Generic, Size};

use crate::compare::Case;
use crate::suite::Test;

/// Every built-in kernel at its small sizes, and at its large ones for NVRTC alone.
pub fn tests() -> Vec<Result<Test, String>> {
    let small = formwork_kernels::cases(Size::Test).into_iter().map(|case| (case, false));
    let large = formwork_kernels::cases(Size::Bench).into_iter().map(|case| (case, true));
    small.chain(large).map(|(case, large)| test(&case, large)).collect()
}

fn test(case: &BuiltIn, large: bool) -> Result<Test, String> {
    let kernel = link(case)?;
    let may_spill = case.spills.is_some();
    if large {
        return Ok(Test { may_spill, ..Test::of_compiled(format!("built-in/{}/large", case.name), kernel) });
    }
    let mut found = Case::new(&format!("built-in/{}", case.name), kernel, &[], &case.scalars, &case.fill);
    found.tolerance = case.tolerance;
    Ok(Test { may_spill, ..Test::of_case(found) })
}

/// The typed kernel of a case, its dims literals.
pub fn link(case: &BuiltIn) -> Result<Kernel, String> {
    let bound = |generic: &Generic| match generic {
        Generic::Dim(n) => Bound::Literal(*n),
        Generic::Element(e) => Bound::Element(ScalarType::from(*e)),
    };
    let bounds: Vec<Bound> = case.generics.iter().map(bound).collect();
    let source = case.source.read().map_err(|e| format!("{}: {e}", case.name))?;
    source.kernel(&bounds).map_err(|e| format!("{}: {e}", case.name))
}
