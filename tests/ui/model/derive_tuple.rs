//! A layer whose fields have no names.
use formwork::prelude::*;

#[derive(Module)]
struct Scale(Param<(U3,)>);

fn main() {}
