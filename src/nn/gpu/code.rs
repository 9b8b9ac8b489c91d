//! The code of the kernels for a card: who makes it, and where it lies.

use std::sync::Arc;

use cudarc::{
    driver::{CudaContext, CudaModule},
    nvrtc::Ptx,
};

use super::{
    cache::Entry,
    compiler::{Compiler, Target},
    driver::{context, failed},
    kernels::source,
    portable,
};
use crate::nn::Failure;

/// The oldest major compute capability whose tensor cores take TF32.
const TENSOR_CORES: i32 = 8;

/// A GPU on which a run can train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As its driver has it.
    pub name: String,
    /// `NVRTC 13.0`; without one, the driver that compiles PTX.
    pub compiler: String,
}

/// The GPU of this number, if a run can train on it, with products that round where `tf32` says so.
///
/// # Errors
/// Where the driver, the GPU or the compiler of kernels is missing or refuses; says which, and what to do.
pub fn find(ordinal: usize, tf32: bool) -> Result<Found, Failure> {
    let (context, driver) = context(ordinal)?;
    let capability = context.compute_capability().map_err(failed)?;
    let compiler = match Maker::of(capability, driver / 1000, tf32)? {
        Maker::Compiler(compiler, _) => {
            let (major, minor) = compiler.version;
            format!("NVRTC {major}.{minor}")
        }
        Maker::Driver => format!(
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

/// Who makes a card's code.
enum Maker {
    Compiler(Compiler, Target),
    /// From PTX that lies in the program: there is no compiler.
    Driver,
}

impl Maker {
    /// For a card of this compute capability.
    ///
    /// # Errors
    /// Where nobody can.
    fn of(capability: (i32, i32), driver_major: i32, tf32: bool) -> Result<Self, Failure> {
        if tf32 && capability.0 < TENSOR_CORES {
            return Err(Failure(format!(
                "--tf32 is for GPUs of compute capability {TENSOR_CORES}.0 or newer (Ampere), and this one is of {}.{}",
                capability.0, capability.1
            )));
        }
        let compiler = match Compiler::open(driver_major) {
            Ok(compiler) => compiler,
            Err(_) if !tf32 && 10 * capability.0 + capability.1 >= portable::ARCHITECTURE => {
                return Ok(Self::Driver);
            }
            Err(missing) => return Err(Failure(missing)),
        };
        let target = compiler.target(capability).map_err(Failure)?;
        Ok(Self::Compiler(compiler, target))
    }
}

/// The kernels for this card: those of an earlier start, compiled now, or those that lie in the program.
pub fn load(
    context: &Arc<CudaContext>,
    driver_major: i32,
    tf32: bool,
) -> Result<Arc<CudaModule>, Failure> {
    let capability = context.compute_capability().map_err(failed)?;
    let (compiler, target) = match Maker::of(capability, driver_major, tf32)? {
        Maker::Compiler(compiler, target) => (compiler, target),
        Maker::Driver => {
            let ptx = Ptx::from_binary(portable::ptx());
            return context.load_module(ptx).map_err(failed);
        }
    };
    let source = source(tf32);
    let entry = Entry::of(&source, &compiler, &target);
    let kept = entry
        .read()
        .map(|code| context.load_module(Ptx::from_binary(code)));
    if let Some(Ok(module)) = kept {
        return Ok(module);
    }
    let code = compiler.compile(&source, &target).map_err(Failure)?;
    let module = context
        .load_module(Ptx::from_binary(code.clone()))
        .map_err(failed)?;
    entry.write(&code);
    Ok(module)
}
