//! Memory of the device that passes hand on to each other.
//!
//! A training step needs the same few sizes over and over. A buffer that is dropped goes to the pool of its device, from
//! which the next one of its size is served: after the first steps nothing is allocated. What nobody took for long is
//! given back, so that a larger batch does not stay for good. All work is done in one stream,
//! in the order of the calls, so that a buffer may be handed on while the work that used it last is still to be done.

use std::{collections::HashMap, ops::Range, rc::Rc};

use cudarc::driver::{CudaSlice, DevicePtr};

use super::{
    arguments::Address,
    device::{Device, Gpu, failed},
};
use crate::nn::Failure;

/// Numbers to a multiple of which memory is allocated: 256 bytes.
const ALIGNMENT: usize = 64;

/// Takes after which memory that lay idle is given back: some hundreds of training steps.
const PATIENCE: u64 = 1 << 16;

/// Memory that nobody uses, by its length.
#[derive(Default)]
pub struct Pool {
    idle: HashMap<usize, Vec<Idle>>,
    takes: u64,
}

struct Idle {
    memory: CudaSlice<f32>,
    /// The take before which it was put.
    since: u64,
}

impl Pool {
    fn take(&mut self, length: usize) -> Option<CudaSlice<f32>> {
        self.takes += 1;
        let idle = self.idle.get_mut(&length)?.pop()?;
        Some(idle.memory)
    }

    fn put(&mut self, memory: CudaSlice<f32>) {
        let since = self.takes;
        let idle = self.idle.entry(memory.len()).or_default();
        idle.push(Idle { memory, since });
    }

    /// What nobody took for so many takes.
    fn give_back(&mut self, patience: u64) -> Vec<CudaSlice<f32>> {
        let takes = self.takes;
        let stale = |idle: &mut Idle| takes - idle.since >= patience;
        let lists = self.idle.values_mut();
        let given = lists.flat_map(|list| list.extract_if(.., stale).collect::<Vec<_>>());
        given.map(|idle| idle.memory).collect()
    }
}

/// Numbers of unspecified content, borrowed from the pool of their device for as long as they live.
pub struct Buffer {
    memory: Option<CudaSlice<f32>>,
    start: Address,
    length: usize,
    device: Rc<Device>,
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
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.device.pool.borrow_mut().put(memory);
        }
    }
}

fn bytes(length: usize) -> u64 {
    (length * size_of::<f32>()) as u64
}

impl Gpu {
    /// So many numbers, whatever they are: each must be written before it is read.
    ///
    /// # Errors
    /// Where the device has no memory left.
    pub fn take(&self, length: usize) -> Result<Buffer, Failure> {
        let whole = length.max(1).next_multiple_of(ALIGNMENT);
        let idle = {
            let mut pool = self.0.pool.borrow_mut();
            let idle = pool.take(whole);
            if pool.takes.is_multiple_of(PATIENCE) {
                self.forget(pool.give_back(PATIENCE));
            }
            idle
        };
        let memory = match idle {
            Some(memory) => memory,
            None => self.allocate(whole)?,
        };
        let start = Address(memory.device_ptr(self.stream()).0);
        Ok(Buffer {
            memory: Some(memory),
            start,
            length,
            device: self.0.clone(),
        })
    }

    /// Fresh memory; what lies idle is given back first where there is none left.
    fn allocate(&self, length: usize) -> Result<CudaSlice<f32>, Failure> {
        // SAFETY: numbers of a buffer are unspecified until they are written.
        let fresh = || unsafe { self.stream().alloc::<f32>(length) };
        let memory = fresh().or_else(|_| {
            let idle = self.0.pool.borrow_mut().give_back(0);
            self.forget(idle);
            fresh()
        });
        self.count(|counts| {
            counts.allocations += 1;
            counts.memory += if memory.is_ok() { bytes(length) } else { 0 };
        });
        memory.map_err(failed)
    }

    fn forget(&self, memory: Vec<CudaSlice<f32>>) {
        let length = memory.iter().map(CudaSlice::len).sum();
        self.count(|counts| counts.memory -= bytes(length));
    }

    pub(super) fn fill_with_zeros(&self, buffer: &mut Buffer) -> Result<(), Failure> {
        match &mut buffer.memory {
            Some(memory) => self.stream().memset_zeros(memory).map_err(failed),
            None => Ok(()),
        }
    }

    pub(super) fn copy_to_device(
        &self,
        to: &mut Buffer,
        at: usize,
        numbers: &[f32],
    ) -> Result<(), Failure> {
        assert!(
            at + numbers.len() <= to.length,
            "numbers beyond their buffer"
        );
        match &mut to.memory {
            Some(memory) if !numbers.is_empty() => {
                let mut part = memory.slice_mut(at..at + numbers.len());
                self.count(|counts| counts.copies_to_device += 1);
                self.stream()
                    .memcpy_htod(numbers, &mut part)
                    .map_err(failed)
            }
            _ => Ok(()),
        }
    }

    /// Waits for all that was asked of the device.
    pub(super) fn copy_to_host(
        &self,
        from: &Buffer,
        range: Range<usize>,
    ) -> Result<Vec<f32>, Failure> {
        assert!(range.end <= from.length, "numbers beyond their buffer");
        let mut numbers = vec![0.0; range.len()];
        if let (Some(memory), false) = (&from.memory, range.is_empty()) {
            let part = memory.slice(range);
            self.count(|counts| counts.copies_to_host += 1);
            self.stream()
                .memcpy_dtoh(&part, &mut numbers)
                .map_err(failed)?;
            self.stream().synchronize().map_err(failed)?;
        }
        Ok(numbers)
    }

    /// Copies numbers on the device.
    pub(super) fn copy(
        &self,
        (to, at): (&mut Buffer, usize),
        (from, range): (&Buffer, Range<usize>),
    ) -> Result<(), Failure> {
        assert!(
            at + range.len() <= to.length && range.end <= from.length,
            "numbers beyond their buffer"
        );
        match (&mut to.memory, &from.memory) {
            (Some(to), Some(from)) if !range.is_empty() => {
                let mut to = to.slice_mut(at..at + range.len());
                self.stream()
                    .memcpy_dtod(&from.slice(range), &mut to)
                    .map_err(failed)
            }
            _ => Ok(()),
        }
    }
}
