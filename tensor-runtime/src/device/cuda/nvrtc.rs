//! NVRTC: CUDA C++ to machine code. It needs no GPU.

use super::library::Library;
use crate::error::{Error, Result};
use cudarc::nvrtc::{result, sys};
use std::ffi::{CStr, CString, c_char};

/// Flags that every kernel is compiled with. A product is not rounded only where the text says so, so that a GPU has the
/// bits of the CPU but for the order of sums.
const FLAGS: &[&str] = &["--fmad=false", "--std=c++17"];

/// The version of the compiler, as `13.0`.
pub(crate) fn version() -> Result<(i32, i32)> {
    Library::Nvrtc.need()?;
    let (mut major, mut minor) = (0, 0);
    // SAFETY: both are written.
    unsafe { sys::nvrtcVersion(&mut major, &mut minor) }.result().map_err(|e| broken("nvrtcVersion", e))?;
    Ok((major, minor))
}

fn broken(what: &str, error: result::NvrtcError) -> Error {
    Error::Device { action: format!("NVRTC's {what}"), reason: format!("{:?}", error.0) }
}

/// What makes two texts compile to different code, beside the text.
pub(crate) fn flags() -> String {
    FLAGS.join(" ")
}

/// Compiles `source` for `architecture` (`sm_90`) to a cubin.
///
/// # Errors
/// No NVRTC, or what the compiler says of the text.
pub(crate) fn compile(source: &str, architecture: &str) -> Result<Vec<u8>> {
    Library::Nvrtc.need()?;
    let text = CString::new(source).map_err(|e| Error::other(format!("a kernel's text: {e}")))?;
    let program = result::create_program(&text, Some(c"kernels.cu")).map_err(|e| broken("program", e))?;
    let mut options = vec![format!("--gpu-architecture={architecture}")];
    options.extend(FLAGS.iter().map(|f| f.to_string()));
    // SAFETY: the program is alive until `destroy_program`.
    let compiled = unsafe { result::compile_program(program, &options) };
    let found = match compiled {
        Ok(()) => cubin(program),
        Err(e) => {
            // SAFETY: as above.
            let log = unsafe { result::get_program_log(program) }.unwrap_or_default();
            let lines: Vec<String> = said(&log).lines().take(8).map(str::to_string).collect();
            Err(Error::Device {
                action: "the compiler of kernels".into(),
                reason: format!("{:?}\n{}", e.0, lines.join("\n")),
            })
        }
    };
    // SAFETY: made above, and used no more.
    let _ = unsafe { result::destroy_program(program) };
    found
}

fn said(log: &[c_char]) -> String {
    let bytes: Vec<u8> = log.iter().map(|c| *c as u8).collect();
    CStr::from_bytes_until_nul(&bytes).map_or_else(|_| String::new(), |s| s.to_string_lossy().into_owned())
}

fn cubin(program: sys::nvrtcProgram) -> Result<Vec<u8>> {
    let mut size = 0;
    // SAFETY: the program was compiled; the size is written.
    unsafe { sys::nvrtcGetCUBINSize(program, &mut size) }.result().map_err(|e| broken("cubin", e))?;
    let mut code = vec![0u8; size];
    // SAFETY: the vector has the size that was asked for.
    unsafe { sys::nvrtcGetCUBIN(program, code.as_mut_ptr().cast()) }.result().map_err(|e| broken("cubin", e))?;
    Ok(code)
}
