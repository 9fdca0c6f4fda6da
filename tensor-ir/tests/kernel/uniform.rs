//! Which threads agree, on values and on the way.

use formwork_ir::kernel::Template;
use formwork_ir::kernel::uniform::{Cause, Level, Parting, Uniformity, analyse};

/// The levels in a kernel of one view `x`, one result `y` and a dim `N`, of this body and threads of a block.
fn of(block: &str, body: &str) -> Uniformity {
    let text = format!(
        "(grid k k.rs (generics (dim N)) (params @1 (x in f32 N) (y out f32 N)) (results) (block {block}) (grid 1) \
         (callees) (constants) {body})"
    );
    analyse(&Template::parse(&text).expect("a template"))
}

/// The level of the variable `v`.
fn level(block: &str, value: &str) -> Level {
    of(block, &format!("@2 (let (v) _ {value})")).variables["v"]
}

#[test]
fn values_have_the_level_of_the_worst_that_they_are_made_of() {
    assert_eq!(level("128", "(+ N 1)"), Level::Grid);
    assert_eq!(level("128", "(at x 3)"), Level::Grid);
    assert_eq!(level("128", "(* (call block_idx) 2)"), Level::Block);
    assert_eq!(level("128", "(at y (call block_idx))"), Level::Block);
    assert_eq!(level("128", "(+ (call block_idx) (call warp_idx))"), Level::Warp);
    assert_eq!(level("128", "(at x (call global_idx))"), Level::Thread);
    assert_eq!(level("128", "(call block_reduce_sum (call thread_idx))"), Level::Block);
    assert_eq!(level("128", "(call warp_reduce_max (call thread_idx))"), Level::Warp);
    assert_eq!(level("128", "(call shuffle (call thread_idx) 0)"), Level::Warp);
    assert_eq!(level("128", "(call shuffle_xor (call warp_idx) 1)"), Level::Thread);
    assert_eq!(level("128", "(call atomic_add (ref (at y 0)) (float 1.0))"), Level::Thread);
}

#[test]
fn threads_of_a_warp_share_what_counts_by_32() {
    assert_eq!(level("128", "(/ (call thread_idx) 32)"), Level::Warp);
    assert_eq!(level("128", "(>> (call thread_idx) 5)"), Level::Warp);
    assert_eq!(level("128", "(/ (call thread_idx) 16)"), Level::Thread);
    assert_eq!(level("128", "(/ (call global_idx) 32)"), Level::Warp);
    // Blocks of 48 threads: warps of the launch and runs of 32 threads are not the same.
    assert_eq!(level("48", "(/ (call global_idx) 32)"), Level::Thread);
    assert_eq!(level("32 8", "(call thread_idx_y)"), Level::Warp);
    assert_eq!(level("16 16", "(call thread_idx_y)"), Level::Thread);
    assert_eq!(level("128", "(call thread_idx_y)"), Level::Grid);
}

#[test]
fn what_is_set_under_a_condition_differs_as_the_condition_does() {
    let found = of("128", "@2 (let (v) _ 0) @3 (if (== (call lane_idx) 0) (@4 (set= v 1)) ())");
    assert_eq!(found.variables["v"], Level::Thread);
    let found = of("128", "@2 (let (v) _ 0) @3 (if (== (call block_idx) 0) (@4 (set= v 1)) ())");
    assert_eq!(found.variables["v"], Level::Block);
}

#[test]
fn a_loop_that_threads_leave_at_different_times_makes_its_variables_differ() {
    let body = "@2 (let (v) _ 0) @3 (while true @4 (set+= v 1) @5 (if (> v (call thread_idx)) (@6 (break)) ()))";
    let found = of("128", body);
    assert_eq!(found.variables["v"], Level::Thread);
    assert_eq!(found.conditions[&3], Level::Thread);
    assert_eq!(found.exits[&6], Level::Thread);
}

/// The parting and the cause of the only problem.
fn problem(body: &str) -> (Parting, Option<Cause>) {
    let mut problems = of("128", body).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = problems.remove(0);
    assert_eq!((problem.line, problem.callee.as_str()), (9, "sync_threads"));
    (problem.parting, problem.cause)
}

fn cause(variable: Option<&str>, origin: &str) -> Option<Cause> {
    Some(Cause { variable: variable.map(String::from), origin: origin.to_string() })
}

#[test]
fn barriers_want_a_way_that_the_block_shares() {
    let fine = [
        "@9 (do (call sync_threads))",
        "@2 (if (== (call block_idx) 0) (@9 (do (call sync_threads))) ())",
        "@2 (for k 0 N () @9 (do (call sync_threads)))",
        "@2 (if (== (call block_idx) 0) (@3 (return)) ()) @9 (do (call sync_threads))",
        // Whoever continues is back for the next round.
        "@2 (for k 0 N () @9 (do (call sync_threads)) @10 (if (== (call lane_idx) 0) (@11 (continue)) ()))",
        "@9 (do (call sync_threads)) @10 (if (== (call lane_idx) 0) (@11 (return)) ())",
    ];
    for body in fine {
        assert_eq!(of("128", body).problems, [], "{body}");
    }
    let (parting, why) = problem("@2 (let (i) _ (call thread_idx)) @3 (if (< i 4) (@9 (do (call sync_threads))) ())");
    assert_eq!((parting, why), (Parting::Condition, cause(Some("i"), "`thread_idx()`")));
    let (parting, why) = problem("@2 (for k (call lane_idx) N () @9 (do (call sync_threads)))");
    assert_eq!((parting, why), (Parting::Loop, cause(None, "`lane_idx()`")));
    let (parting, _) = problem("@2 (if (== (call warp_idx) 0) (@3 (return)) ()) @9 (do (call sync_threads))");
    assert_eq!(parting, Parting::Return);
    let (parting, _) =
        problem("@2 (for k 0 N () @9 (do (call sync_threads)) @10 (if (== (call lane_idx) 0) (@11 (break)) ()))");
    assert_eq!(parting, Parting::Loop);
    let (parting, _) =
        problem("@2 (for k 0 N () @3 (if (== (call lane_idx) 0) (@4 (continue)) ()) @9 (do (call sync_threads)))");
    assert_eq!(parting, Parting::Condition);
}

#[test]
fn warp_operations_want_a_way_that_the_warp_shares() {
    let under = |cond: &str| of("128", &format!("@2 (if {cond} (@3 (do (call warp_any true))) ())")).problems.len();
    assert_eq!(under("(== (call warp_idx) 0)"), 0);
    assert_eq!(under("(call warp_any (== (call lane_idx) 0))"), 0);
    assert_eq!(under("(== (call lane_idx) 0)"), 1);
}
