//! `sn-tui sample`: what a run's generator makes, as pictures or numbers.

pub mod arguments;
pub mod generator;
pub mod latents;
pub mod output;

use std::thread;

use super::{Error, SampleArgs, device};
use crate::{
    command::takes_safetensors,
    preset::Diagnostic,
    run::pool::pool,
    text::streams::say,
    weights::{Part, WeightsFile},
};
use generator::Sampler;
use latents::Latents;
use output::{Form, Made};

/// Samples on an interpolation where nothing says how many.
const FRAMES: usize = 30;

/// Samples as the arguments say, and writes the file.
///
/// # Errors
/// A [`Diagnostic`] where the arguments do not go together. A run or a file that is not there, cannot be read or does not
/// hold the generator; latents that do not fit it; a device that fails; files that cannot be written.
pub fn sample(arguments: &SampleArgs) -> Result<(), Error> {
    let form = form(arguments)?;
    arguments.output.check()?;
    arguments
        .save_latents
        .iter()
        .try_for_each(takes_safetensors)?;
    let available = || thread::available_parallelism().map_or(1, Into::into);
    let pool = pool(arguments.threads.unwrap_or_else(available))?;
    pool.install(|| write(arguments, form))
}

fn form(arguments: &SampleArgs) -> Result<Form, Diagnostic> {
    let output = &arguments.output;
    let wrong =
        |message: String, help: &str| Err(Diagnostic::plain(message).with_help(help.to_owned()));
    let Some(form) = Form::of(output) else {
        return wrong(
            format!("the name {output} does not say what to write"),
            "let it end in .png, .gif, .npy or .safetensors; - is standard output, .npy",
        );
    };
    if form == Form::Gif && arguments.interpolate.is_none() {
        return wrong(
            format!("{output}: a film is of an interpolation"),
            "say from which sample to which, as in --interpolate 0:5, or let the name end in .png",
        );
    }
    let Some(latents) = &arguments.save_latents else {
        return Ok(form);
    };
    if latents.is(output) {
        return wrong(
            format!("samples and latents cannot both be {output}"),
            "a .safetensors file of samples holds their latents as well: leave --save-latents out",
        );
    }
    let named = latents.path().and(Form::of(latents));
    if named.is_some_and(|form| form != Form::Safetensors) {
        return wrong(
            format!("{latents} would hold safetensors, and its name says otherwise"),
            "let the name of latents end in .safetensors",
        );
    }
    Ok(form)
}

fn write(arguments: &SampleArgs, form: Form) -> Result<(), Error> {
    let mut stored = WeightsFile::open(&arguments.run, arguments.step)?;
    for file in &stored.skipped {
        say(&format!("warning: passed over: {file}"));
    }
    if let Some(words) = stored.without_prefixes() {
        say(&format!(
            "note: {} is read {words}",
            stored.path().display()
        ));
    }
    let device = device(Some(arguments.device), false, None)?;
    let sampler = Sampler::open(&mut stored, arguments.what.map(Part::from), &device)?;
    let latents = latents(arguments, &sampler)?;
    let made = Made {
        origin: &sampler.origin,
        samples: sampler.samples(&latents)?,
        latents: &latents,
    };
    if let Some(output) = &arguments.save_latents {
        output.write(&latents.encode()?)?;
    }
    arguments.output.write(&made.encode(form)?)?;
    let origin = &sampler.origin;
    let step = origin
        .step
        .map_or_else(String::new, |step| format!(", step {step}"));
    say(&format!(
        "saved {}: {} samples of {} of {}{step}",
        arguments.output,
        latents.count(),
        sampler.part.name(),
        stored.path().display(),
    ));
    Ok(())
}

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
        return Ok(latents.between(ends, frames, arguments.path.into())?);
    }
    match (&arguments.latents, arguments.count) {
        (Some(path), Some(count)) => Ok(latents.first(count).ok_or_else(|| {
            let (path, there) = (path.display(), latents.count());
            format!("{path} holds {there} latents, and -n asks for {count}")
        })?),
        _ => Ok(latents),
    }
}
