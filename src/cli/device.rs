//! Which device a command takes.

use super::say;
use crate::run::{Device, Wanted, has_driver};

/// The device that was asked for, or else that of the run that is gone on with (as its run.json has it), or else the
/// what `auto` finds. Tells why it is no GPU where one was asked for or could be expected, and where a run goes on elsewhere than it was made.
///
/// # Errors
/// A GPU that does not work.
pub fn device(asked: Option<Wanted>, made_on: Option<&str>) -> Result<Device, String> {
    let own = made_on.map(str::parse::<Wanted>).transpose()?;
    let (device, reason) = match (asked, own, made_on) {
        (None, Some(own), Some(made_on)) => own.settle().map_err(|error| {
            format!("{error}, where bits will differ: the run was made on {made_on}")
        })?,
        _ => asked.unwrap_or_default().settle()?,
    };
    if let Some(reason) = reason
        && (asked.is_some() || has_driver())
    {
        say(&format!("--device auto took the processor: {reason}"));
    }
    if let (Some(own), Some(made_on)) = (own, made_on)
        && matches!(own, Wanted::Cpu) != matches!(device, Device::Cpu)
    {
        say(&format!(
            "warning: the run was made on {made_on}; on {device} its bits will differ"
        ));
    }
    Ok(device)
}
