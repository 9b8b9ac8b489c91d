//! `sn-tui export`: writes one network of a run as a file that PyTorch loads.

pub(crate) mod arguments;

pub(crate) mod python;

use std::path::Path;

use super::{Error, ExportArgs, check_safetensors, stored};
use crate::{
    files::Output,
    preset::Diagnostic,
    text::streams::{say, write_out},
    weights::{Export, Part},
};

/// Writes the network that the arguments name and, with `--python`, prints its PyTorch module.
///
/// # Errors
/// - The run or file does not exist, cannot be read, or does not hold the network.
/// - The output cannot be written, has the extension of another format, or was not named and the default name is taken.
pub(crate) fn export(arguments: &ExportArgs) -> Result<(), Error> {
    let part = Part::from(arguments.what);
    let output = target(arguments, part)?;
    check_safetensors(&output)?;
    let mut stored = stored::open(&arguments.run, arguments.step)?;
    let export = Export::of(&mut stored, part, arguments.format.into())?;
    output.write(&export.file)?;
    let of = stored.path().display();
    let step = stored::at_step(&export.origin);
    say(&format!("saved {output}: {} of {of}{step}", part.name()));
    for (layer, gain) in &export.layer_gain {
        say(&format!(
            "note: multiply the normalized weight of layer {layer} by {gain}, its layer_gain, which no key holds \
             (--python shows how; --format baked includes it)"
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

/// Returns where to write. Without `-o` an existing file is not replaced.
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
                Ok(_) => Err(Diagnostic::plain(format!("{name} exists already"))
                    .with_help(format!("to replace it: -o {name}"))),
            }
        }
    }
}
