//! `sn-tui export`: one network of a run as a file that PyTorch loads.

pub mod python;

use std::{error::Error, path::PathBuf};

use crate::{
    cli::{ExportArgs, say, write_out},
    preset::Diagnostic,
    run::weights::{Export, Part, Stored},
};

/// Writes the network that the arguments name, and prints its Python module where they ask for it.
///
/// # Errors
/// A run or a file that is not there, cannot be read, or does not hold the network; a file that cannot be written; a
/// [`Diagnostic`] where none was named and one of the usual name is there.
pub fn export(arguments: &ExportArgs) -> Result<(), Box<dyn Error>> {
    let part = Part::from(arguments.what);
    let path = target(arguments, part)?;
    let mut stored = Stored::open(&arguments.run, arguments.step)?;
    for file in &stored.passed_over {
        say(&format!("warning: passed over: {file}"));
    }
    if let Some(words) = stored.left_off() {
        say(&format!(
            "note: {} is read {words}",
            stored.path().display()
        ));
    }
    let export = Export::of(&mut stored, part, arguments.format.into())?;
    export.write(&path)?;
    let of = stored.path().display();
    let step = export
        .origin
        .step
        .map_or_else(String::new, |step| format!(", step {step}"));
    say(&format!(
        "saved {}: {} of {of}{step}",
        path.display(),
        part.name()
    ));
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
        write_out(python::module(&export, &path.to_string_lossy()).as_bytes())?;
    }
    Ok(())
}

/// Where to write; a name that nobody gave takes no file's place.
fn target(arguments: &ExportArgs, part: Part) -> Result<PathBuf, Diagnostic> {
    if let Some(path) = &arguments.output {
        return Ok(path.clone());
    }
    let path = PathBuf::from(format!("{}.safetensors", part.name()));
    match path.symlink_metadata() {
        Err(_) => Ok(path),
        Ok(_) => Err(
            Diagnostic::plain(format!("{} is there already", path.display()))
                .with_help(format!("to replace it: -o {}", path.display())),
        ),
    }
}
