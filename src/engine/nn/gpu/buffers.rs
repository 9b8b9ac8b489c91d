//! Device memory and its pool.
//!
//! *Persistent* memory holds what outlives a pass: weights, moments, inputs, records. *Transient* memory holds the
//! results of a pass. A training step needs the same few sizes again and again, so a dropped buffer goes to a pool,
//! which serves the next buffer of exactly its size; after the first steps nothing is allocated. All work is in one
//! stream, in the order of the calls. Memory can therefore be reused while its last use is still queued.
//!
//! A captured graph writes to the transient memory of its capture at every replay. So transient memory never becomes
//! persistent, and memory that a recording uses stays allocated, see [`Pool::release`].

use std::{collections::HashMap, ops::Range, sync::Arc};

use cudarc::driver::{CudaSlice, DevicePtr};

use super::{
    arguments::Address,
    device::{Device, Gpu},
    driver::failed,
};
use crate::engine::nn::Failure;

/// Allocations are rounded up to a multiple of this many values: 256 bytes.
const ALIGNMENT: usize = 64;

/// Takes after which unused memory is freed: some hundreds of training steps without graphs.
const MAX_IDLE_TAKES: u64 = 1 << 16;

/// An allocation; without memory in a dry run.
struct Block {
    slice: Option<CudaSlice<f32>>,
    length: usize,
}

/// The address of all memory of a dry run, which is never read.
const DRY_RUN_ADDRESS: Address = Address(256);

impl Block {
    fn start(&self, gpu: &Gpu) -> Address {
        let address = |slice: &CudaSlice<f32>| Address(slice.device_ptr(gpu.stream()).0);
        self.slice.as_ref().map_or(DRY_RUN_ADDRESS, address)
    }
}

/// How long memory stays in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// Across passes.
    Persistent,
    /// Within a pass.
    Transient,
}

/// The phase of the present work in [`super::graph::replay`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CapturePhase {
    /// The work is not recorded.
    #[default]
    Eager,
    /// The work runs for the first time: the recording will use the transient memory that it takes.
    WarmUp,
    /// The work is being captured: nothing can be allocated, and nothing copied to or from the host.
    Capture,
}

/// Unused memory by lifetime and length.
#[derive(Default)]
pub(super) struct Pool {
    idle: HashMap<(Lifetime, usize), Vec<Idle>>,
    takes: u64,
    /// The phase of the present work.
    pub phase: CapturePhase,
    /// How often memory of recordings was freed. Recordings of earlier generations are invalid.
    pub generation: u64,
}

struct Idle {
    block: Block,
    /// Whether a recording uses it.
    recorded: bool,
    /// The number of takes when it was returned.
    since: u64,
}

impl Pool {
    fn take(&mut self, lifetime: Lifetime, length: usize) -> Option<Idle> {
        self.takes += 1;
        self.idle.get_mut(&(lifetime, length))?.pop()
    }

    fn put(&mut self, memory: &mut Memory) {
        let Some(block) = memory.block.take() else {
            return;
        };
        let (recorded, since) = (memory.recorded, self.takes);
        let idle = self
            .idle
            .entry((memory.lifetime, block.length))
            .or_default();
        idle.push(Idle {
            block,
            recorded,
            since,
        });
    }

    /// Removes the blocks that were unused for `max_idle` takes, except those of recordings.
    fn release(&mut self, max_idle: u64) -> Vec<Block> {
        let takes = self.takes;
        self.extract(|idle| !idle.recorded && takes - idle.since >= max_idle)
    }

    /// Removes all blocks. Invalidates all recordings.
    fn release_all(&mut self) -> Vec<Block> {
        self.generation += 1;
        self.extract(|_| true)
    }

    fn extract(&mut self, is_released: impl Fn(&Idle) -> bool) -> Vec<Block> {
        let lists = self.idle.values_mut();
        let released = lists.flat_map(|list| {
            let released = list.extract_if(.., |idle| is_released(idle));
            released.map(|idle| idle.block).collect::<Vec<_>>()
        });
        released.collect()
    }
}

/// Memory that returns to its pool when its last buffer is dropped.
struct Memory {
    block: Option<Block>,
    lifetime: Lifetime,
    recorded: bool,
    device: Arc<Device>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.device.clone().pool.borrow_mut().put(self);
    }
}

/// An array of values in device memory.
pub struct Buffer {
    memory: Arc<Memory>,
    start: Address,
    length: usize,
}

impl Buffer {
    pub fn length(&self) -> usize {
        self.length
    }

    /// The address of its first value.
    pub fn start(&self) -> Address {
        self.start
    }

    /// The address of the first value of `range`. Panics if the range is out of bounds.
    pub fn at(&self, range: Range<usize>) -> Address {
        assert!(range.end <= self.length, "range out of bounds");
        Address(self.start.0 + bytes(range.start))
    }

    /// A buffer that shares a range of this one.
    pub fn part(&self, range: Range<usize>) -> Self {
        Self {
            memory: self.memory.clone(),
            start: self.at(range.clone()),
            length: range.len(),
        }
    }
}

fn bytes(length: usize) -> u64 {
    (length * size_of::<f32>()) as u64
}

impl Gpu {
    /// Takes a transient buffer of `length` values. Its contents are unspecified: write each value before you read it.
    ///
    /// # Errors
    /// Returns `Failure` if the device is out of memory.
    pub fn take(&self, length: usize) -> Result<Buffer, Failure> {
        self.buffer(Lifetime::Transient, length)
    }

    /// Takes a buffer of `length` values.
    ///
    /// # Errors
    /// Returns `Failure` if the device is out of memory, or if a capture needs an allocation.
    pub fn buffer(&self, lifetime: Lifetime, length: usize) -> Result<Buffer, Failure> {
        let whole = length.max(1).next_multiple_of(ALIGNMENT);
        let (idle, phase, old) = {
            let mut pool = self.0.pool.borrow_mut();
            let idle = pool.take(lifetime, whole);
            let is_time =
                pool.takes.is_multiple_of(MAX_IDLE_TAKES) && pool.phase != CapturePhase::Capture;
            let old = if is_time {
                pool.release(MAX_IDLE_TAKES)
            } else {
                Vec::new()
            };
            (idle, pool.phase, old)
        };
        self.free(old);
        let recording = phase != CapturePhase::Eager && lifetime == Lifetime::Transient;
        let (block, recorded) = match idle {
            Some(idle) => (idle.block, idle.recorded || recording),
            None if phase == CapturePhase::Capture => return Err(forbidden_in_capture()),
            None => (self.allocate(whole)?, recording),
        };
        let start = block.start(self);
        let memory = Memory {
            block: Some(block),
            lifetime,
            recorded,
            device: self.0.clone(),
        };
        Ok(Buffer {
            memory: Arc::new(memory),
            start,
            length,
        })
    }

    /// Allocates memory. If the device is out of memory, frees unused memory and tries again: first without that of
    /// recordings, then with it.
    fn allocate(&self, length: usize) -> Result<Block, Failure> {
        // SAFETY: f32 has no invalid bit patterns, and values of a buffer are written before they are read.
        let fresh = || unsafe { self.stream().alloc::<f32>(length) };
        let slice = if self.is_dry_run() {
            Ok(None)
        } else {
            fresh()
                .or_else(|_| {
                    let idle = self.0.pool.borrow_mut().release(0);
                    self.free(idle);
                    fresh()
                })
                .or_else(|_| {
                    self.release();
                    fresh()
                })
                .map(Some)
        };
        self.count(|counts| {
            counts.allocations += 1;
            counts.memory += if slice.is_ok() { bytes(length) } else { 0 };
        });
        slice.map(|slice| Block { slice, length }).map_err(failed)
    }

    /// Frees all unused memory and invalidates all recordings.
    pub(super) fn release(&self) {
        let idle = self.0.pool.borrow_mut().release_all();
        self.free(idle);
    }

    fn free(&self, memory: Vec<Block>) {
        let length = memory.iter().map(|block| block.length).sum();
        self.count(|counts| counts.memory -= bytes(length));
    }
}

/// The error of captured work that allocates or copies to or from the host.
pub(super) fn forbidden_in_capture() -> Failure {
    Failure("captured work allocated memory or copied to or from the host".to_owned())
}
