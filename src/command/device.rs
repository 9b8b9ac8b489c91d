//! Which device a command takes.

use super::Error;
use crate::{
    run::{Device, Wanted, gpu_name, has_driver},
    rundir::{about::About, resume::Stored},
    text::streams::say,
};

/// The device that was asked for, or else that of the run that is gone on with, or else what `auto` finds; with products
/// that round where `tf32` says so. Tells why it is no GPU where one was asked for or could be expected, and where bits
/// will be others than those of the state that is gone on from.
///
/// # Errors
/// A GPU that does not work; products that are to round where they cannot.
pub fn device(asked: Option<Wanted>, tf32: bool, run: Option<&Stored>) -> Result<Device, Error> {
    let own = run.map(|run| run.about.device().parse::<Wanted>());
    let own = own.transpose()?;
    let (device, reason) = match (asked, own, run) {
        (None, Some(own), Some(run)) => own.settle(tf32).map_err(|error| {
            format!(
                "{error}, where bits will differ: the run was made on {}",
                run.about.device()
            )
        })?,
        // What goes on with a run need not round where that one did.
        (Some(Wanted::Cpu), Some(_), _) => Wanted::Cpu.settle(false)?,
        (Some(Wanted::Auto), Some(_), _) => Wanted::Auto
            .settle(tf32)
            .or_else(|_| Wanted::Auto.settle(false))?,
        _ => asked.unwrap_or_default().settle(tf32)?,
    };
    if let Some(reason) = reason
        && (asked.is_some() || has_driver())
    {
        say(&format!("--device auto took the processor: {reason}"));
    }
    if let Some(run) = run {
        warn(&run.made_on(), &device);
    }
    Ok(device)
}

/// Says where a run goes on with other bits than those of the state that was made as `before` says.
fn warn(before: &About, device: &Device) {
    let now = device.to_string();
    let made_on = before.device();
    match (gpu_name(made_on), gpu_name(&now)) {
        (Some(there), Some(here)) if there != here => say(&format!(
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
