//! Why a GPU cannot be used: the driver, NVIDIA's libraries, the compiler of the kernels.

use std::{
    ffi::{NulError, c_int},
    path::PathBuf,
};

use cudarc::driver::sys::CUresult;

use super::{code::TENSOR_CORES, compiler::OLDEST, library::LibrarySpec};
use crate::engine::nn::Failure;

/// Why a GPU cannot be used. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no NVIDIA driver (libcuda.so.1)")]
    NoDriver,
    #[error("the NVIDIA driver does not answer: {0:?}")]
    DriverFails(CUresult),
    /// Its version of CUDA: 12010 for 12.1.
    #[error(
        "the NVIDIA driver supports CUDA {}.{}, but 12.2 or newer is needed: update the driver",
        .0 / 1000,
        .0 % 1000 / 10
    )]
    OldDriver(i32),
    #[error("the NVIDIA driver finds no GPU")]
    NoGpu,
    #[error("there is no GPU {ordinal}: {}", existing(*count))]
    NoSuchGpu { ordinal: usize, count: i32 },
    /// The GPU's compute capability, major and minor, is too low for the kernels.
    #[error(
        "the GPU has compute capability {}.{}, but {OLDEST}.0 or newer (Volta) is needed",
        capability.0,
        capability.1
    )]
    OldGpu { capability: (i32, i32) },
    /// The GPU's compute capability, major and minor, is too low for TF32.
    #[error(
        "--tf32 is for GPUs of compute capability {TENSOR_CORES}.0 or newer (Ampere), and this one has {}.{}",
        capability.0,
        capability.1
    )]
    NoTf32 { capability: (i32, i32) },
    /// None of these major versions of a library is installed.
    #[error("{}", missing(library, majors))]
    NoLibrary {
        library: &'static LibrarySpec,
        majors: Vec<i32>,
    },
    #[error("{} cannot be opened: {error}", path.display())]
    ClosedLibrary {
        path: PathBuf,
        error: libloading::Error,
    },
    #[error("{name}: {error}")]
    NoFunction {
        name: String,
        error: libloading::Error,
    },
    /// NVRTC of this version is too new for the GPU's compute capability.
    #[error(
        "NVRTC {}.{} no longer compiles for a GPU of compute capability {}.{}: install an older one",
        version.0,
        version.1,
        capability.0,
        capability.1
    )]
    NewCompiler {
        version: (i32, i32),
        capability: (i32, i32),
    },
    #[error("{function} failed with code {code}")]
    CompilerFails { function: String, code: c_int },
    /// With the first lines of the compiler's log.
    #[error("NVRTC refuses the kernels ({code}): {log}")]
    Refused { code: c_int, log: String },
    /// A NUL byte in the source or in an option.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}

/// Which GPUs exist, as the end of a sentence.
fn existing(count: i32) -> String {
    match count {
        1 => "the only one is cuda:0".to_owned(),
        n => format!("there are cuda:0 to cuda:{}", n - 1),
    }
}

/// The message about a library that is not installed, with how to install it.
fn missing(library: &LibrarySpec, majors: &[i32]) -> String {
    let names = majors
        .iter()
        .map(|major| format!("lib{}.so.{major}", library.name));
    let (names, newest) = (names.collect::<Vec<_>>(), majors.first().unwrap_or(&13));
    let [debian, python] = library.packages;
    format!(
        "{} is missing: `apt install {debian}-{newest}-0` or `pip install '{python}=={newest}.*'` installs it; if it is \
         in another folder, set CUDA_HOME",
        names.join(" or "),
    )
}
