//! Loads the preset that an argument names: a file, a run, or a built-in preset.

use std::{fs::File, io, path::Path};

use super::{Diagnostic, Preset, builtin::builtin, parse};
use crate::{
    files::open::{self, bounded},
    text::{one_line, wording::unreadable},
};

/// File name of the effective preset in a run's directory.
pub const OF_A_RUN: &str = "preset.ron";
/// Largest size of a preset file in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// A preset and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The built-in name, or the file's name without `.ron`; for a run, the name of the preset that it was started
    /// from.
    pub name: String,
    /// The preset, parsed and checked.
    pub preset: Preset,
}

/// Loads the preset that an argument names. It is a path if it ends in `.ron` or contains `/`, else a built-in preset.
/// A directory is a run: its effective preset is loaded.
///
/// # Errors
/// The file cannot be read or holds no preset, the directory has none, or the name is unknown.
pub fn load(argument: &str) -> Result<Named, Diagnostic> {
    if !argument.ends_with(".ron") && !argument.contains('/') {
        return Ok(Named {
            name: argument.to_owned(),
            preset: builtin(argument).map_err(|unknown| {
                if Path::new(argument).join(OF_A_RUN).is_file() {
                    unknown.with_help(format!("the run in this folder is `{argument}/`"))
                } else {
                    unknown
                }
            })?,
        });
    }
    if Path::new(argument).is_dir() {
        return of_a_run(Path::new(argument));
    }
    // The path may be a pipe, as in a shell's <(…).
    let text = read(argument, |path| File::open(path))?;
    let stem = Path::new(argument).file_stem();
    Ok(Named {
        name: stem.map_or_else(
            || "preset".into(),
            |stem| stem.to_string_lossy().into_owned(),
        ),
        preset: parse(&text, argument)?,
    })
}

fn of_a_run(folder: &Path) -> Result<Named, Diagnostic> {
    let path = folder.join(OF_A_RUN);
    let path = path.to_string_lossy();
    if !Path::new(&*path).exists() {
        let message = format!(
            "{} is not the folder of a run: there is no {OF_A_RUN} in it",
            folder.display()
        );
        let help = "name a run's folder, or the preset file itself".to_owned();
        return Err(Diagnostic::plain(message).with_help(help));
    }
    let text = read(&path, open::no_follow)?;
    let preset = parse(&text, &path)?;
    let name = title(&text, &preset.about).map_or_else(
        || {
            folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        },
        str::to_owned,
    );
    Ok(Named { name, preset })
}

/// The name in the first comment of a printed preset; see [`print`](super::print()).
fn title<'a>(text: &'a str, about: &str) -> Option<&'a str> {
    let title = text.lines().next()?.strip_prefix("// ")?;
    let name = match about {
        "" => title,
        about => title.strip_suffix(&*one_line(about))?.strip_suffix(": ")?,
    };
    (!name.is_empty()).then_some(name)
}

/// Reads a preset file as text, without a byte order mark.
fn read(path: &str, open: impl Fn(&Path) -> io::Result<File>) -> Result<String, Diagnostic> {
    let bytes = open(Path::new(path)).and_then(|file| bounded(file, MAX_BYTES));
    let bytes = bytes.map_err(|error| {
        let message = match error.kind() {
            io::ErrorKind::FileTooLarge => {
                format!("{path} is longer than 1 MiB: it is no preset")
            }
            _ => unreadable(path, error),
        };
        Diagnostic::plain(message)
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let span = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            Err(Diagnostic::at(path, &text, span, "this is not UTF-8 text")
                .with_help("a preset is a RON text file".to_owned()))
        }
    }
}
