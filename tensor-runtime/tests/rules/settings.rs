//! Environment variables, each in a process of its own.

use super::*;
use std::process::Command;

/// What the other test starts with other variables: it says what a look gives.
#[test]
fn a_look_under_these_variables() {
    let sum = (&Tensor::<(U2,)>::new([1.0, 2.0], &CPU).unwrap() * 2.0).sum().item();
    println!("look: {}", sum.map_or_else(|e| e.to_string(), |sum| sum.to_string()));
}

#[test]
fn a_variable_that_says_nothing_is_an_error_of_the_first_look() {
    let look = |name: &str, value: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["settings::a_look_under_these_variables", "--exact", "--nocapture"]).env(name, value);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    for (name, value, expected) in [
        ("FORMWORK_THREADS", "abc", "a number of 1 to 1024"),
        ("FORMWORK_ISA", "foo", "`portable`, `avx2` or `avx512`"),
        ("FORMWORK_EAGER", "foo", "`0` or `1`"),
    ] {
        let text = look(name, value);
        let error = format!("look: `{name}` is `{value}`; it must be {expected}\n");
        assert!(text.contains(&error), "{text}");
    }
    for (name, value) in [("FORMWORK_THREADS", " 2 "), ("FORMWORK_ISA", "portable"), ("FORMWORK_EAGER", "1")] {
        let text = look(name, value);
        assert!(text.contains("look: 6\n"), "{text}");
    }
}
