//! Programs on all instruction sets, layouts and thread counts against a plain reference.

mod cases;
mod random;
mod reference;

use super::{BlockProgram, Layout, Options};
use crate::device::cpu::pool;
use crate::device::{ErrorWord, Executable, Failure};
use formwork_ir::Program;
use formwork_ir::block::Isa;

/// Buffers of bytes; u64s keep them aligned.
type Buffers = Vec<Vec<u64>>;

fn launch(kernel: &dyn Executable, buffers: &mut Buffers, args: &[f64]) -> Option<Failure> {
    let errors = ErrorWord::default();
    let pointers: Vec<*mut u8> = buffers.iter_mut().map(|b| b.as_mut_ptr().cast()).collect();
    // SAFETY: the tests make buffers as large as their programs' accesses want.
    unsafe { kernel.launch(&pointers, args, &errors) };
    errors.take().map(|found| found.0)
}

/// Runs the program in every way there is and compares all bits of all buffers, NaNs being equal.
fn check(name: &str, program: &Program, buffers: &Buffers, args: &[f64]) {
    for isa in Isa::available() {
        let mut expected = buffers.clone();
        let failure = reference::run(program, isa, &mut expected, args);
        for layout in [None, Some(Layout::Rows), Some(Layout::Lanes)] {
            for (threads, cut, past) in [(1, false, false), (2, false, true), (2, true, false), (3, true, true)] {
                let options = Options { isa: Some(isa), layout, ranges: false, cut, past };
                let compiled = match BlockProgram::with(program, options) {
                    Ok(compiled) => compiled,
                    Err(e) => panic!("{name}: {e}"),
                };
                let mut found = buffers.clone();
                let found_failure = pools(threads, || launch(&compiled, &mut found, args));
                let how = format!("{name} on {isa:?}, {layout:?}, {threads} threads, cut {cut}, past {past}");
                assert_eq!(found_failure, failure, "{how}");
                compare(&how, program, &expected, &found);
            }
        }
        ranges(name, program, isa, buffers, args, &expected);
    }
}

/// On so many threads: on this one alone if it is one.
fn pools<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    if threads == 1 { work() } else { pool::with_threads(threads, work) }
}

/// The same by ranges of outer points.
fn ranges(name: &str, program: &Program, isa: Isa, buffers: &Buffers, args: &[f64], expected: &Buffers) {
    let options = Options { isa: Some(isa), ranges: true, ..Options::default() };
    let compiled = BlockProgram::with(program, options).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut found = buffers.clone();
    let pointers: Vec<*mut u8> = found.iter_mut().map(|b| b.as_mut_ptr().cast()).collect();
    let (outer, errors) = (program.outer_len(), ErrorWord::default());
    for start in (0..outer).step_by(5) {
        // SAFETY: as in `launch`.
        unsafe { compiled.run(start..outer.min(start + 5), &pointers, args, &errors) };
    }
    compare(&format!("{name} on {isa:?} by ranges"), program, expected, &found);
}

/// Compares with the interpreter of the IR, bit by bit.
fn check_specification(name: &str, program: &Program, buffers: &Buffers, args: &[f64]) {
    let bytes = |b: &Vec<u64>| b.iter().flat_map(|w| w.to_ne_bytes()).collect::<Vec<u8>>();
    let words = |b: &Vec<u8>| b.chunks_exact(8).map(|w| u64::from_ne_bytes(w.try_into().expect("8 bytes"))).collect();
    let mut expected: Vec<Vec<u8>> = buffers.iter().map(bytes).collect();
    let failure = program.reference(&mut expected, args).map(|f| Failure { check: f.check, at: f.at, value: f.value });
    let expected: Buffers = expected.iter().map(words).collect();
    let compiled = BlockProgram::with(program, Options::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut found = buffers.clone();
    assert_eq!(launch(&compiled, &mut found, args), failure, "{name}");
    compare(name, program, &expected, &found);
}

fn compare(how: &str, program: &Program, expected: &Buffers, found: &Buffers) {
    for output in &program.outputs {
        let dtype = program.steps[output.value.0 as usize].dtype;
        let (a, b) = (&expected[output.buffer as usize], &found[output.buffer as usize]);
        for i in 0..a.len() * 8 / dtype.size() {
            let (a, b) = (reference::element(a, dtype, i), reference::element(b, dtype, i));
            let same = a == b || dtype.is_float() && reference::is_nan(dtype, a) && reference::is_nan(dtype, b);
            assert!(
                same,
                "{how}: buffer {} of {dtype}, element {i}: {a:#x} expected, {b:#x} found\n{program:#?}",
                output.buffer
            );
        }
    }
}
