//! An open GPU: its stream, its kernels, its memory.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use cudarc::driver::{CudaSlice, CudaStream, DevicePtr, DriverError, result};

use super::{
    arguments::{Address, LAYERS},
    buffers::Pool,
    code::load,
    copies::Staging,
    driver::{context, failed},
    kernels::Kernels,
};
use crate::nn::{Counts, Failure};

/// An open GPU.
#[derive(Clone)]
pub struct Gpu(pub(super) Rc<Device>);

/// What an open GPU holds.
pub struct Device {
    kernels: Rc<Kernels>,
    is_rehearsal: bool,
    pub(super) tf32: bool,
    pub(super) pool: RefCell<Pool>,
    pub(super) staging: RefCell<Staging>,
    pub(super) counts: Cell<Counts>,
    tickets: Rc<CudaSlice<i32>>,
    stream: Arc<CudaStream>,
}

impl Gpu {
    /// The GPU of this number, with its kernels compiled; `tf32` says whether products round their factors to TF32.
    ///
    /// # Errors
    /// Those of [`find`](super::find), and kernels that cannot be compiled or loaded.
    pub fn open(ordinal: usize, tf32: bool) -> Result<Self, Failure> {
        let (context, driver) = context(ordinal)?;
        // SAFETY: all work is done in one stream, so that nothing has to wait for an event of another.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().map_err(failed)?;
        let module = load(&context, driver / 1000, tf32)?;
        let kernels = Rc::new(Kernels::of(&module).map_err(failed)?);
        let tickets = Rc::new(stream.alloc_zeros(LAYERS + 1).map_err(failed)?);
        Ok(Self(Rc::new(Device {
            kernels,
            is_rehearsal: false,
            tf32,
            pool: RefCell::default(),
            staging: RefCell::default(),
            counts: Cell::default(),
            tickets,
            stream,
        })))
    }

    /// See [`crate::nn::Backend::rehearsal`].
    pub(super) fn without_memory(&self) -> Self {
        Self(Rc::new(Device {
            kernels: self.0.kernels.clone(),
            is_rehearsal: true,
            tf32: self.0.tf32,
            pool: RefCell::default(),
            staging: RefCell::default(),
            counts: Cell::default(),
            tickets: self.0.tickets.clone(),
            stream: self.0.stream.clone(),
        }))
    }

    pub(super) fn is_rehearsal(&self) -> bool {
        self.0.is_rehearsal
    }

    /// Bytes that are free, and those that are held here.
    pub(super) fn room(&self) -> Result<u64, Failure> {
        // What was given back is free once the work before it is done.
        self.0.synchronize().map_err(failed)?;
        let (free, _) = self.stream().context().mem_get_info().map_err(failed)?;
        Ok(free as u64 + self.0.counts.get().memory)
    }

    pub(super) fn stream(&self) -> &Arc<CudaStream> {
        &self.0.stream
    }

    /// Counts a call.
    pub(super) fn count(&self, call: impl FnOnce(&mut Counts)) {
        let mut counts = self.0.counts.get();
        call(&mut counts);
        self.0.counts.set(counts);
    }

    /// Counters with which the blocks of a launch find out which of them is the last.
    pub(super) fn tickets(&self) -> Tickets {
        Tickets(self.0.tickets.device_ptr(self.stream()).0)
    }

    pub(super) fn kernels(&self) -> &Kernels {
        &self.0.kernels
    }
}

/// Counters of blocks, zero between launches: one for each layer of a launch of spectral normalization, and one.
#[derive(Clone, Copy)]
pub struct Tickets(u64);

impl Tickets {
    pub fn of_layers(self) -> Address {
        Address(self.0)
    }

    pub fn of_measure(self) -> Address {
        Address(self.0 + (LAYERS * size_of::<i32>()) as u64)
    }
}

impl Device {
    /// Waits for all that was asked of it, also where an earlier error has not been told yet: cudarc's way would tell that
    /// and not wait.
    pub(super) fn synchronize(&self) -> Result<(), DriverError> {
        // SAFETY: the stream lives as long as the device does.
        unsafe { result::stream::synchronize(self.stream.cu_stream()) }
    }
}

impl Drop for Device {
    /// Nothing may still use its memory. An error that shows only here has nothing left to spoil.
    fn drop(&mut self) {
        let _ = self.synchronize();
    }
}
