//! `sn-tui sample`: writes samples of a run's generator as pictures or numbers.

pub(crate) mod arguments;
pub mod generator;
pub mod latents;
pub(crate) mod output;

use super::{Error, SampleArgs, check_safetensors, device, stored, threads};
use crate::{preset::Diagnostic, run::pool::pool, text::streams::say, weights::Part};
use generator::Sampler;
use latents::Latents;
use output::{FileFormat, SampleSet};

/// Number of samples on an interpolation without `--frames`.
const FRAMES: usize = 30;

/// Makes the samples that the arguments ask for and writes the file.
///
/// # Errors
/// - The arguments contradict each other (a [`Diagnostic`]).
/// - The run or file does not exist, cannot be read, or does not hold the generator.
/// - The latents do not fit the generator, the device fails, or a file cannot be written.
pub fn sample(arguments: &SampleArgs) -> Result<(), Error> {
    let format = format(arguments)?;
    arguments.output.check()?;
    arguments
        .save_latents
        .iter()
        .try_for_each(check_safetensors)?;
    let pool = pool(threads(arguments.threads))?;
    pool.install(|| write(arguments, format))
}

/// Returns the format of the output, and checks the outputs against each other.
fn format(arguments: &SampleArgs) -> Result<FileFormat, Diagnostic> {
    let output = &arguments.output;
    let wrong =
        |message: String, help: &str| Err(Diagnostic::plain(message).with_help(help.to_owned()));
    let Some(format) = FileFormat::of(output) else {
        return wrong(
            format!("the name {output} does not say which format to write"),
            "end the name in .png, .gif, .npy or .safetensors; - is standard output, as .npy",
        );
    };
    if format == FileFormat::Gif && arguments.interpolate.is_none() {
        return wrong(
            format!("{output}: a GIF shows an interpolation"),
            "give its two ends, as in --interpolate 0:5, or end the name in .png",
        );
    }
    let Some(latents) = &arguments.save_latents else {
        return Ok(format);
    };
    if latents.is(output) {
        return wrong(
            format!("samples and latents cannot both be {output}"),
            "leave out --save-latents: a .safetensors file of samples holds their latents as well",
        );
    }
    let named = latents.path().and(FileFormat::of(latents));
    if named.is_some_and(|format| format != FileFormat::Safetensors) {
        return wrong(
            format!("{latents} would hold safetensors, but its name says another format"),
            "end the name of the latents in .safetensors",
        );
    }
    Ok(format)
}

fn write(arguments: &SampleArgs, format: FileFormat) -> Result<(), Error> {
    let mut stored = stored::open(&arguments.run, arguments.step)?;
    let device = device(Some(arguments.device), false, None)?;
    let sampler = Sampler::open(&mut stored, arguments.what.map(Part::from), &device)?;
    let latents = latents(arguments, &sampler)?;
    let samples = SampleSet {
        origin: &sampler.origin,
        samples: sampler.samples(&latents)?,
        latents: &latents,
    };
    if let Some(output) = &arguments.save_latents {
        output.write(&latents.encode()?)?;
    }
    arguments.output.write(&samples.encode(format)?)?;
    let step = stored::at_step(&sampler.origin);
    say(&format!(
        "saved {}: {} samples of {} of {}{step}",
        arguments.output,
        latents.count(),
        sampler.part.name(),
        stored.path().display(),
    ));
    Ok(())
}

/// Returns the latents to sample: read from a file or drawn, then interpolated if asked for.
fn latents(arguments: &SampleArgs, sampler: &Sampler) -> Result<Latents, Error> {
    let preset = &sampler.origin.preset;
    let latents = match &arguments.latents {
        Some(path) => Latents::read(path, preset.latent)?,
        None => {
            let last = arguments.interpolate.map_or(0, |(from, to)| from.max(to));
            let usual = preset.samples.count.max(last + 1);
            let count = arguments.count.unwrap_or(usual);
            let seed = arguments.seed.unwrap_or(sampler.origin.seed);
            Latents::draw(seed, count, preset.latent, arguments.truncation)
        }
    };
    if let Some(ends) = arguments.interpolate {
        let frames = arguments.frames.unwrap_or(FRAMES);
        return Ok(latents.interpolate(ends, frames, arguments.path.into())?);
    }
    match (&arguments.latents, arguments.count) {
        (Some(path), Some(count)) => Ok(latents.first(count).ok_or_else(|| {
            let (path, held) = (path.display(), latents.count());
            Error::failed(format!(
                "{path} holds {held} latents, but -n asks for {count}"
            ))
        })?),
        _ => Ok(latents),
    }
}
