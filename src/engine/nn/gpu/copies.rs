//! Copies between host and device, and between buffers.
//!
//! An upload first copies to a pinned staging buffer, from which the device copies when earlier work is done. The host
//! only waits if all staging buffers are in use.

use std::ops::Range;

use cudarc::driver::{CudaEvent, PinnedHostSlice, result, sys};

use super::{
    arguments::Address,
    buffers::{Buffer, CapturePhase, forbidden_in_capture},
    device::Gpu,
    driver::failed,
};
use crate::engine::nn::Failure;

/// Number of staging buffers: the most uploads in flight.
const STAGING_BUFFERS: usize = 4;
/// The most values of one upload: 16 MiB.
const MAX_UPLOAD: usize = 1 << 22;

/// Pinned staging buffers, used in rotation.
#[derive(Default)]
pub(super) struct Staging {
    buffers: [Option<PinnedBuffer>; STAGING_BUFFERS],
    next: usize,
}

struct PinnedBuffer {
    memory: PinnedHostSlice<f32>,
    /// Recorded after the device has read the buffer.
    read: CudaEvent,
}

impl Gpu {
    /// The next staging buffer, of at least `length` values, once the device has read it.
    fn pinned(&self, length: usize) -> Result<PinnedBuffer, Failure> {
        let pinned = {
            let mut staging = self.0.staging.borrow_mut();
            staging.next = (staging.next + 1) % STAGING_BUFFERS;
            let next = staging.next;
            staging.buffers[next].take()
        };
        if let Some(pinned) = pinned {
            pinned.read.synchronize().map_err(failed)?;
            if pinned.memory.len() >= length {
                return Ok(pinned);
            }
        }
        let context = self.stream().context();
        let read = context.new_event(Some(sys::CUevent_flags::CU_EVENT_BLOCKING_SYNC));
        // SAFETY: f32 has no invalid bit patterns, and values are written before they are read.
        let memory = unsafe { context.alloc_pinned::<f32>(length.next_power_of_two()) };
        Ok(PinnedBuffer {
            memory: memory.map_err(failed)?,
            read: read.map_err(failed)?,
        })
    }

    /// Copies `parts` to `to[at..]`, one after the other.
    pub(super) fn copy_to_device(
        &self,
        to: &mut Buffer,
        at: usize,
        parts: &[&[f32]],
    ) -> Result<(), Failure> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length > MAX_UPLOAD {
            return self.copy_in_pieces(to, at, parts);
        }
        if length == 0 || self.is_dry_run() {
            return Ok(());
        }
        self.check_not_capturing()?;
        let to = to.at(at..at + length);
        let mut pinned = self.pinned(length)?;
        let mut rest = pinned.memory.as_mut_slice().map_err(failed)?;
        for part in parts {
            let (own, others) = rest.split_at_mut(part.len());
            own.copy_from_slice(part);
            rest = others;
        }
        let from = &pinned.memory.as_slice().map_err(failed)?[..length];
        let stream = self.current_stream()?;
        self.count(|counts| counts.copies_to_device += 1);
        // SAFETY: `to` is the address of `length` values (checked by `Buffer::at`), and `from` has that length. The
        // staging buffer is kept and not written until the event after the copy has occurred.
        let copied = unsafe { result::memcpy_htod_async(to.0, from, stream) };
        let copied = copied.and_then(|()| pinned.read.record(self.stream()));
        if copied.is_err() {
            // The copy may still be reading the staging buffer, which is freed on return.
            let _ = self.0.synchronize();
        }
        copied.map_err(failed)?;
        let mut staging = self.0.staging.borrow_mut();
        let next = staging.next;
        staging.buffers[next] = Some(pinned);
        Ok(())
    }

    fn copy_in_pieces(
        &self,
        to: &mut Buffer,
        mut at: usize,
        parts: &[&[f32]],
    ) -> Result<(), Failure> {
        for piece in parts.iter().flat_map(|part| part.chunks(MAX_UPLOAD)) {
            self.copy_to_device(to, at, &[piece])?;
            at += piece.len();
        }
        Ok(())
    }

    /// Copies a range to the host. Waits for all queued work.
    pub(super) fn copy_to_host(
        &self,
        from: &Buffer,
        range: Range<usize>,
    ) -> Result<Vec<f32>, Failure> {
        let mut numbers = vec![0.0_f32; range.len()];
        if range.is_empty() || self.is_dry_run() {
            return Ok(numbers);
        }
        self.check_not_capturing()?;
        let from = from.at(range);
        let stream = self.current_stream()?;
        self.count(|counts| counts.copies_to_host += 1);
        // SAFETY: `from` is the address of `range.len()` values (checked by `Buffer::at`), and `numbers` has that
        // length and lives until the stream is synchronized.
        unsafe { result::memcpy_dtoh_async(&mut numbers, from.0, stream) }.map_err(failed)?;
        self.stream().synchronize().map_err(failed)?;
        Ok(numbers)
    }

    /// Copies `length` values on the device.
    pub(super) fn copy(&self, to: Address, from: Address, length: usize) -> Result<(), Failure> {
        if self.is_dry_run() {
            return Ok(());
        }
        let stream = self.current_stream()?;
        // SAFETY: callers pass addresses from [`Buffer::at`] or [`Buffer::start`] of buffers with at least `length`
        // values.
        unsafe { result::memcpy_dtod_async(to.0, from.0, length * size_of::<f32>(), stream) }
            .map_err(failed)
    }

    pub(super) fn fill_with_zeros(&self, buffer: &mut Buffer) -> Result<(), Failure> {
        if self.is_dry_run() {
            return Ok(());
        }
        let (start, length) = (buffer.start(), buffer.length());
        let stream = self.current_stream()?;
        // SAFETY: the buffer has `length` values, and zero bytes are the f32 value 0.
        unsafe { result::memset_d8_async(start.0, 0, length * size_of::<f32>(), stream) }
            .map_err(failed)
    }

    fn check_not_capturing(&self) -> Result<(), Failure> {
        match self.0.pool.borrow().phase {
            CapturePhase::Capture => Err(forbidden_in_capture()),
            _ => Ok(()),
        }
    }

    /// The stream, after making its device current on this thread.
    fn current_stream(&self) -> Result<sys::CUstream, Failure> {
        self.stream().context().bind_to_thread().map_err(failed)?;
        Ok(self.stream().cu_stream())
    }
}
