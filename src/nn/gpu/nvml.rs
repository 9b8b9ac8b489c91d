//! How busy a card is, and how full its memory, as NVIDIA's management library (NVML) tells.
//!
//! It comes with the driver. Where it is missing, lacks a function or refuses, nothing is known, and nothing is said: no
//! training needs it.

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

/// `nvmlUtilization_t`: percentages of the time since the card last looked, a sixth of a second to a second.
#[derive(Default)]
#[repr(C)]
struct Utilization {
    gpu: c_uint,
    memory: c_uint,
}

/// A GPU as NVML knows it.
pub struct Card {
    nvml: Nvml,
    handle: Handle,
}

impl Card {
    /// The GPU that has this number for CUDA, which need not be its number for NVML: it is found by its UUID. Of a card that
    /// is parted (MIG) it is the part. None where NVML does not know it.
    pub fn of(ordinal: usize) -> Option<Self> {
        let uuid = text(driver::uuid(ordinal)?);
        let nvml = Nvml::open()?;
        let handle = ["GPU", "MIG"]
            .into_iter()
            .find_map(|kind| nvml.find(&format!("{kind}-{uuid}")))?;
        Some(Self { nvml, handle })
    }

    /// The percentage of time in which it was at work, for whomever; none where it does not tell, as parts of a card do
    /// not.
    pub fn share(&self) -> Option<u8> {
        // SAFETY: so NVIDIA's header has it.
        let read = unsafe { self.read::<Utilization>("nvmlDeviceGetUtilizationRates") }?;
        u8::try_from(read.gpu.min(100)).ok()
    }

    /// Bytes of its memory that are in use, by whomever, and all of them; none where it does not tell.
    pub fn memory(&self) -> Option<(u64, u64)> {
        // SAFETY: so NVIDIA's header has it.
        let read = unsafe { self.read::<Memory>("nvmlDeviceGetMemoryInfo") }?;
        Some((read.used, read.total))
    }

    /// What a function writes of the card.
    ///
    /// # Safety
    /// It takes a handle and the place of one `T`.
    unsafe fn read<T: Default>(&self, name: &str) -> Option<T> {
        let mut read = T::default();
        // SAFETY: the caller's promise; the handle is NVML's, which is open.
        let code = unsafe {
            let function = function::<Read<T>>(&self.nvml.library, name).ok()?;
            function(self.handle, &mut read)
        };
        (code == SUCCESS).then_some(read)
    }
}

/// The library, ready for use.
struct Nvml {
    library: Library,
}

impl Nvml {
    fn open() -> Option<Self> {
        // SAFETY: NVIDIA's library does nothing when it is opened that this program could be in the way of.
        let library = unsafe { Library::open(Some(FILE), RTLD_NOW | RTLD_LOCAL) }.ok()?;
        // SAFETY: the function's type is that of NVIDIA's header.
        let code = unsafe { function::<Plain>(&library, "nvmlInit_v2").ok()?() };
        // Only one that is open is shut down.
        (code == SUCCESS).then(|| Self { library })
    }

    fn find(&self, uuid: &str) -> Option<Handle> {
        let uuid = CString::new(uuid).ok()?;
        let mut handle = ptr::null_mut();
        // SAFETY: the function's type is that of NVIDIA's header; it reads a text that ends with a zero and writes a handle.
        let code = unsafe {
            let find = function::<Find>(&self.library, "nvmlDeviceGetHandleByUUID").ok()?;
            find(uuid.as_ptr(), &mut handle)
        };
        (code == SUCCESS).then_some(handle)
    }
}

impl Drop for Nvml {
    fn drop(&mut self) {
        // SAFETY: the function's type is that of NVIDIA's header, and no handle is used any more.
        if let Ok(shutdown) = unsafe { function::<Plain>(&self.library, "nvmlShutdown") } {
            // SAFETY: as above.
            unsafe { shutdown() };
        }
    }
}

/// `8f6c2b1e-0000-0000-0000-000000000000`, as NVML writes it.
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
    fn a_uuid_is_written_as_nvml_writes_it() {
        let uuid = std::array::from_fn(|i| 16 * i as u8 + 15 - i as u8);
        assert_eq!(text(uuid), "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
    }
}
