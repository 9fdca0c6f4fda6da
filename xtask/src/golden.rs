//! `golden`: runs the scripts of `tests/golden` with a Python that has torch.

use crate::workspace::{call, program, root, torch_python};
use crate::{Failure, Result};

const SUITES: &[&str] = &["ops", "optim", "curves", "autocast"];

pub fn run(arguments: &[String]) -> Result {
    if arguments.iter().any(|a| !SUITES.contains(&a.as_str())) {
        return Err(Failure::Usage);
    }
    let python = torch_python()?;
    for suite in SUITES.iter().filter(|s| arguments.is_empty() || arguments.iter().any(|a| a == *s)) {
        let script = root().join("tests/golden").join(format!("{suite}.py"));
        let mut command = program(&python, &[&script.to_string_lossy()]);
        // One thread: sums in one order.
        command.env("OMP_NUM_THREADS", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        call(command)?;
    }
    Ok(())
}
