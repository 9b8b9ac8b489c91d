//! Opening an NVIDIA GPU without a panic where there is none.

use dfdx::prelude::Cuda;

/// The GPU of this number.
///
/// # Errors
/// Where the driver or the GPU is missing or refuses; the message says which.
pub fn open(ordinal: usize) -> Result<Cuda, String> {
    use cudarc::driver::result;
    let driver = |error: result::DriverError| format!("the CUDA driver failed: {error:?}");
    result::init().map_err(driver)?;
    let count = result::device::get_count().map_err(driver)?;
    if ordinal >= count.max(0) as usize {
        return Err(match count {
            0 => "the CUDA driver finds no GPU".to_owned(),
            1 => format!("there is no GPU {ordinal}: the only one is cuda:0"),
            n => format!(
                "there is no GPU {ordinal}: there are cuda:0 to cuda:{}",
                n - 1
            ),
        });
    }
    Cuda::try_build(ordinal, 0).map_err(|error| format!("cuda:{ordinal} cannot be used: {error}"))
}
