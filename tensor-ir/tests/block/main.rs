//! The block loops, against scalar functions.

mod apply;
mod convert;
mod lanes;
