//! The kernels of `kernels/`, at the sizes that they give.

use formwork_ir::kernel::ir::{Kernel, ScalarType};
use formwork_ir::kernel::link::Bound;
use formwork_kernels::{Case as BuiltIn, Generic, Size};

use crate::compare::Case;

/// Every built-in kernel at its small sizes, and what could not be linked.
pub fn cases() -> (Vec<Case>, Vec<String>) {
    let mut failures = Vec::new();
    let mut cases = Vec::new();
    for case in formwork_kernels::cases(Size::Test) {
        match link(&case) {
            Ok(kernel) => {
                let mut found = Case::new(&case.name, kernel, &[], &case.scalars, &case.fill);
                found.tolerance = case.tolerance;
                cases.push(found);
            }
            Err(e) => failures.push(e),
        }
    }
    (cases, failures)
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
