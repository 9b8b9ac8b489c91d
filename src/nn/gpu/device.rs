//! A GPU: its driver, its stream, its kernels.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use cudarc::{
    driver::{CudaContext, CudaModule, CudaSlice, CudaStream, DevicePtr, DriverError, result, sys},
    nvrtc::Ptx,
};

use super::{
    arguments::{Address, LAYERS},
    buffers::Pool,
    cache::Entry,
    compiler::{Compiler, Target},
    copies::Staging,
    kernels::{Kernels, source},
    portable,
};
use crate::nn::{Counts, Failure};

/// The oldest driver, by its version of CUDA, that loads what is called here.
const OLDEST_DRIVER: i32 = 12_020;

/// The oldest major compute capability whose tensor cores take TF32.
const TENSOR_CORES: i32 = 8;

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

/// A GPU on which a run can train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As its driver has it.
    pub name: String,
    /// `NVRTC 13.0`; without one, the driver that compiles PTX.
    pub compiler: String,
}

/// The GPU of this number, if a run can train on it, with products that round where `tf32` says so.
///
/// # Errors
/// Where the driver, the GPU or the compiler of kernels is missing or refuses; says which, and what to do.
pub fn find(ordinal: usize, tf32: bool) -> Result<Found, Failure> {
    let (context, driver) = context(ordinal)?;
    let capability = context.compute_capability().map_err(failed)?;
    let compiler = match Maker::of(capability, driver / 1000, tf32)? {
        Maker::Compiler(compiler, _) => {
            let (major, minor) = compiler.version;
            format!("NVRTC {major}.{minor}")
        }
        Maker::Driver => format!(
            "the driver of CUDA {}.{}",
            driver / 1000,
            driver % 1000 / 10
        ),
    };
    Ok(Found {
        name: context.name().map_err(failed)?,
        compiler,
    })
}

/// Who makes a card's code.
enum Maker {
    Compiler(Compiler, Target),
    /// From PTX that lies in the program: there is no compiler.
    Driver,
}

impl Maker {
    /// For a card of this compute capability.
    ///
    /// # Errors
    /// Where nobody can.
    fn of(capability: (i32, i32), driver_major: i32, tf32: bool) -> Result<Self, Failure> {
        if tf32 && capability.0 < TENSOR_CORES {
            return Err(Failure(format!(
                "--tf32 is for GPUs of compute capability {TENSOR_CORES}.0 or newer (Ampere), and this one is of {}.{}",
                capability.0, capability.1
            )));
        }
        let compiler = match Compiler::open(driver_major) {
            Ok(compiler) => compiler,
            Err(_) if !tf32 && 10 * capability.0 + capability.1 >= portable::ARCHITECTURE => {
                return Ok(Self::Driver);
            }
            Err(missing) => return Err(Failure(missing)),
        };
        let target = compiler.target(capability).map_err(Failure)?;
        Ok(Self::Compiler(compiler, target))
    }
}

/// A GPU, and its driver's version of CUDA.
fn context(ordinal: usize) -> Result<(Arc<CudaContext>, i32), Failure> {
    let driver = driver().map_err(Failure)?;
    let count = CudaContext::device_count().map_err(failed)?;
    if ordinal >= count.max(0) as usize {
        return Err(Failure(match count {
            0 => "the NVIDIA driver finds no GPU".to_owned(),
            1 => format!("there is no GPU {ordinal}: the only one is cuda:0"),
            n => format!(
                "there is no GPU {ordinal}: there are cuda:0 to cuda:{}",
                n - 1
            ),
        }));
    }
    Ok((CudaContext::new(ordinal).map_err(failed)?, driver))
}

impl Gpu {
    /// The GPU of this number, with its kernels compiled; `tf32` says whether products round their factors to TF32.
    ///
    /// # Errors
    /// Those of [`find`], and kernels that cannot be compiled or loaded.
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

/// Whether the driver's library is there.
pub fn has_driver() -> bool {
    // SAFETY: it looks whether the library can be opened.
    unsafe { sys::is_culib_present() }
}

/// What the GPU of this number is called everywhere; of a card that is parted, the part. None where the driver or the GPU is
/// missing. Nothing is opened.
pub(super) fn uuid(ordinal: usize) -> Option<[u8; 16]> {
    driver().ok()?;
    result::init().ok()?;
    let device = result::device::get(ordinal.try_into().ok()?).ok()?;
    let uuid = result::device::get_uuid(device).ok()?;
    Some(uuid.bytes.map(|byte| byte as u8))
}

/// The driver's version of CUDA: 13000 for 13.0.
fn driver() -> Result<i32, String> {
    if !has_driver() {
        return Err("there is no NVIDIA driver here (libcuda.so.1)".to_owned());
    }
    let mut version = 0;
    // SAFETY: it writes a number.
    let asked = unsafe { sys::cuDriverGetVersion(&mut version) };
    match (asked, version) {
        (sys::CUresult::CUDA_SUCCESS, OLDEST_DRIVER..) => Ok(version),
        (sys::CUresult::CUDA_SUCCESS, old) => Err(format!(
            "the NVIDIA driver is of CUDA {}.{}, and 12.2 or newer is needed: update the driver",
            old / 1000,
            old % 1000 / 10
        )),
        (error, _) => Err(format!("the NVIDIA driver does not answer: {error:?}")),
    }
}

/// The kernels for this card: those of an earlier start, compiled now, or those that lie in the program.
fn load(
    context: &Arc<CudaContext>,
    driver_major: i32,
    tf32: bool,
) -> Result<Arc<CudaModule>, Failure> {
    let capability = context.compute_capability().map_err(failed)?;
    let (compiler, target) = match Maker::of(capability, driver_major, tf32)? {
        Maker::Compiler(compiler, target) => (compiler, target),
        Maker::Driver => {
            let ptx = Ptx::from_binary(portable::ptx());
            return context.load_module(ptx).map_err(failed);
        }
    };
    let source = source(tf32);
    let entry = Entry::of(&source, &compiler, &target);
    let kept = entry
        .read()
        .map(|code| context.load_module(Ptx::from_binary(code)));
    if let Some(Ok(module)) = kept {
        return Ok(module);
    }
    let code = compiler.compile(&source, &target).map_err(Failure)?;
    let module = context
        .load_module(Ptx::from_binary(code.clone()))
        .map_err(failed)?;
    entry.write(&code);
    Ok(module)
}

/// A driver's error.
pub fn failed(error: DriverError) -> Failure {
    Failure(words(error))
}

fn words(DriverError(code): DriverError) -> String {
    match code {
        sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
            "the GPU has no memory left: make the batch smaller, or stop what else runs on it"
                .to_owned()
        }
        sys::CUresult::CUDA_ERROR_NO_DEVICE => "the NVIDIA driver finds no GPU".to_owned(),
        code => {
            let name = format!("{code:?}")
                .replace("CUDA_ERROR_", "")
                .replace('_', " ");
            format!(
                "the GPU failed ({}, code {}): nvidia-smi says whether it still answers",
                name.to_lowercase(),
                code as u32
            )
        }
    }
}
