//! Arguments that become results: a launch that starts from a copy of an argument needs no copy if nothing reads the
//! argument after it. A temporary then lies where the result lies; a leaf may give its buffer, which is known when it
//! is bound.

use super::emit::Launch;
use super::graph::Graph;
use crate::device::Kernel;
use crate::device::grid::{GridParam, Start};
use std::collections::HashMap;

/// A leaf whose buffer a result may take, by its place among the leaves, and the launch that takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Donor {
    pub leaf: u32,
    pub launch: u32,
}

/// Which buffers are given on.
#[derive(Default)]
pub(super) struct Donations {
    /// By temporary: the result that it becomes.
    pub moved: HashMap<u32, u32>,
    /// By result.
    pub donors: HashMap<u32, Donor>,
}

impl Donations {
    /// The buffer that a buffer lies in.
    pub fn home(&self, mut buffer: u32) -> u32 {
        while let Some(&next) = self.moved.get(&buffer) {
            buffer = next;
        }
        buffer
    }
}

/// What the launches give on, in their order.
pub(super) fn donations(graph: &Graph, launches: &[Launch], wanted: &[bool]) -> Donations {
    let mut last: HashMap<u32, usize> = HashMap::new();
    for (at, launch) in launches.iter().enumerate() {
        last.extend(launch.buffers.iter().map(|&b| (b, at)));
    }
    let mut donations = Donations::default();
    for (at, launch) in launches.iter().enumerate() {
        let Kernel::Grid(kernel) = &launch.kernel else { continue };
        for param in &kernel.params {
            let GridParam::Array(array) = param else { continue };
            let Start::Copied(from) = array.start else { continue };
            let (result, source) = (launch.buffers[array.buffer as usize], launch.buffers[from as usize]);
            let alone = launch.buffers.iter().filter(|&&b| b == source).count() == 1;
            if !alone || last[&source] != at {
                continue;
            }
            match graph.leaves.binary_search(&source) {
                Ok(leaf) => {
                    let launch = graph.inputs.get(result as usize).and_then(|inputs| inputs.first()).copied();
                    donations.donors.extend(launch.map(|launch| (result, Donor { leaf: leaf as u32, launch })));
                }
                Err(_) if wanted[source as usize] => {}
                Err(_) => drop(donations.moved.insert(source, result)),
            }
        }
    }
    donations
}
