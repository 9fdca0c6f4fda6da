//! The same tests under `cargo test`: a test for each line is generated beside the lines.

use crate::suite::{Counts, Machine, Test};
use crate::{builtin, corpus, random, written};
use std::io::Write;

/// Runs tests on a machine without NVRTC and GPU.
fn assert_all(tests: Vec<Test>) {
    let mut wrong = vec![];
    for test in tests {
        let found = test.run(&Machine::plain(), &mut Counts::default());
        wrong.extend(found.into_iter().map(|w| format!("{}: {w}", test.case.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_kernel_a_feature_at_every_type() {
    assert_all(corpus::cases().into_iter().map(Test::of_case).collect());
}

#[test]
fn built_in_kernels() {
    let linked: Result<Vec<Test>, String> = builtin::tests().into_iter().collect();
    assert_all(linked.unwrap_or_else(|e| panic!("{e}")));
}

#[test]
fn kernels_of_examples_and_other_tests_are_read() {
    let read: Result<Vec<Test>, String> = written::tests().into_iter().collect();
    assert!(read.unwrap_or_else(|e| panic!("{e}")).len() > 10);
}

#[test]
fn random_kernels() {
    assert_all(random::tests(0..100));
}

#[test]
fn random_kernels_that_rustc_compiled() {
    assert_all(random::compiled());
}

/// Fused programs: compiled where NVRTC is, run where a GPU is.
#[test]
fn programs() {
    let machine = Machine::open(false);
    let wrong = crate::programs::test(&machine, &mut Counts::default());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What no GPU is needed for, and what is: skipped with the reason where it is missing.
#[test]
fn nvrtc_and_gpu() {
    let machine = Machine::open(false);
    let mut counts = Counts::default();
    let mut wrong = vec![];
    let tests: Result<Vec<Test>, String> = crate::tests(0..50).into_iter().collect();
    let tests = tests.unwrap_or_else(|e| panic!("{e}"));
    let all = tests.len();
    // Past the capture of the harness: `cargo xtask ci` counts these lines.
    let skip = |what: &str, why: &str| writeln!(std::io::stderr(), "skipped: {what} ({all} kernels): {why}");
    if let Err(why) = &machine.nvrtc {
        assert!(skip("nvrtc", why).is_ok());
        return;
    }
    if let Err(why) = &machine.gpu {
        assert!(skip("gpu", why).is_ok());
    }
    for test in tests {
        let found = test.device(&machine, &mut counts);
        wrong.extend(found.into_iter().map(|w| format!("{}: {w}", test.case.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
