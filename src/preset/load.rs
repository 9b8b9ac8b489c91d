//! A preset by the argument that names it: a file or one of the built-in ones.

use std::{fs::File, io::Read, path::Path};

use super::{Diagnostic, Preset, builtin::builtin, parse};

/// Longer files are not presets.
const MAX_BYTES: u64 = 1 << 20;

/// A preset and what to call it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The built-in name, or the file's without `.ron`.
    pub name: String,
    pub preset: Preset,
}

/// Loads what an argument names: a path where it ends in `.ron` or holds `/`, else a built-in preset.
///
/// # Errors
/// A file that cannot be read or holds no preset, an unknown name.
pub fn load(argument: &str) -> Result<Named, Diagnostic> {
    if !argument.ends_with(".ron") && !argument.contains('/') {
        return Ok(Named {
            name: argument.to_owned(),
            preset: builtin(argument)?,
        });
    }
    let text = read(argument)?;
    let stem = Path::new(argument).file_stem();
    Ok(Named {
        name: stem.map_or_else(
            || "preset".into(),
            |stem| stem.to_string_lossy().into_owned(),
        ),
        preset: parse(&text, argument)?,
    })
}

/// A preset file as text, without a byte order mark.
fn read(path: &str) -> Result<String, Diagnostic> {
    let unreadable =
        |error: std::io::Error| Diagnostic::plain(format!("{path} cannot be read: {error}"));
    if Path::new(path).is_dir() {
        let help = "name the preset file itself".to_owned();
        return Err(
            Diagnostic::plain(format!("{path} is a folder, not a preset file")).with_help(help),
        );
    }
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(unreadable)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("{path} is longer than 1 MiB: it is no preset");
        return Err(Diagnostic::plain(message));
    }
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
