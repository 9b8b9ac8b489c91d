//! Which device a command takes.

use super::say;
use crate::run::{Device, Wanted, about::About, has_driver};

/// The device that was asked for, or else that of the run that is gone on with (`made_on`), or else what `auto` finds; with
/// products that round where `tf32` says so. Tells why it is no GPU where one was asked for or could be expected, and
/// where bits will be others than those of the run that is gone on with.
///
/// # Errors
/// A GPU that does not work; products that are to round where they cannot.
pub fn device(
    asked: Option<Wanted>,
    tf32: bool,
    made_on: Option<&About>,
) -> Result<Device, String> {
    let own = made_on.map(|about| about.device.parse::<Wanted>());
    let own = own.transpose()?;
    let (device, reason) = match (asked, own, made_on) {
        (None, Some(own), Some(about)) => own.settle(tf32).map_err(|error| {
            format!(
                "{error}, where bits will differ: the run was made on {}",
                about.device
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
    if let (Some(own), Some(about)) = (own, made_on) {
        warn(own, about, &device);
    }
    Ok(device)
}

/// Says where a run goes on with other bits.
fn warn(own: Wanted, about: &About, device: &Device) {
    if matches!(own, Wanted::Cpu) != matches!(device, Device::Cpu) {
        let made_on = &about.device;
        say(&format!(
            "warning: the run was made on {made_on}; on {device} its bits will differ"
        ));
    } else if let Device::Cuda(card) = device
        && about
            .device
            .split_once(' ')
            .is_some_and(|(_, name)| name != card.name)
    {
        let made_on = &about.device;
        say(&format!(
            "warning: the run was made on {made_on}; on {device} its bits may differ"
        ));
    } else if let (Some(before), Some(now)) = (&about.compiler, device.compiler())
        && before != now
    {
        say(&format!(
            "warning: the run was made with {before}; with {now} its bits may differ"
        ));
    }
}
