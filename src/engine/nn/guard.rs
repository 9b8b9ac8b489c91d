//! The guard: a flag on the device that stops updates after one whose loss or gradient is not finite.
//!
//! The guard falls at such an update, and this and all further updates are skipped until the host resets it.

use super::backend::{Backend, Result};

/// Offset of the flag: 1 while all updates were finite, then 0.
pub const FLAG: usize = 0;
/// Offset of the number of updates applied since the last reset.
pub const APPLIED: usize = 1;
/// Length of a guard's buffer.
pub const COUNT: usize = 2;

/// Allocates a guard that lets updates through.
///
/// # Errors
/// Returns `Failure` if the device fails.
pub fn new<B: Backend>(backend: &B) -> Result<B::Buffer> {
    let mut guard = backend.zeros(COUNT)?;
    reset(backend, &mut guard)?;
    Ok(guard)
}

/// Sets the flag to 1 and the number of applied updates to 0.
///
/// # Errors
/// Returns `Failure` if the device fails.
pub fn reset<B: Backend>(backend: &B, guard: &mut B::Buffer) -> Result<()> {
    backend.write(guard, FLAG, &[1.0, 0.0])
}

/// Downloads the number of updates applied since the last reset. Waits for the device.
///
/// # Errors
/// Returns `Failure` if the device fails.
pub fn applied<B: Backend>(backend: &B, guard: &B::Buffer) -> Result<usize> {
    let applied = backend.read(guard, APPLIED..APPLIED + 1)?;
    Ok(applied.first().map_or(0, |&count| count as usize))
}
