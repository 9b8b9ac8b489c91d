//! The device named on the command line.

use std::{fmt, str::FromStr};

/// Where to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    #[default]
    Cpu,
    /// The NVIDIA GPU with this index.
    Cuda(usize),
}

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
            false => Err(
                "this program was built for the CPU; build it with `--features cuda`, or use --device cpu"
                    .to_owned(),
            ),
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
