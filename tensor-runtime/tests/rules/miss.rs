//! A plan that has to be made says in the log why the ones there are do not fit.

use super::*;
use formwork_runtime::Scope;
use std::cell::RefCell;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

/// Keeps what this thread logs.
struct Lines;

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }
    fn flush(&self) {}
}

/// What `second` is told to differ in from `first`, on a thread that planned nothing else.
fn told(first: impl FnOnce() + Send, second: impl FnOnce() + Send) -> Vec<String> {
    static LOGGER: Lines = Lines;
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(log::LevelFilter::Debug);
    let run = || {
        first();
        LINES.take();
        second();
        LINES.take().into_iter().filter(|l| l.starts_with("plan ")).collect()
    };
    std::thread::scope(|s| s.spawn(run).join().unwrap())
}

fn look(n: usize) -> Tensor<(Batch, U4)> {
    let (model, x) = (Mlp::new(1), batch(n, 1).0);
    Scope::enter("blocks", || Scope::enter("3", || model.forward(&x)))
}

#[test]
fn a_larger_batch_is_named() {
    let _alone = alone();
    let lines = told(|| drop(look(64).to_vec().unwrap()), || drop(look(65).to_vec().unwrap()));
    assert_eq!(lines.len(), 1, "{lines:?}");
    let input = "(`Tensor::new` (";
    assert!(lines[0].contains(input) && lines[0].contains("main.rs:"), "{lines:?}");
    assert!(lines[0].contains("differs: axis 0 of 2 has 65 elements, 64 before)"), "{lines:?}");
}

#[test]
fn the_first_operation_that_differs_is_named_with_its_scope() {
    let _alone = alone();
    let x = batch(7, 1).0;
    let of = |f: fn(&Tensor<(Batch, U8)>) -> Tensor<(Batch, U8)>| {
        let x = x.clone();
        move || drop(Scope::enter("head", || f(&(&x * 2.0))).to_vec().unwrap())
    };
    let lines = told(of(|x| x.sin()), of(|x| x.cos()));
    assert!(
        lines[0].contains("(`cos` in `head` (") && lines[0].contains("attributes of the Map are others"),
        "{lines:?}"
    );
    let lines = told(of(|x| x.flip::<0>()), of(|x| x.exp()));
    assert!(lines[0].contains("`exp` in `head` (") && lines[0].contains("it is a Map, a View before"), "{lines:?}");
    let lines = told(of(|x| x * x), of(|x| x + &x.detach()));
    assert!(lines[0].contains("in `head` ("), "{lines:?}");
}

#[test]
fn values_and_what_is_kept_are_told_apart() {
    let _alone = alone();
    let x = batch(9, 1).0;
    let half = || (&x + 0.5).tanh();
    let looked = half();
    looked.eval().unwrap();
    let lines = told(|| drop((half() * 3.0).to_vec().unwrap()), || drop((&looked * 3.0).to_vec().unwrap()));
    assert!(lines[0].contains("differs: "), "{lines:?}");
    let lines = told(|| {}, || drop((half() * 5.5).sin().to_vec().unwrap()));
    assert!(lines[0].contains("nothing like it was planned on this thread before"), "{lines:?}");
    // The same nodes, evaluated another way.
    let both = || drop((half() * 7.0).cos().to_vec().unwrap());
    let lines = told(both, || eager(true, both));
    assert!(lines[0].contains("all one by one"), "{lines:?}");
    // What fits says nothing.
    assert_eq!(told(both, both), Vec::<String>::new());
}
