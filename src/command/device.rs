//! The device that a command computes on.

use super::Error;
use crate::{
    run::{Device, DeviceChoice, gpu_name, has_driver},
    rundir::{about::About, resume::StoredRun},
    text::streams::say,
};

/// Returns the device to compute on: the one asked for, else the one of the resumed `run`, else what `auto` finds.
///
/// With `tf32`, products on a GPU round their factors to TF32. Prints why a GPU is not used if one was asked for or has a
/// driver, and a warning if the results will differ from those of the resumed state.
///
/// # Errors
/// The GPU does not work, or the device does not support TF32.
pub fn device(
    asked: Option<DeviceChoice>,
    tf32: bool,
    run: Option<&StoredRun>,
) -> Result<Device, Error> {
    let own = run.map(|run| run.about.device().parse::<DeviceChoice>());
    let own = own.transpose()?;
    let (device, reason) = match (asked, own, run) {
        (None, Some(own), Some(run)) => own.resolve(tf32).map_err(|error| {
            Error::failed(format!(
                "{error}, where bits will differ: the run was made on {}",
                run.about.device()
            ))
        })?,
        // Another device need not round, even if the run did.
        (Some(DeviceChoice::Cpu), Some(_), _) => DeviceChoice::Cpu.resolve(false)?,
        (Some(DeviceChoice::Auto), Some(_), _) => DeviceChoice::Auto
            .resolve(tf32)
            .or_else(|_| DeviceChoice::Auto.resolve(false))?,
        _ => asked.unwrap_or_default().resolve(tf32)?,
    };
    if let Some(reason) = reason
        && (asked.is_some() || has_driver())
    {
        say(&format!("--device auto took the processor: {reason}"));
    }
    if let Some(run) = run {
        warn(&run.computed_on(), &device);
    }
    Ok(device)
}

/// Prints a warning if a run that was made as `before` says continues with other bits on `device`.
fn warn(before: &About, device: &Device) {
    let now = device.to_string();
    let made_on = before.device();
    match (gpu_name(made_on), gpu_name(&now)) {
        (Some(old), Some(new)) if old != new => say(&format!(
            "warning: the run was made on {made_on}; on {now} its bits may differ"
        )),
        (Some(_), None) | (None, Some(_)) => say(&format!(
            "warning: the run was made on {made_on}; on {now} its bits will differ"
        )),
        _ => {
            if let (Some(before), Some(now)) = (&before.compiler, device.compiler())
                && before != now
            {
                say(&format!(
                    "warning: the run was made with {before}; with {now} its bits may differ"
                ));
            }
        }
    }
}
