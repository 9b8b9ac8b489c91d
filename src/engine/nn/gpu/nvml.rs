//! Utilization and memory of a GPU, from NVIDIA's management library (NVML).
//!
//! NVML comes with the driver. If it is missing, lacks a function or returns an error, the values are unknown and no
//! error is reported: training does not need them.

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_ulonglong, c_void},
    ptr,
};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::{driver, library::function};

const FILE: &str = "libnvidia-ml.so.1";
const SUCCESS: c_int = 0;

type Handle = *mut c_void;
type Plain = unsafe extern "C" fn() -> c_int;
type Find = unsafe extern "C" fn(*const c_char, *mut Handle) -> c_int;
type Read<T> = unsafe extern "C" fn(Handle, *mut T) -> c_int;

/// `nvmlMemory_t`: bytes.
#[derive(Default)]
#[repr(C)]
struct Memory {
    total: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

/// `nvmlUtilization_t`: percentages over the last sample period, 1/6 to 1 second.
#[derive(Default)]
#[repr(C)]
struct Utilization {
    gpu: c_uint,
    memory: c_uint,
}

/// A GPU in NVML.
pub struct Card {
    nvml: Nvml,
    handle: Handle,
}

impl Card {
    /// The GPU with this CUDA ordinal, or its MIG instance. NVML may number GPUs in another order, so it is found by
    /// its UUID. None if NVML does not know it.
    pub fn of(ordinal: usize) -> Option<Self> {
        let uuid = text(driver::uuid(ordinal)?);
        let nvml = Nvml::open()?;
        let handle = ["GPU", "MIG"]
            .into_iter()
            .find_map(|kind| nvml.find(&format!("{kind}-{uuid}")))?;
        Some(Self { nvml, handle })
    }

    /// GPU utilization by all processes, in percent; none if NVML does not report it, as for MIG instances.
    pub fn utilization(&self) -> Option<u8> {
        // SAFETY: in nvml.h this function takes a handle and a pointer to an `nvmlUtilization_t`.
        let read = unsafe { self.read::<Utilization>("nvmlDeviceGetUtilizationRates") }?;
        u8::try_from(read.gpu.min(100)).ok()
    }

    /// Bytes of its memory that all processes use, and its total bytes; none if NVML does not report them.
    pub fn memory(&self) -> Option<(u64, u64)> {
        // SAFETY: in nvml.h this function takes a handle and a pointer to an `nvmlMemory_t`.
        let read = unsafe { self.read::<Memory>("nvmlDeviceGetMemoryInfo") }?;
        Some((read.used, read.total))
    }

    /// Calls a function that fills in a `T` for this GPU.
    ///
    /// # Safety
    /// The function must take a handle and a pointer to one `T`.
    unsafe fn read<T: Default>(&self, name: &str) -> Option<T> {
        let mut read = T::default();
        // SAFETY: the type is right (the caller's obligation). The handle comes from this library, which is
        // initialized.
        let code = unsafe {
            let function = function::<Read<T>>(&self.nvml.library, name).ok()?;
            function(self.handle, &raw mut read)
        };
        (code == SUCCESS).then_some(read)
    }
}

/// The initialized library.
struct Nvml {
    library: Library,
}

impl Nvml {
    fn open() -> Option<Self> {
        // SAFETY: the library's initializers have no preconditions.
        let library = unsafe { Library::open(Some(FILE), RTLD_NOW | RTLD_LOCAL) }.ok()?;
        // SAFETY: in nvml.h `nvmlInit_v2` takes no arguments.
        let code = unsafe { function::<Plain>(&library, "nvmlInit_v2").ok()?() };
        // Drop shuts the library down, so only an initialized one becomes an `Nvml`.
        (code == SUCCESS).then(|| Self { library })
    }

    fn find(&self, uuid: &str) -> Option<Handle> {
        let uuid = CString::new(uuid).ok()?;
        let mut handle = ptr::null_mut();
        // SAFETY: in nvml.h it takes a NUL-terminated string and a pointer to a handle; both are valid.
        let code = unsafe {
            let find = function::<Find>(&self.library, "nvmlDeviceGetHandleByUUID").ok()?;
            find(uuid.as_ptr(), &raw mut handle)
        };
        (code == SUCCESS).then_some(handle)
    }
}

impl Drop for Nvml {
    fn drop(&mut self) {
        // SAFETY: in nvml.h `nvmlShutdown` takes no arguments.
        if let Ok(shutdown) = unsafe { function::<Plain>(&self.library, "nvmlShutdown") } {
            // SAFETY: the library was initialized once, and no handle is used any more.
            unsafe { shutdown() };
        }
    }
}

/// Formats a UUID as NVML does: `8f6c2b1e-0000-0000-0000-000000000000`.
fn text(uuid: [u8; 16]) -> String {
    let mut text = String::new();
    for (i, byte) in uuid.into_iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_formatted_as_in_nvml() {
        let uuid = std::array::from_fn(|i| 16 * i as u8 + 15 - i as u8);
        assert_eq!(text(uuid), "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
    }
}
