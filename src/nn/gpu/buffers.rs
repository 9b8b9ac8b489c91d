//! Memory of the device, by what becomes of it.
//!
//! *Lasting* memory holds what outlives a pass: weights, moments, inputs, records. *Passing* memory holds what a pass makes
//! and is worth nothing after it. A training step needs the same few sizes of it over and over: a buffer that is dropped
//! goes to the pool, from which the next one of exactly its size is served, so that after the first steps nothing is allocated. All
//! work is done in one stream, in the order of the calls, so that memory may be handed on while the work that used it last
//! is still to be done.
//!
//! A recorded graph writes to the passing memory that it was recorded with, again and again. So lasting memory is never
//! taken from what was passing, and what a recording uses stays, see [`Pool::give_back`].

use std::{collections::HashMap, ops::Range, rc::Rc};

use cudarc::driver::{CudaSlice, DevicePtr};

use super::{
    arguments::Address,
    device::{Device, Gpu},
    driver::failed,
};
use crate::nn::Failure;

/// Numbers to a multiple of which memory is allocated: 256 bytes.
const ALIGNMENT: usize = 64;

/// Takes after which memory that lay idle is given back: some hundreds of eager training steps.
const PATIENCE: u64 = 1 << 16;

/// An allocation; of a rehearsal there is none.
struct Block {
    slice: Option<CudaSlice<f32>>,
    length: usize,
}

/// Where memory of a rehearsal begins, which nobody reads.
const NOWHERE: Address = Address(256);

impl Block {
    fn start(&self, gpu: &Gpu) -> Address {
        let address = |slice: &CudaSlice<f32>| Address(slice.device_ptr(gpu.stream()).0);
        self.slice.as_ref().map_or(NOWHERE, address)
    }
}

/// What becomes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    Lasting,
    Passing,
}

/// What work is to its recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// There is none.
    #[default]
    Free,
    /// It is done for the first time: what it takes will be used by the recording.
    First,
    /// It is recorded: the device can give no memory and copy nothing.
    Recorded,
}

/// Memory that nobody uses, by its use and length.
#[derive(Default)]
pub struct Pool {
    idle: HashMap<(Use, usize), Vec<Idle>>,
    takes: u64,
    /// Whether what is taken now is what a recording will use, or uses.
    pub stage: Stage,
    /// How often memory that recordings use was given back: those of before are worth nothing.
    pub epoch: u64,
}

struct Idle {
    block: Block,
    /// Whether a recording uses it.
    recorded: bool,
    /// The take before which it was put.
    since: u64,
}

impl Pool {
    fn take(&mut self, of: Use, length: usize) -> Option<Idle> {
        self.takes += 1;
        self.idle.get_mut(&(of, length))?.pop()
    }

    fn put(&mut self, memory: &mut Memory) {
        let Some(block) = memory.block.take() else {
            return;
        };
        let (recorded, since) = (memory.recorded, self.takes);
        let idle = self.idle.entry((memory.of, block.length)).or_default();
        idle.push(Idle {
            block,
            recorded,
            since,
        });
    }

    /// What nobody took for so many takes, but for what recordings use.
    fn give_back(&mut self, patience: u64) -> Vec<Block> {
        let takes = self.takes;
        self.extract(|idle| !idle.recorded && takes - idle.since >= patience)
    }

    /// Everything; recordings made so far are worth nothing.
    fn give_back_all(&mut self) -> Vec<Block> {
        self.epoch += 1;
        self.extract(|_| true)
    }

    fn extract(&mut self, is_given: impl Fn(&Idle) -> bool) -> Vec<Block> {
        let lists = self.idle.values_mut();
        let given = lists.flat_map(|list| {
            let given = list.extract_if(.., |idle| is_given(idle));
            given.map(|idle| idle.block).collect::<Vec<_>>()
        });
        given.collect()
    }
}

/// Memory that goes back to its pool when its last buffer is dropped.
struct Memory {
    block: Option<Block>,
    of: Use,
    recorded: bool,
    device: Rc<Device>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.device.clone().pool.borrow_mut().put(self);
    }
}

/// Numbers of the device.
pub struct Buffer {
    memory: Rc<Memory>,
    start: Address,
    length: usize,
}

impl Buffer {
    pub fn length(&self) -> usize {
        self.length
    }

    /// Where its numbers begin.
    pub fn start(&self) -> Address {
        self.start
    }

    /// Where some of them begin; panics where the buffer does not hold them.
    pub fn at(&self, range: Range<usize>) -> Address {
        assert!(range.end <= self.length, "numbers beyond their buffer");
        Address(self.start.0 + bytes(range.start))
    }

    /// Some of its numbers as a buffer of their own.
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
    /// So many passing numbers, whatever they are: each must be written before it is read.
    ///
    /// # Errors
    /// Where the device has no memory left.
    pub fn take(&self, length: usize) -> Result<Buffer, Failure> {
        self.buffer(Use::Passing, length)
    }

    /// So many numbers for this use.
    ///
    /// # Errors
    /// Where the device has no memory left.
    pub fn buffer(&self, of: Use, length: usize) -> Result<Buffer, Failure> {
        let whole = length.max(1).next_multiple_of(ALIGNMENT);
        let (idle, stage, old) = {
            let mut pool = self.0.pool.borrow_mut();
            let idle = pool.take(of, whole);
            let is_time = pool.takes.is_multiple_of(PATIENCE) && pool.stage != Stage::Recorded;
            let old = if is_time {
                pool.give_back(PATIENCE)
            } else {
                Vec::new()
            };
            (idle, pool.stage, old)
        };
        self.free(old);
        let recording = stage != Stage::Free && of == Use::Passing;
        let (block, recorded) = match idle {
            Some(idle) => (idle.block, idle.recorded || recording),
            None if stage == Stage::Recorded => return Err(unprepared()),
            None => (self.allocate(whole)?, recording),
        };
        let start = block.start(self);
        let memory = Memory {
            block: Some(block),
            of,
            recorded,
            device: self.0.clone(),
        };
        Ok(Buffer {
            memory: Rc::new(memory),
            start,
            length,
        })
    }

    /// Fresh memory; where there is none left what lies idle is given back first, that of recordings last.
    fn allocate(&self, length: usize) -> Result<Block, Failure> {
        // SAFETY: numbers of a buffer are unspecified until they are written.
        let fresh = || unsafe { self.stream().alloc::<f32>(length) };
        let slice = match self.is_rehearsal() {
            true => Ok(None),
            false => fresh()
                .or_else(|_| {
                    let idle = self.0.pool.borrow_mut().give_back(0);
                    self.free(idle);
                    fresh()
                })
                .or_else(|_| {
                    self.give_back();
                    fresh()
                })
                .map(Some),
        };
        self.count(|counts| {
            counts.allocations += 1;
            counts.memory += if slice.is_ok() { bytes(length) } else { 0 };
        });
        slice.map(|slice| Block { slice, length }).map_err(failed)
    }

    /// Gives back all memory that lies idle.
    pub(super) fn give_back(&self) {
        let idle = self.0.pool.borrow_mut().give_back_all();
        self.free(idle);
    }

    fn free(&self, memory: Vec<Block>) {
        let length = memory.iter().map(|block| block.length).sum();
        self.count(|counts| counts.memory -= bytes(length));
    }
}

/// A recording does what the work before it did not.
pub fn unprepared() -> Failure {
    Failure("work that is recorded asks for memory or for the host".to_owned())
}
