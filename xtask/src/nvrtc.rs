//! NVIDIA's compiler for `ci`: the wheels that have it, unpacked into the target folder. It needs no GPU.

use crate::workspace::{program, root, shown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The variable by which tests find it.
pub const VARIABLE: &str = "FORMWORK_NVRTC";
const WHEELS: [&str; 2] = ["nvidia-cuda-nvrtc==13.0.88", "nvidia-cuda-runtime==13.0.96"];
const LIBRARIES: &str = "nvidia/cu13/lib";

/// The folder with `libnvrtc.so.13`: the one that the environment names, or that of the wheels, which are installed if they
/// are not there. Otherwise why there is none.
pub fn folder() -> Result<PathBuf, String> {
    if let Some(folder) = std::env::var_os(VARIABLE) {
        return Ok(folder.into());
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("its wheels are installed on Linux with x86-64 only".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |t| root().join(t));
    let wheels = target.join("nvrtc-13.0.88");
    let libraries = wheels.join(LIBRARIES);
    if !libraries.join("libnvrtc.so.13").exists() {
        install(&wheels)?;
    }
    Ok(libraries)
}

/// Installs under another name first, so that a broken download is not taken for a whole one.
fn install(wheels: &Path) -> Result<(), String> {
    let partial = wheels.with_file_name(format!("nvrtc-{}.partial", std::process::id()));
    let mut pip = program("python3", &["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]);
    pip.args(["--timeout", "20", "--retries", "1", "--target"]).arg(&partial).args(WHEELS);
    let name = shown(&pip);
    let output = pip.stdin(Stdio::null()).output().map_err(|e| format!("{name}: {e}"))?;
    let installed = match output.status.success() {
        true => {
            // What lies there is not whole, or it would have been taken.
            let _ = std::fs::remove_dir_all(wheels);
            std::fs::rename(&partial, wheels).map_err(|e| format!("{}: {e}", wheels.display()))
        }
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name} failed: {}", said.lines().last().unwrap_or("it says nothing")))
        }
    };
    if installed.is_err() {
        // What is left does no harm.
        let _ = std::fs::remove_dir_all(&partial);
    }
    installed
}
