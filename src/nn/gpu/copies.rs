//! Numbers on their way: from the host, to it, and from one buffer to another.
//!
//! What comes from the host is first written to pinned memory, from which the device copies it when the work before is
//! done; the host waits only where it is some copies ahead.

use std::ops::Range;

use cudarc::driver::{CudaEvent, PinnedHostSlice, result, sys};

use super::{
    arguments::Address,
    buffers::{Buffer, Stage, unprepared},
    device::Gpu,
    driver::failed,
};
use crate::nn::Failure;

/// Copies that may be under way at once.
const ROOMS: usize = 4;
/// Numbers of one copy at most: 16 MiB.
const MOST: usize = 1 << 22;

/// Pinned memory through which numbers reach the device, in turn.
#[derive(Default)]
pub struct Staging {
    rooms: [Option<Room>; ROOMS],
    turn: usize,
}

struct Room {
    memory: PinnedHostSlice<f32>,
    /// When the device had read it.
    read: CudaEvent,
}

impl Gpu {
    /// Pinned memory of so many numbers that the device no longer reads.
    fn pinned(&self, length: usize) -> Result<Room, Failure> {
        let room = {
            let mut staging = self.0.staging.borrow_mut();
            staging.turn = (staging.turn + 1) % ROOMS;
            let turn = staging.turn;
            staging.rooms[turn].take()
        };
        if let Some(room) = room {
            room.read.synchronize().map_err(failed)?;
            if room.memory.len() >= length {
                return Ok(room);
            }
        }
        let context = self.stream().context();
        let read = context.new_event(Some(sys::CUevent_flags::CU_EVENT_BLOCKING_SYNC));
        // SAFETY: it is written before it is read.
        let memory = unsafe { context.alloc_pinned::<f32>(length.next_power_of_two()) };
        Ok(Room {
            memory: memory.map_err(failed)?,
            read: read.map_err(failed)?,
        })
    }

    /// Copies parts to the device, one right after the other.
    pub(super) fn copy_to_device(
        &self,
        to: &mut Buffer,
        at: usize,
        parts: &[&[f32]],
    ) -> Result<(), Failure> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length > MOST {
            return self.copy_in_pieces(to, at, parts);
        }
        if length == 0 || self.is_rehearsal() {
            return Ok(());
        }
        self.check_stage()?;
        let to = to.at(at..at + length);
        let mut room = self.pinned(length)?;
        let mut rest = room.memory.as_mut_slice().map_err(failed)?;
        for part in parts {
            let (own, others) = rest.split_at_mut(part.len());
            own.copy_from_slice(part);
            rest = others;
        }
        let from = &room.memory.as_slice().map_err(failed)?[..length];
        let stream = self.bound()?;
        self.count(|counts| counts.copies_to_device += 1);
        // SAFETY: the buffer holds so many numbers; the pinned ones are kept, and not written to before the event behind
        // the copy has come.
        let copied = unsafe { result::memcpy_htod_async(to.0, from, stream) };
        let copied = copied.and_then(|()| room.read.record(self.stream()));
        if copied.is_err() {
            // It may be read as long as the device works.
            let _ = self.0.synchronize();
        }
        copied.map_err(failed)?;
        let mut staging = self.0.staging.borrow_mut();
        let turn = staging.turn;
        staging.rooms[turn] = Some(room);
        Ok(())
    }

    fn copy_in_pieces(
        &self,
        to: &mut Buffer,
        mut at: usize,
        parts: &[&[f32]],
    ) -> Result<(), Failure> {
        for piece in parts.iter().flat_map(|part| part.chunks(MOST)) {
            self.copy_to_device(to, at, &[piece])?;
            at += piece.len();
        }
        Ok(())
    }

    /// Waits for all that was asked of the device.
    pub(super) fn copy_to_host(
        &self,
        from: &Buffer,
        range: Range<usize>,
    ) -> Result<Vec<f32>, Failure> {
        let mut numbers = vec![0.0_f32; range.len()];
        if range.is_empty() || self.is_rehearsal() {
            return Ok(numbers);
        }
        self.check_stage()?;
        let from = from.at(range);
        let stream = self.bound()?;
        self.count(|counts| counts.copies_to_host += 1);
        // SAFETY: the buffer holds so many numbers, and those of the host stay until the stream has come to an end.
        unsafe { result::memcpy_dtoh_async(&mut numbers, from.0, stream) }.map_err(failed)?;
        self.stream().synchronize().map_err(failed)?;
        Ok(numbers)
    }

    /// Copies so many numbers on the device.
    pub(super) fn copy(&self, to: Address, from: Address, length: usize) -> Result<(), Failure> {
        if self.is_rehearsal() {
            return Ok(());
        }
        let stream = self.bound()?;
        // SAFETY: the addresses are those of buffers that hold so many numbers, see [`Buffer::at`].
        unsafe { result::memcpy_dtod_async(to.0, from.0, length * size_of::<f32>(), stream) }
            .map_err(failed)
    }

    pub(super) fn fill_with_zeros(&self, buffer: &mut Buffer) -> Result<(), Failure> {
        if self.is_rehearsal() {
            return Ok(());
        }
        let (start, length) = (buffer.start(), buffer.length());
        let stream = self.bound()?;
        // SAFETY: the buffer holds so many numbers, of which zero bytes are one.
        unsafe { result::memset_d8_async(start.0, 0, length * size_of::<f32>(), stream) }
            .map_err(failed)
    }

    fn check_stage(&self) -> Result<(), Failure> {
        match self.0.pool.borrow().stage {
            Stage::Recorded => Err(unprepared()),
            _ => Ok(()),
        }
    }

    /// The stream, with its device the current one of this thread.
    fn bound(&self) -> Result<sys::CUstream, Failure> {
        self.stream().context().bind_to_thread().map_err(failed)?;
        Ok(self.stream().cu_stream())
    }
}
