//! Random kernels: on the interpreter and GPUs as many as are asked for, on the CPU those that were compiled with the
//! tests.

use formwork::kernel::Source;
use formwork_ir::kernel::link::{self, Bound};
use formwork_ir::kernel::random;

use crate::compare::Case;
use crate::line::Call;
use crate::suite::Test;
use crate::values::Values;

#[allow(clippy::all, unused)] // nobody wrote it
mod compiled {
    use crate::line::Call;
    use crate::values::outputs;
    use formwork::kernel::Source;
    use formwork::prelude::*;

    include!(concat!(env!("OUT_DIR"), "/random.rs"));
}

const BLOCKS: usize = 3;

/// The kernels of these seeds, as templates of the generator.
pub fn tests(seeds: std::ops::Range<u64>) -> Vec<Test> {
    seeds.map(|seed| test(seed, link::Source::new(random::template(seed)), None)).collect()
}

/// The kernels that rustc compiled, as the macro reads them.
pub fn compiled() -> Vec<Test> {
    let read = |source: &Source| source.read().unwrap_or_else(|e| panic!("{e}"));
    compiled::COMPILED.iter().map(|(seed, source, call)| test(*seed, (*read(source)).clone(), Some(*call))).collect()
}

fn test(seed: u64, source: link::Source, call: Option<Call>) -> Test {
    // Every other kernel learns the number of blocks at its launch, and with it how much shared memory it has.
    let (bound, dims) = match seed % 2 {
        0 => (Bound::Literal(BLOCKS as u64), vec![]),
        _ => (Bound::Argument, vec![BLOCKS as u64]),
    };
    let kernel = source.kernel(&[bound]).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
    let sizes = [BLOCKS, kernel.threads() as usize];
    let args = vec![
        Values::wave::<f32>(&sizes),
        Values::wave::<i32>(&sizes),
        Values::of(&[], &[0.75f32]),
        Values::of(&[], &[(seed % 8) as i32]),
    ];
    let results = vec![0; 4 * sizes[0] * sizes[1]];
    let arrays = vec![args[0].bytes.clone(), args[1].bytes.clone(), results.clone(), results];
    let way = if call.is_some() { "rust" } else { "template" };
    let name = format!("random/{way}/{seed}");
    let scalars = vec![args[2].argument(), args[3].argument()];
    let case = Case { name, kernel, arrays, scalars, dims, tolerance: 0.0, faulty: false };
    let calls = call.map(|call| ("blocks", call)).into_iter().collect();
    Test { calls, args, ..Test::of_case(case) }
}
