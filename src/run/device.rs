//! Where to train.

use std::{fmt, str::FromStr};

use super::engine::{Engine, Failure};
use crate::{gan::Trainer, nn::Host, preset::Preset};

/// Where to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    #[default]
    Cpu,
    /// The NVIDIA GPU with this index.
    Cuda(usize),
}

impl Device {
    /// Fresh networks on this device; to be called on the thread that trains.
    ///
    /// # Errors
    /// Layers that do not fit each other; a GPU that is missing or fails.
    pub fn build(self, preset: &Preset, seed: u64) -> Result<Box<dyn Engine>, Failure> {
        self.build_measuring(preset, seed, true)
    }

    /// The same; without `sigma`, σ is not measured where a layer is not normalized.
    ///
    /// # Errors
    /// Those of [`Device::build`].
    pub fn build_measuring(
        self,
        preset: &Preset,
        seed: u64,
        sigma: bool,
    ) -> Result<Box<dyn Engine>, Failure> {
        match self {
            Device::Cpu => {
                let trainer = Trainer::measuring(Host, preset, seed, sigma)?;
                Ok(Box::new(trainer))
            }
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => {
                let gpu = crate::nn::Gpu::open(index).map_err(|error| {
                    format!("{error}; train on the processor with --device cpu")
                })?;
                let trainer = Trainer::measuring(gpu, preset, seed, sigma)?;
                Ok(Box::new(trainer))
            }
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(NO_CUDA.into()),
        }
    }

    /// Steps between two readings of the measures: a GPU is not asked for them after each step.
    pub fn measure_every(self) -> u64 {
        match self {
            Device::Cpu => 1,
            Device::Cuda(_) => 10,
        }
    }
}

pub(super) const NO_CUDA: &str =
    "this program was built for the CPU; build it without `--no-default-features`, or use --device cpu";

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let index = match text.split_once(':') {
            _ if text == "cpu" => return Ok(Device::Cpu),
            None if text == "cuda" => 0,
            Some(("cuda", index)) => index
                .parse()
                .map_err(|_| format!("`{index}` is no index of a GPU"))?,
            _ => return Err("a device is cpu, cuda or cuda:INDEX".to_owned()),
        };
        match cfg!(feature = "cuda") {
            true => Ok(Device::Cuda(index)),
            false => Err(NO_CUDA.to_owned()),
        }
    }
}

/// `cpu`, `cuda:0`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        assert_eq!("cpu".parse(), Ok(Device::Cpu));
        let cuda = "cuda:1".parse::<Device>();
        match cfg!(feature = "cuda") {
            true => assert_eq!(cuda, Ok(Device::Cuda(1))),
            false => assert!(cuda.unwrap_err().contains("--device cpu")),
        }
        for wrong in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }
}
