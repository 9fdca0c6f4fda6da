//! Wrong kernels, and beside each what is right. A `// finds:` line runs a kernel in checked mode, which must find what its
//! `//~ Kind` marks say, in those lines (alone in a line: the one above), and nothing else. A `// run:` line (see `files`)
//! runs its correct twin.

pub mod barriers;
pub mod bounds;
pub mod races;
pub mod values;

use formwork_ir::kernel::interp::FindingKind;
use formwork_ir::kernel::link::Bound;

use crate::line::{Call, Line, Wanted};
#[allow(unused_imports)] // of what lines need
use crate::values::{Item, Values, each, outputs};
use formwork::prelude::*;

include!(concat!(env!("OUT_DIR"), "/bugs.rs"));
