//! NVIDIA's driver: detection, GPUs, errors.

use std::sync::Arc;

use cudarc::driver::{CudaContext, DriverError, result, sys};

use crate::nn::Failure;

/// The oldest supported driver, by its version of CUDA.
const OLDEST_DRIVER: i32 = 12_020;

/// Whether the driver's library can be opened.
pub fn has_driver() -> bool {
    // SAFETY: it only tries to open libcuda, whose initialization has no preconditions.
    unsafe { sys::is_culib_present() }
}

/// The driver's version of CUDA: 13000 for 13.0.
fn driver() -> Result<i32, String> {
    if !has_driver() {
        return Err("there is no NVIDIA driver (libcuda.so.1)".to_owned());
    }
    let mut version = 0;
    // SAFETY: it writes one int, and the pointer is valid.
    let asked = unsafe { sys::cuDriverGetVersion(&raw mut version) };
    match (asked, version) {
        (sys::CUresult::CUDA_SUCCESS, OLDEST_DRIVER..) => Ok(version),
        (sys::CUresult::CUDA_SUCCESS, old) => Err(format!(
            "the NVIDIA driver supports CUDA {}.{}, but 12.2 or newer is needed: update the driver",
            old / 1000,
            old % 1000 / 10
        )),
        (error, _) => Err(format!("the NVIDIA driver does not answer: {error:?}")),
    }
}

/// The context of a GPU, and the driver's version of CUDA (13000 for 13.0).
pub(super) fn context(ordinal: usize) -> Result<(Arc<CudaContext>, i32), Failure> {
    let driver = driver().map_err(Failure)?;
    let count = CudaContext::device_count().map_err(failed)?;
    if ordinal >= count.max(0) as usize {
        return Err(Failure(match count {
            0 => "the NVIDIA driver finds no GPU".to_owned(),
            1 => format!("there is no GPU {ordinal}: the only one is cuda:0"),
            n => format!(
                "there is no GPU {ordinal}: there are cuda:0 to cuda:{}",
                n - 1
            ),
        }));
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
