//! An open GPU: stream, kernels, memory.

use std::sync::Arc;

use atomic_refcell::AtomicRefCell;
use cudarc::driver::{CudaSlice, CudaStream, DevicePtr, DriverError, result};

use super::{
    arguments::{Address, LAYERS},
    buffers::Pool,
    code::load,
    copies::Staging,
    driver::{context, failed},
    kernels::Kernels,
};
use crate::engine::nn::{Counts, Failure};

/// An open GPU.
#[derive(Clone)]
pub struct Gpu(pub(super) Arc<Device>);

/// The state of an open GPU.
pub(super) struct Device {
    kernels: Arc<Kernels>,
    is_dry_run: bool,
    pub(super) tf32: bool,
    pub(super) pool: AtomicRefCell<Pool>,
    pub(super) staging: AtomicRefCell<Staging>,
    pub(super) counts: AtomicRefCell<Counts>,
    tickets: Arc<CudaSlice<i32>>,
    stream: Arc<CudaStream>,
}

impl Gpu {
    /// Opens GPU `ordinal` and loads its kernels. `tf32` says whether products round their operands to TF32.
    ///
    /// # Errors
    /// Returns the errors of [`find`](super::find), and `Failure` if the kernels do not compile or load.
    pub fn open(ordinal: usize, tf32: bool) -> Result<Self, Failure> {
        let (context, driver) = context(ordinal)?;
        // SAFETY: all work is in one stream, so no buffer needs an event for another stream.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().map_err(failed)?;
        let module = load(&context, driver / 1000, tf32)?;
        let kernels = Arc::new(Kernels::of(&module).map_err(failed)?);
        let tickets = Arc::new(stream.alloc_zeros(LAYERS + 1).map_err(failed)?);
        Ok(Self(Arc::new(Device {
            kernels,
            is_dry_run: false,
            tf32,
            pool: AtomicRefCell::default(),
            staging: AtomicRefCell::default(),
            counts: AtomicRefCell::default(),
            tickets,
            stream,
        })))
    }

    /// See [`crate::engine::nn::Backend::dry_run`].
    pub(super) fn without_memory(&self) -> Self {
        Self(Arc::new(Device {
            kernels: self.0.kernels.clone(),
            is_dry_run: true,
            tf32: self.0.tf32,
            pool: AtomicRefCell::default(),
            staging: AtomicRefCell::default(),
            counts: AtomicRefCell::default(),
            tickets: self.0.tickets.clone(),
            stream: self.0.stream.clone(),
        }))
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.0.is_dry_run
    }

    /// Bytes that this process can use: free ones and those that it has allocated.
    pub(super) fn usable_memory(&self) -> Result<u64, Failure> {
        // Freed memory becomes available when the queued work is done.
        self.0.synchronize().map_err(failed)?;
        let (free, _) = self.stream().context().mem_get_info().map_err(failed)?;
        Ok(free as u64 + self.0.counts.borrow().memory)
    }

    pub(super) fn stream(&self) -> &Arc<CudaStream> {
        &self.0.stream
    }

    /// Updates the counters.
    pub(super) fn count(&self, call: impl FnOnce(&mut Counts)) {
        call(&mut self.0.counts.borrow_mut());
    }

    /// The tickets of this device.
    pub(super) fn tickets(&self) -> Tickets {
        Tickets(self.0.tickets.device_ptr(self.stream()).0)
    }

    pub(super) fn kernels(&self) -> &Kernels {
        &self.0.kernels
    }
}

/// Counters with which the blocks of a launch find out which is the last. They are zero between launches. There is one
/// for each layer of a launch of spectral normalization, and one for `part_norms`.
#[derive(Clone, Copy)]
pub(super) struct Tickets(u64);

impl Tickets {
    pub(super) fn of_layers(self) -> Address {
        Address(self.0)
    }

    pub(super) fn of_measure(self) -> Address {
        Address(self.0 + (LAYERS * size_of::<i32>()) as u64)
    }
}

impl Device {
    /// Waits for all queued work, even if an earlier error has not been reported. cudarc's method would return that
    /// error without waiting.
    pub(super) fn synchronize(&self) -> Result<(), DriverError> {
        // SAFETY: the stream lives as long as this device.
        unsafe { result::stream::synchronize(self.stream.cu_stream()) }
    }
}

impl Drop for Device {
    /// Waits until nothing uses the memory. An error at this point has no effect.
    fn drop(&mut self) {
        let _ = self.synchronize();
    }
}
