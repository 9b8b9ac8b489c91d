//! The arguments of `sample`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::RangedU64ValueParser};

use super::latents::MAX_COUNT;
use crate::{
    command::{Invalid, thread_count},
    engine::gan::interpolation::Way,
    files::Output,
    run::DeviceChoice,
    weights::Part,
};

/// Smallest limit of truncation. Below it nearly every draw would be rejected.
const MIN_TRUNCATION: f32 = 0.01;

/// Arguments of `sample`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui sample runs/mine -o grid.png             as in the run's own pictures
  sn-tui sample runs/mine -n 16 --seed 7 --truncation 0.7 -o grid.png
  sn-tui sample runs/mine -n 50000 -o fakes.npy   numbers, (n, C, H, W)
  sn-tui sample runs/mine --save-latents z.safetensors -o a.png
  sn-tui sample runs/other --latents z.safetensors -o b.png
  sn-tui sample runs/mine --interpolate 0:5 --frames 60 -o path.gif

Numbers are the output of G: images in [-1, 1], points of mixtures divided by data.scale. --truncation T draws every value of a latent beyond ±T again, which gives samples nearer to the average and less diverse ones.")]
pub struct SampleArgs {
    /// A run (its folder, name or id), or a .safetensors file: weights, a checkpoint or an export
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::AnyPath)]
    pub run: String,
    /// Number of samples [default: as many as in the run's pictures]
    #[arg(short = 'n', long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=MAX_COUNT as u64))]
    pub count: Option<usize>,
    /// Where to write: .png (a grid of images, a scatter of points), .gif (an interpolation), .npy or .safetensors
    /// (numbers); - is standard output, .npy
    #[arg(short, long, value_name = "FILE")]
    pub output: Output,
    /// Seed of the latents [default: the run's seed, which gives the samples of its pictures]
    #[arg(long, value_name = "S", conflicts_with = "latents")]
    pub seed: Option<u64>,
    /// Read the latents from a safetensors file: its tensor `latents`, (n, latent)
    #[arg(long, value_name = "FILE", conflicts_with = "truncation", value_hint = clap::ValueHint::FilePath)]
    pub latents: Option<PathBuf>,
    /// Write the latents as a safetensors file that --latents reads; - is standard output
    #[arg(long, value_name = "FILE")]
    pub save_latents: Option<Output>,
    /// Draw values of latents beyond ±T again; T is 0.01 or more
    #[arg(long, value_name = "T", value_parser = truncation)]
    pub truncation: Option<f32>,
    /// Interpolate from the latent of sample A to that of sample B, counted from 0
    #[arg(long, value_name = "A:B", value_parser = ends)]
    pub interpolate: Option<(usize, usize)>,
    /// Samples of the interpolation, both ends included [default: 30]
    #[arg(long, value_name = "N", requires = "interpolate", value_parser = RangedU64ValueParser::<usize>::new().range(2..=10_000))]
    pub frames: Option<usize>,
    /// Curve of the interpolation: on the sphere (slerp) or straight (linear)
    #[arg(long, value_enum, value_name = "CURVE", requires = "interpolate", default_value_t = Path::Slerp)]
    pub path: Path,
    /// The generator: the moving average of G (ema), or G itself [default: ema, or what the file holds]
    #[arg(long, value_enum, value_name = "NETWORK")]
    pub what: Option<Generator>,
    /// Take the run's checkpoint of this step [default: its latest weights]
    #[arg(long, value_name = "STEP")]
    pub step: Option<u64>,
    /// Threads that compute; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count())]
    pub threads: Option<usize>,
    /// Where to compute: auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t = DeviceChoice::Cpu)]
    pub device: DeviceChoice,
}

/// A generator of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Generator {
    Ema,
    G,
}

impl From<Generator> for Part {
    fn from(generator: Generator) -> Self {
        match generator {
            Generator::Ema => Self::Ema,
            Generator::G => Self::G,
        }
    }
}

/// The path of an interpolation between latents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Path {
    Slerp,
    Linear,
}

impl From<Path> for Way {
    fn from(path: Path) -> Self {
        match path {
            Path::Slerp => Self::Slerp,
            Path::Linear => Self::Linear,
        }
    }
}

/// Parses the limit of truncation.
fn truncation(text: &str) -> Result<f32, Invalid> {
    let limit = text.parse().ok();
    limit
        .filter(|limit: &f32| limit.is_finite() && *limit >= MIN_TRUNCATION)
        .ok_or_else(|| Invalid::Expected(format!("a number, {MIN_TRUNCATION} or more")))
}

/// Parses `A:B`, the ends of an interpolation.
fn ends(text: &str) -> Result<(usize, usize), Invalid> {
    let pair = text.split_once(':').and_then(|(from, to)| {
        let number = |text: &str| text.trim().parse().ok().filter(|&at| at < MAX_COUNT);
        Some((number(from)?, number(to)?))
    });
    pair.ok_or_else(|| {
        Invalid::Expected(format!(
            "the numbers of two samples from 0 to {}, as in 0:5",
            MAX_COUNT - 1
        ))
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::{Cli, Command};

    fn sample(arguments: &[&str]) -> Option<SampleArgs> {
        let all = ["sn-tui", "sample", "a"].iter().chain(arguments);
        match Cli::try_parse_from(all).ok()?.command {
            Some(Command::Sample(sample)) => Some(*sample),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn invalid_arguments_are_refused() {
        assert_eq!(sample(&[]), None, "there is no place to write to");
        for wrong in [
            &["-n", "0"][..],
            &["-n", "65537"],
            &["--truncation", "0"],
            &["--truncation", "nan"],
            &["--interpolate", "5"],
            &["--interpolate", "-1:5"],
            &["--interpolate", "0:65536"],
            &["--frames", "9"],
            &["--interpolate", "0:1", "--frames", "1"],
            &["--latents", "z", "--seed", "1"],
            &["--latents", "z", "--truncation", "1"],
            &["--what", "d"],
        ] {
            assert_eq!(
                sample(&[&["-o", "b.png"], wrong].concat()),
                None,
                "{wrong:?}"
            );
        }
        let right = sample(&["-o", "b.gif", "--interpolate", "3:0", "--path", "linear"]).unwrap();
        assert_eq!(
            (right.interpolate, right.path),
            (Some((3, 0)), Path::Linear)
        );
    }
}
