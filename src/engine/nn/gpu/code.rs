//! Loading the kernels for a GPU: compiled, cached, or from the PTX in this program.

use std::sync::Arc;

use cudarc::{
    driver::{CudaContext, CudaModule},
    nvrtc::Ptx,
};

use super::{
    cache::Entry,
    compiler::{Compiler, Target},
    driver::{context, failed},
    error::Error,
    kernels::source,
    ptx,
};
use crate::engine::nn::Failure;

/// The oldest major compute capability with TF32 tensor cores.
pub(super) const TENSOR_CORES: i32 = 8;

/// A GPU that can train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The driver's name for it.
    pub name: String,
    /// What compiles the kernels: `NVRTC 13.0`, or the driver.
    pub compiler: String,
}

/// Checks that GPU `ordinal` can train. `tf32` says whether products round their operands.
///
/// # Errors
/// Returns `Failure` if the driver, the GPU or the compiler is missing or unusable. The message says which, and what to
/// do.
pub fn find(ordinal: usize, tf32: bool) -> Result<Found, Failure> {
    let (context, driver) = context(ordinal)?;
    let capability = context.compute_capability().map_err(failed)?;
    let compiler = match Toolchain::choose(capability, driver / 1000, tf32)? {
        Toolchain::Nvrtc(compiler, _) => {
            let (major, minor) = compiler.version;
            format!("NVRTC {major}.{minor}")
        }
        Toolchain::Driver => format!(
            "the driver of CUDA {}.{}",
            driver / 1000,
            driver % 1000 / 10
        ),
    };
    Ok(Found {
        name: context.name().map_err(failed)?,
        compiler,
    })
}

/// What compiles the kernels.
enum Toolchain {
    Nvrtc(Compiler, Target),
    /// The driver, from the PTX in this program: NVRTC is missing.
    Driver,
}

impl Toolchain {
    /// Chooses for a GPU of compute capability `capability`.
    ///
    /// # Errors
    /// Returns an error if neither can compile for it.
    fn choose(capability: (i32, i32), driver_major: i32, tf32: bool) -> Result<Self, Error> {
        if tf32 && capability.0 < TENSOR_CORES {
            return Err(Error::NoTf32 { capability });
        }
        let compiler = match Compiler::open(driver_major) {
            Ok(compiler) => compiler,
            Err(_) if !tf32 && 10 * capability.0 + capability.1 >= ptx::ARCHITECTURE => {
                return Ok(Self::Driver);
            }
            Err(error) => return Err(error),
        };
        let target = compiler.target(capability)?;
        Ok(Self::Nvrtc(compiler, target))
    }
}

/// Loads the kernels: from the cache, compiled now, or from the PTX in this program.
pub(super) fn load(
    context: &Arc<CudaContext>,
    driver_major: i32,
    tf32: bool,
) -> Result<Arc<CudaModule>, Failure> {
    let capability = context.compute_capability().map_err(failed)?;
    let (compiler, target) = match Toolchain::choose(capability, driver_major, tf32)? {
        Toolchain::Nvrtc(compiler, target) => (compiler, target),
        Toolchain::Driver => {
            let ptx = Ptx::from_binary(ptx::text());
            return context.load_module(ptx).map_err(failed);
        }
    };
    let source = source(tf32);
    let entry = Entry::of(&source, &compiler, &target);
    let cached = entry
        .read()
        .map(|code| context.load_module(Ptx::from_binary(code)));
    if let Some(Ok(module)) = cached {
        return Ok(module);
    }
    let code = compiler.compile(&source, &target)?;
    let module = context
        .load_module(Ptx::from_binary(code.clone()))
        .map_err(failed)?;
    entry.write(&code);
    Ok(module)
}
