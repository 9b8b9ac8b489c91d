//! `sn-tui export`: one network of a run as a file that PyTorch loads.

pub mod arguments;

pub mod python;

use std::path::Path;

use super::{Error, ExportArgs};
use crate::{
    command::takes_safetensors,
    files::Output,
    preset::Diagnostic,
    text::streams::{say, write_out},
    weights::{Export, Part, WeightsFile},
};

/// Writes the network that the arguments name, and prints its Python module where they ask for it.
///
/// # Errors
/// A run or a file that is not there, cannot be read, or does not hold the network; a file that cannot be written; a
/// [`Diagnostic`] where none was named and one of the usual name is there, and where the name says another format.
pub fn export(arguments: &ExportArgs) -> Result<(), Error> {
    let part = Part::from(arguments.what);
    let output = target(arguments, part)?;
    takes_safetensors(&output)?;
    let mut file = WeightsFile::open(&arguments.run, arguments.step)?;
    for file in &file.skipped {
        say(&format!("warning: passed over: {file}"));
    }
    if let Some(words) = file.without_prefixes() {
        say(&format!("note: {} is read {words}", file.path().display()));
    }
    let export = Export::of(&mut file, part, arguments.format.into())?;
    output.write(&export.file)?;
    let of = file.path().display();
    let step = export
        .origin
        .step
        .map_or_else(String::new, |step| format!(", step {step}"));
    say(&format!("saved {output}: {} of {of}{step}", part.name()));
    for (layer, gain) in &export.layer_gain {
        say(&format!(
            "note: multiply the normalized weight of layer {layer} by {gain}, its layer_gain, which these keys cannot say \
             (--python shows how, --format baked holds it)"
        ));
    }
    if let Some(gain) = export.gain.filter(|&gain| gain != 1.0) {
        say(&format!(
            "note: multiply D's output by {gain}, its gain, which no layer holds"
        ));
    }
    if arguments.python {
        write_out(python::module(&export, &output.to_string()).as_bytes())?;
    }
    Ok(())
}

/// Where to write; a name that nobody gave takes no file's place.
fn target(arguments: &ExportArgs, part: Part) -> Result<Output, Diagnostic> {
    match &arguments.output {
        Some(Output::Stdout) if arguments.python => Err(Diagnostic::plain(
            "the weights and the Python program cannot both go to standard output",
        )
        .with_help("give the weights a file with -o FILE".to_owned())),
        Some(output) => Ok(output.clone()),
        None => {
            let name = format!("{}.safetensors", part.name());
            match Path::new(&name).symlink_metadata() {
                Err(_) => Ok(Output::Path(name.into())),
                Ok(_) => Err(Diagnostic::plain(format!("{name} is there already"))
                    .with_help(format!("to replace it: -o {name}"))),
            }
        }
    }
}
