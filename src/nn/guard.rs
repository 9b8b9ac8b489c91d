//! Whether updates are applied, decided on the device: from the first whose loss or gradient is not finite none is, until
//! the host has looked.

use super::backend::{Backend, Result};

/// Place of the flag: 1 while every update was finite, then 0.
pub const FLAG: usize = 0;
/// Place of the count of updates applied since the last look.
pub const APPLIED: usize = 1;
/// Numbers of a guard's buffer.
pub const COUNT: usize = 2;

/// A guard that lets every update through.
///
/// # Errors
/// Those of the device.
pub fn up<B: Backend>(backend: &B) -> Result<B::Buffer> {
    let mut guard = backend.zeros(COUNT)?;
    raise(backend, &mut guard)?;
    Ok(guard)
}

/// Lets updates through again, and counts from 0.
///
/// # Errors
/// Those of the device.
pub fn raise<B: Backend>(backend: &B, guard: &mut B::Buffer) -> Result<()> {
    backend.write(guard, FLAG, &[1.0, 0.0])
}

/// Updates applied since the last look. Waits for the device.
///
/// # Errors
/// Those of the device.
pub fn applied<B: Backend>(backend: &B, guard: &B::Buffer) -> Result<usize> {
    let applied = backend.read(guard, APPLIED..APPLIED + 1)?;
    Ok(applied.first().map_or(0, |&count| count as usize))
}
