//! NVRTC: CUDA C++ to machine code. It needs no GPU.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::OnceLock;

use cudarc::nvrtc::{result, sys};

/// The variable that names a folder with `libnvrtc.so.13` and `libnvrtc-builtins.so.13.0`.
pub const FOLDER: &str = "FORMWORK_NVRTC";

/// Machine code, and what the compiler says of each kernel.
pub struct Compiled {
    pub cubin: Vec<u8>,
    pub kernels: Vec<Usage>,
}

impl Compiled {
    /// What the compiler said of the kernel `name`.
    ///
    /// # Errors
    /// If it said nothing: then nobody knows whether registers were spilled.
    pub fn usage(&self, name: &str) -> Result<Usage, String> {
        let found = self.kernels.iter().find(|k| k.name == name).cloned();
        found.ok_or_else(|| format!("the compiler's log has nothing of kernel `{name}`"))
    }
}

/// What a kernel takes of a multiprocessor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    pub name: String,
    pub registers: u32,
    /// Bytes of registers that were moved to memory.
    pub spills: u32,
    /// Bytes of local arrays.
    pub stack: u32,
    /// Bytes of static shared memory.
    pub shared: u32,
}

/// Whether NVRTC can be opened: from [`FOLDER`], or by name.
pub fn is_present() -> bool {
    static PRESENT: OnceLock<bool> = OnceLock::new();
    *PRESENT.get_or_init(|| {
        if let Some(folder) = std::env::var_os(FOLDER) {
            // The library looks for its builtins by name alone; once loaded, both are found.
            for file in ["libnvrtc-builtins.so.13.0", "libnvrtc.so.13"] {
                // SAFETY: NVIDIA's libraries have no initialisers that could break anything here.
                match unsafe { libloading::Library::new(Path::new(&folder).join(file)) } {
                    Ok(library) => std::mem::forget(library),
                    Err(e) => eprintln!("{FOLDER}: {e}"),
                }
            }
        }
        // SAFETY: as above.
        unsafe { sys::is_culib_present() }
    })
}

/// Compiles `source` for `architecture` (`sm_90`).
///
/// # Errors
/// What the compiler says, if it refuses the text.
pub fn compile(source: &str, architecture: &str) -> Result<Compiled, String> {
    let text = CString::new(source).map_err(|e| e.to_string())?;
    let program = result::create_program(&text, Some(c"kernels.cu")).map_err(|e| format!("{e:?}"))?;
    // What comes from the compiler's cache has no log.
    let options = [
        format!("--gpu-architecture={architecture}"),
        "--fmad=false".into(),
        "--ptxas-options=-v".into(),
        "--no-cache".into(),
    ];
    // SAFETY: the program is alive until `destroy_program`.
    let compiled = unsafe { result::compile_program(program, &options) };
    // SAFETY: as above.
    let log = unsafe { result::get_program_log(program) }.unwrap_or_default();
    let log = log_text(&log);
    let found = compiled.map_err(|e| format!("{e:?}\n{log}")).and_then(|()| cubin(program));
    // SAFETY: made above, and used no more.
    let _ = unsafe { result::destroy_program(program) };
    Ok(Compiled { cubin: found?, kernels: usages(&log) })
}

fn log_text(log: &[std::ffi::c_char]) -> String {
    let bytes: Vec<u8> = log.iter().map(|c| *c as u8).collect();
    CStr::from_bytes_until_nul(&bytes).map_or_else(|_| String::new(), |s| s.to_string_lossy().into_owned())
}

fn cubin(program: sys::nvrtcProgram) -> Result<Vec<u8>, String> {
    let mut size = 0;
    // SAFETY: the program was compiled; the size is written.
    unsafe { sys::nvrtcGetCUBINSize(program, &mut size) }.result().map_err(|e| format!("{e:?}"))?;
    let mut code = vec![0u8; size];
    // SAFETY: the vector has the size that was asked for.
    unsafe { sys::nvrtcGetCUBIN(program, code.as_mut_ptr().cast()) }.result().map_err(|e| format!("{e:?}"))?;
    Ok(code)
}

/// The kernels of a log that `--ptxas-options=-v` wrote.
fn usages(log: &str) -> Vec<Usage> {
    let mut found: Vec<Usage> = Vec::new();
    let mut open = false;
    let number = |line: &str, unit: &str| -> u32 {
        let before = line.split(unit).next().unwrap_or_default();
        before.rsplit(|c: char| !c.is_ascii_digit()).find(|w| !w.is_empty()).and_then(|w| w.parse().ok()).unwrap_or(0)
    };
    for line in log.lines() {
        if let Some(rest) = line.split("entry function '").nth(1) {
            found.push(Usage { name: rest.split('\'').next().unwrap_or_default().into(), ..Usage::default() });
            open = true;
        } else if line.contains("bytes stack frame") && open {
            let Some(last) = found.last_mut() else { continue };
            last.stack = number(line, " bytes stack frame");
            last.spills = number(line, " bytes spill stores") + number(line, " bytes spill loads");
        } else if line.contains("Used ") && line.contains(" registers") && open {
            let Some(last) = found.last_mut() else { continue };
            last.registers = number(line, " registers");
            last.shared = if line.contains(" bytes smem") { number(line, " bytes smem") } else { 0 };
            open = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_what_each_kernel_takes() {
        let log = "ptxas info    : 2 bytes gmem
ptxas info    : Compiling entry function 'f' for 'sm_90'
ptxas info    : Function properties for f
ptxas         .     32 bytes stack frame, 4 bytes spill stores, 8 bytes spill loads
ptxas info    : Used 36 registers, used 1 barriers, 32 bytes cumulative stack size, 256 bytes smem
ptxas info    : Function properties for _Z8fw_faultPyj
ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads";
        let wanted = Usage { name: "f".into(), registers: 36, spills: 12, stack: 32, shared: 256 };
        assert_eq!(usages(log), [wanted]);
    }
}
