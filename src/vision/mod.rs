//! Pictures: an RGB canvas, PNG files, and a grid of images with what a model took them for.
//!
//! It takes numbers; it knows nothing of models, tensors or datasets.

mod font;
mod grid;
mod image;
mod png;

pub use grid::{Tile, grid};
pub use image::Image;
