//! The device that trains: the CPU or a GPU.

use std::{fmt, str::FromStr};

use super::engine::{Engine, Failure};
use crate::{
    engine::{gan::Trainer, nn::Host},
    preset::Preset,
};

/// The requested device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU if it works, otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU with this index.
    Cuda(usize),
}

/// The reason why a device cannot be used, as a message for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoDevice(String);

impl NoDevice {
    fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// The name of the GPU in the text of a [`Device`]; `None` for the CPU.
pub fn gpu_name(device: &str) -> Option<&str> {
    device.split_once(' ').map(|(_, name)| name)
}

/// The device of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU.
    Cuda(Card),
}

/// An NVIDIA GPU, with the properties that influence numerical results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Index of the GPU.
    pub index: usize,
    /// Name of the GPU, for example `NVIDIA H100 80GB HBM3`.
    pub name: String,
    /// Compiler of its kernels, for example `NVRTC 13.0`.
    pub compiler: String,
    /// Whether matrix products round their inputs to TF32.
    pub tf32: bool,
}

impl DeviceChoice {
    /// Finds the requested device. If the CPU is used because no GPU works, the reason is returned as well.
    ///
    /// # Errors
    /// If the requested GPU does not work, or `tf32` is set for the CPU.
    pub fn resolve(self, tf32: bool) -> Result<(Device, Option<NoDevice>), NoDevice> {
        match self {
            DeviceChoice::Cpu if tf32 => Err(NoDevice::new(
                "--tf32 is for a GPU: the CPU does not support it",
            )),
            DeviceChoice::Cpu => Ok((Device::Cpu, None)),
            DeviceChoice::Cuda(index) => {
                let card = card(index, tf32).map_err(|error| {
                    NoDevice(format!("{error}; --device cpu takes the processor"))
                })?;
                Ok((Device::Cuda(card), None))
            }
            DeviceChoice::Auto => match card(0, tf32) {
                Ok(card) => Ok((Device::Cuda(card), None)),
                Err(reason) if tf32 => Err(NoDevice(format!("--tf32 is for a GPU: {reason}"))),
                Err(reason) => Ok((Device::Cpu, Some(reason))),
            },
        }
    }
}

/// Whether a GPU driver is installed. If not, the user does not expect a GPU to be used.
pub fn has_driver() -> bool {
    #[cfg(feature = "cuda")]
    return crate::engine::nn::gpu::has_driver();
    #[cfg(not(feature = "cuda"))]
    false
}

/// Opens a GPU to check that a run can train on it.
#[cfg(feature = "cuda")]
fn card(index: usize, tf32: bool) -> Result<Card, NoDevice> {
    let found = crate::engine::nn::gpu::find(index, tf32)
        .map_err(|failure| NoDevice(failure.to_string()))?;
    Ok(Card {
        index,
        name: found.name,
        compiler: found.compiler,
        tf32,
    })
}

#[cfg(not(feature = "cuda"))]
fn card(_: usize, _: bool) -> Result<Card, NoDevice> {
    Err(NoDevice::new(NO_CUDA))
}

#[cfg(not(feature = "cuda"))]
const NO_CUDA: &str =
    "this program was built for the CPU (build it without `--no-default-features`)";

impl Device {
    /// Builds networks with fresh weights on this device. Call this on the thread that trains.
    ///
    /// # Errors
    /// If the shapes of layers do not match, or the GPU is missing or fails.
    pub fn build(&self, preset: &Preset, seed: u64) -> Result<Box<dyn Engine>, Failure> {
        self.build_measuring(preset, seed, true)
    }

    /// Builds networks with fresh weights on this device. If `sigma` is false, σ is not measured in layers without
    /// normalization.
    ///
    /// # Errors
    /// If the shapes of layers do not match, or the GPU is missing or fails.
    pub fn build_measuring(
        &self,
        preset: &Preset,
        seed: u64,
        sigma: bool,
    ) -> Result<Box<dyn Engine>, Failure> {
        match self {
            Device::Cpu => {
                let trainer = Trainer::measuring(Host, preset, seed, sigma)?;
                Ok(Box::new(trainer))
            }
            Device::Cuda(card) => {
                let gpu = card.open()?;
                let trainer = Trainer::measuring(gpu, preset, seed, sigma)?;
                Ok(Box::new(trainer))
            }
        }
    }

    /// Whether matrix products round their inputs to TF32.
    pub fn tf32(&self) -> bool {
        matches!(self, Device::Cuda(card) if card.tf32)
    }

    /// Compiler of the GPU's kernels; `None` on the CPU.
    pub fn compiler(&self) -> Option<&str> {
        match self {
            Device::Cpu => None,
            Device::Cuda(card) => Some(&card.compiler),
        }
    }

    /// Number of steps between two readings of the measures. Reading them after each step would slow a GPU down.
    pub fn measure_every(&self) -> u64 {
        match self {
            Device::Cpu => 1,
            Device::Cuda(..) => 10,
        }
    }
}

#[cfg(feature = "cuda")]
impl Card {
    /// Opens the GPU. Call this on the thread that computes.
    ///
    /// # Errors
    /// If the GPU no longer works.
    pub fn open(&self) -> Result<crate::engine::nn::Gpu, NoDevice> {
        crate::engine::nn::Gpu::open(self.index, self.tf32)
            .map_err(|error| NoDevice(format!("{error}; --device cpu takes the processor")))
    }
}

#[cfg(not(feature = "cuda"))]
impl Card {
    /// Fails, because this program was built without GPU support.
    ///
    /// # Errors
    /// Always.
    pub fn open(&self) -> Result<Host, NoDevice> {
        Err(NoDevice::new(NO_CUDA))
    }
}

impl FromStr for DeviceChoice {
    type Err = NoDevice;

    /// Parses the text of a [`DeviceChoice`] or of a [`Device`]. The name of a GPU is ignored.
    fn from_str(text: &str) -> Result<Self, NoDevice> {
        match text.split_once(' ').map_or(text, |(device, _)| device) {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            other => match other.split_once(':') {
                Some(("cuda", index)) => index
                    .parse()
                    .map(DeviceChoice::Cuda)
                    .map_err(|_| NoDevice(format!("`{index}` is not the index of a GPU"))),
                _ => Err(NoDevice::new("a device is auto, cpu, cuda or cuda:INDEX")),
            },
        }
    }
}

/// `auto`, `cpu`, `cuda:0`.
impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(Card { index, name, .. }) => write!(f, "cuda:{index} {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for wanted in [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Cuda(3)] {
            assert_eq!(wanted.to_string().parse(), Ok(wanted));
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        let named = Device::Cuda(Card {
            index: 1,
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            compiler: "NVRTC 13.0".to_owned(),
            tf32: false,
        });
        assert_eq!(named.to_string().parse(), Ok(DeviceChoice::Cuda(1)));
        assert_eq!(Device::Cpu.to_string().parse(), Ok(DeviceChoice::Cpu));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", " cpu"] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }
}
