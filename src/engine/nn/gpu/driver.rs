//! NVIDIA's driver: detection, GPUs, errors.

use std::sync::Arc;

use cudarc::driver::{CudaContext, DriverError, result, sys};

use super::error::Error;
use crate::engine::nn::Failure;

/// The oldest supported driver, by its version of CUDA.
const OLDEST_DRIVER: i32 = 12_020;

/// Whether the driver's library can be opened.
pub fn has_driver() -> bool {
    // SAFETY: it only tries to open libcuda, whose initialization has no preconditions.
    unsafe { sys::is_culib_present() }
}

/// The driver's version of CUDA: 13000 for 13.0.
fn driver() -> Result<i32, Error> {
    if !has_driver() {
        return Err(Error::NoDriver);
    }
    let mut version = 0;
    // SAFETY: it writes one int, and the pointer is valid.
    let asked = unsafe { sys::cuDriverGetVersion(&raw mut version) };
    match (asked, version) {
        (sys::CUresult::CUDA_SUCCESS, OLDEST_DRIVER..) => Ok(version),
        (sys::CUresult::CUDA_SUCCESS, old) => Err(Error::OldDriver(old)),
        (error, _) => Err(Error::DriverFails(error)),
    }
}

/// The context of a GPU, and the driver's version of CUDA (13000 for 13.0).
///
/// # Errors
/// Returns `Failure` if the driver is missing, too old or does not answer, or has no such GPU.
pub(super) fn context(ordinal: usize) -> Result<(Arc<CudaContext>, i32), Failure> {
    let driver = driver()?;
    let count = CudaContext::device_count().map_err(failed)?;
    if ordinal >= count.max(0) as usize {
        return Err(match count {
            0 => Error::NoGpu.into(),
            count => Error::NoSuchGpu { ordinal, count }.into(),
        });
    }
    Ok((CudaContext::new(ordinal).map_err(failed)?, driver))
}

/// The UUID of GPU `ordinal`, or of its MIG instance; none if the driver or the GPU is missing. Opens no context.
pub(super) fn uuid(ordinal: usize) -> Option<[u8; 16]> {
    driver().ok()?;
    result::init().ok()?;
    let device = result::device::get(ordinal.try_into().ok()?).ok()?;
    let uuid = result::device::get_uuid(device).ok()?;
    Some(uuid.bytes.map(|byte| byte as u8))
}

/// Converts a driver's error.
pub(super) fn failed(error: DriverError) -> Failure {
    Failure(words(error))
}

fn words(DriverError(code): DriverError) -> String {
    match code {
        sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
            "the GPU has no memory left: make the batch smaller, or stop what else runs on it"
                .to_owned()
        }
        sys::CUresult::CUDA_ERROR_NO_DEVICE => "the NVIDIA driver finds no GPU".to_owned(),
        code => {
            let name = format!("{code:?}")
                .replace("CUDA_ERROR_", "")
                .replace('_', " ");
            format!(
                "the GPU failed ({}, code {}): nvidia-smi says whether it still answers",
                name.to_lowercase(),
                code as u32
            )
        }
    }
}
