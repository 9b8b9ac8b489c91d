//! Where to train.

use std::{fmt, str::FromStr};

use super::engine::{Engine, Failure};
use crate::{gan::Trainer, nn::Host, preset::Preset};

/// What a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The first GPU where it works, else the processor.
    #[default]
    Auto,
    Cpu,
    /// The NVIDIA GPU with this index.
    Cuda(usize),
}

/// Why a device cannot be used, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoDevice(String);

impl NoDevice {
    fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// The name of the GPU in what is told of a device; none of the processor.
pub fn gpu_name(told: &str) -> Option<&str> {
    told.split_once(' ').map(|(_, name)| name)
}

/// Where a run trains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    Cpu,
    Cuda(Card),
}

/// An NVIDIA GPU, and what bits of a run on it depend on besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub index: usize,
    pub name: String,
    /// The compiler of its kernels: `NVRTC 13.0`.
    pub compiler: String,
    /// Whether products round their factors to TF32.
    pub tf32: bool,
}

impl Wanted {
    /// What is there of it, with products that round where `tf32` says so; with the processor the reason why it is no GPU,
    /// where one was looked for.
    ///
    /// # Errors
    /// A GPU that was asked for and does not work; products that are to round where they cannot.
    pub fn settle(self, tf32: bool) -> Result<(Device, Option<NoDevice>), NoDevice> {
        match self {
            Wanted::Cpu if tf32 => Err(NoDevice::new(
                "--tf32 is for a GPU: nothing rounds on the processor",
            )),
            Wanted::Cpu => Ok((Device::Cpu, None)),
            Wanted::Cuda(index) => {
                let card = card(index, tf32).map_err(|error| {
                    NoDevice(format!("{error}; --device cpu takes the processor"))
                })?;
                Ok((Device::Cuda(card), None))
            }
            Wanted::Auto => match card(0, tf32) {
                Ok(card) => Ok((Device::Cuda(card), None)),
                Err(reason) if tf32 => Err(NoDevice(format!("--tf32 is for a GPU: {reason}"))),
                Err(reason) => Ok((Device::Cpu, Some(reason))),
            },
        }
    }
}

/// Whether there is a driver for GPUs: where there is none nobody expects one to be used.
pub fn has_driver() -> bool {
    #[cfg(feature = "cuda")]
    return crate::nn::gpu::has_driver();
    #[cfg(not(feature = "cuda"))]
    false
}

/// A GPU on which a run can train.
#[cfg(feature = "cuda")]
fn card(index: usize, tf32: bool) -> Result<Card, NoDevice> {
    let found =
        crate::nn::gpu::find(index, tf32).map_err(|failure| NoDevice(failure.to_string()))?;
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
    /// Fresh networks on this device; to be called on the thread that trains.
    ///
    /// # Errors
    /// Layers that do not fit each other; a GPU that is missing or fails.
    pub fn build(&self, preset: &Preset, seed: u64) -> Result<Box<dyn Engine>, Failure> {
        self.build_measuring(preset, seed, true)
    }

    /// The same; without `sigma`, σ is not measured where a layer is not normalized.
    ///
    /// # Errors
    /// Those of [`Device::build`].
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

    /// Whether products round their factors to TF32.
    pub fn tf32(&self) -> bool {
        matches!(self, Device::Cuda(card) if card.tf32)
    }

    /// The compiler of a GPU's kernels.
    pub fn compiler(&self) -> Option<&str> {
        match self {
            Device::Cpu => None,
            Device::Cuda(card) => Some(&card.compiler),
        }
    }

    /// Steps between two readings of the measures: a GPU is not asked for them after each step.
    pub fn measure_every(&self) -> u64 {
        match self {
            Device::Cpu => 1,
            Device::Cuda(..) => 10,
        }
    }
}

#[cfg(feature = "cuda")]
impl Card {
    /// The GPU itself; to be called on the thread that computes.
    ///
    /// # Errors
    /// One that no longer works.
    pub fn open(&self) -> Result<crate::nn::Gpu, NoDevice> {
        crate::nn::Gpu::open(self.index, self.tf32)
            .map_err(|error| NoDevice(format!("{error}; --device cpu takes the processor")))
    }
}

#[cfg(not(feature = "cuda"))]
impl Card {
    /// There is none.
    ///
    /// # Errors
    /// Always.
    pub fn open(&self) -> Result<Host, NoDevice> {
        Err(NoDevice::new(NO_CUDA))
    }
}

impl FromStr for Wanted {
    type Err = NoDevice;

    /// As [`Wanted`] and [`Device`] are written: the name of a GPU is passed over.
    fn from_str(text: &str) -> Result<Self, NoDevice> {
        match text.split_once(' ').map_or(text, |(device, _)| device) {
            "auto" => Ok(Wanted::Auto),
            "cpu" => Ok(Wanted::Cpu),
            "cuda" => Ok(Wanted::Cuda(0)),
            other => match other.split_once(':') {
                Some(("cuda", index)) => index
                    .parse()
                    .map(Wanted::Cuda)
                    .map_err(|_| NoDevice(format!("`{index}` is no index of a GPU"))),
                _ => Err(NoDevice::new("a device is auto, cpu, cuda or cuda:INDEX")),
            },
        }
    }
}

/// `auto`, `cpu`, `cuda:0`.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Auto => f.write_str("auto"),
            Wanted::Cpu => f.write_str("cpu"),
            Wanted::Cuda(index) => write!(f, "cuda:{index}"),
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
        for wanted in [Wanted::Auto, Wanted::Cpu, Wanted::Cuda(3)] {
            assert_eq!(wanted.to_string().parse(), Ok(wanted));
        }
        assert_eq!("cuda".parse(), Ok(Wanted::Cuda(0)));
        let named = Device::Cuda(Card {
            index: 1,
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            compiler: "NVRTC 13.0".to_owned(),
            tf32: false,
        });
        assert_eq!(named.to_string().parse(), Ok(Wanted::Cuda(1)));
        assert_eq!(Device::Cpu.to_string().parse(), Ok(Wanted::Cpu));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", " cpu"] {
            assert!(wrong.parse::<Wanted>().is_err(), "{wrong}");
        }
    }
}
