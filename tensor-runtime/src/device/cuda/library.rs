//! NVIDIA's libraries, opened at run time: which there are, and what is missing.

use crate::error::{Error, Result};
use std::path::Path;
use std::sync::OnceLock;

/// A library that a program on a GPU may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    /// The driver.
    Cuda,
    /// The compiler of kernels.
    Nvrtc,
    /// Matrix products.
    CublasLt,
    /// Convolutions.
    Cudnn,
}

/// The variable that names a folder with `libnvrtc.so.13` and `libnvrtc-builtins.so.13.0`.
const NVRTC_FOLDER: &str = "FORMWORK_NVRTC";

impl Library {
    /// Its file, as a user looks for it.
    pub fn file(self) -> &'static str {
        match self {
            Library::Cuda => "libcuda.so.1",
            Library::Nvrtc => "libnvrtc.so",
            Library::CublasLt => "libcublasLt.so",
            Library::Cudnn => "libcudnn.so.9",
        }
    }

    /// What to install.
    fn package(self) -> &'static str {
        match self {
            Library::Cuda => "the NVIDIA driver",
            Library::Nvrtc | Library::CublasLt => "the CUDA toolkit 13 or its run-time libraries",
            Library::Cudnn => "cuDNN 9",
        }
    }

    /// Whether it can be opened.
    pub fn is_present(self) -> bool {
        static PRESENT: [OnceLock<bool>; 4] = [const { OnceLock::new() }; 4];
        *PRESENT[self as usize].get_or_init(|| self.open())
    }

    /// That it can be opened.
    ///
    /// # Errors
    /// Which library is missing, and what to install.
    pub fn need(self) -> Result<()> {
        if self.is_present() {
            return Ok(());
        }
        Err(Error::Missing {
            what: format!("the library `{}`", self.file()),
            expected: format!("install {}, or use `--device cpu`", self.package()),
        })
    }

    /// That it can be opened and has all of `functions`.
    ///
    /// # Errors
    /// The library is missing, or too old for one of them.
    pub fn need_functions(self, functions: &[&str]) -> Result<()> {
        self.need()?;
        // SAFETY: only addresses are looked up.
        let lacks = |name: &&&str| unsafe {
            match self {
                Library::Cuda => cudarc::driver::sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()).is_err(),
                Library::Nvrtc => cudarc::nvrtc::sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()).is_err(),
                Library::CublasLt => {
                    cudarc::cublaslt::sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()).is_err()
                }
                Library::Cudnn => cudarc::cudnn::sys::culib().get::<unsafe extern "C" fn()>(name.as_bytes()).is_err(),
            }
        };
        match functions.iter().find(lacks) {
            None => Ok(()),
            Some(name) => Err(Error::Missing {
                what: format!("the function `{name}` of `{}`", self.file()),
                expected: format!("install {}, or use `--device cpu`", self.package()),
            }),
        }
    }

    fn open(self) -> bool {
        // SAFETY: NVIDIA's libraries have no initialisers that could break anything here.
        unsafe {
            match self {
                Library::Cuda => cudarc::driver::sys::is_culib_present(),
                Library::Nvrtc => {
                    open_nvrtc_folder();
                    cudarc::nvrtc::sys::is_culib_present()
                }
                Library::CublasLt => cudarc::cublaslt::sys::is_culib_present(),
                Library::Cudnn => cudarc::cudnn::sys::is_culib_present(),
            }
        }
    }
}

/// Opens NVRTC from the folder that the user names, if there is one: once loaded, it is found by its name.
fn open_nvrtc_folder() {
    let Some(folder) = std::env::var_os(NVRTC_FOLDER) else { return };
    for file in ["libnvrtc-builtins.so.13.0", "libnvrtc.so.13"] {
        // SAFETY: as above.
        match unsafe { libloading::Library::new(Path::new(&folder).join(file)) } {
            Ok(library) => std::mem::forget(library),
            Err(e) => log::warn!("{NVRTC_FOLDER}: {e}"),
        }
    }
}
