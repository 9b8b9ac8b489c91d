//! Reads and changes single settings by dotted path.

use super::{
    Preset,
    check::{self, Issue},
    diagnostic::Diagnostic,
    nearest::nearest,
    parse::{locate, parse_types},
    print,
    scan::{Node, scan},
    setting,
    spectral::{LayerSpectral, exception},
};

const ORIGIN: &str = "--set";

/// Returns the preset with the setting at `path` changed to a RON value (`spectral.iterations`, `3`; `loss`, `hinge`).
/// A list's elements are named by position (`generator.betas.0`), layers by key (`spectral.layers.d.0.enabled`).
///
/// # Errors
/// The path is unknown, the value has the wrong type, or [`check`](super::check()) refuses the result.
pub fn set(preset: &Preset, path: &str, value: &str) -> Result<Preset, Diagnostic> {
    set_all(preset, &[format!("{path}={value}")])
}

/// Returns the preset with several settings (`path=value`) changed in order. Only the final preset is checked, so
/// settings that depend on each other can be given one by one.
///
/// # Errors
/// A path is unknown, a value has the wrong type, or the result is refused. The error points into the setting at fault.
pub fn set_all<T: AsRef<str>>(preset: &Preset, settings: &[T]) -> Result<Preset, Diagnostic> {
    let mut changed = preset.clone();
    for setting in settings {
        changed = replace(&changed, setting.as_ref())?;
    }
    match check::check(&changed) {
        Ok(()) => Ok(changed),
        Err(issue) => Err(blame(issue, &changed, settings)),
    }
}

/// Returns the RON text of the setting at a path, if there is one.
pub fn get(preset: &Preset, path: &str) -> Option<String> {
    let text = print::body(&with_exception(preset, path));
    let span = scan(&text).root.item(path)?.value.span.clone();
    text.get(span).map(str::to_owned)
}

/// Returns every path of a preset with its value as RON, parents first.
pub fn paths(preset: &Preset) -> Vec<(String, String)> {
    let text = print::body(preset);
    let scan = scan(&text);
    let paths = scan.root.paths().into_iter();
    paths
        .map(|(path, node)| (path, text[node.span.clone()].to_owned()))
        .collect()
}

/// Splits `path=value` and trims both.
pub(super) fn split(setting: &str) -> Option<(&str, &str)> {
    let (path, value) = setting.split_once('=')?;
    let path = path.trim();
    (!path.is_empty()).then_some((path, value.trim()))
}

/// Changes one setting and checks its type only.
fn replace(preset: &Preset, setting: &str) -> Result<Preset, Diagnostic> {
    let whole = 0..setting.len();
    let Some((path, value)) = split(setting) else {
        let message = "this is not KEY=VALUE";
        return Err(Diagnostic::at(ORIGIN, setting, whole, message)
            .with_help("write it as KEY=VALUE: spectral.iterations=3".to_owned()));
    };
    let before = print::body(&with_exception(preset, path));
    let root = scan(&before).root;
    let start = setting.find('=').map_or(0, |at| at + 1);
    let start = start + (setting[start..].len() - setting[start..].trim_start().len());
    let Some(item) = root.item(path) else {
        let at = setting.find(path).unwrap_or(0);
        let message = if setting::exists(path) {
            format!("this preset's kind of data has no `{path}`")
        } else {
            format!("unknown setting `{path}`")
        };
        return Err(
            Diagnostic::at(ORIGIN, setting, at..at + path.len(), message)
                .with_help(suggestion(path, &root)),
        );
    };
    let wrong = |message: &str| {
        let span = start..start + value.len();
        Diagnostic::at(ORIGIN, setting, span, message)
    };
    // Several values or unbalanced brackets could change other fields.
    let seen = scan(value);
    if value.is_empty() {
        return Err(wrong(&format!("there is no value for `{path}`")));
    }
    if seen.end != value.len() || seen.unclosed.is_some() || seen.mismatched.is_some() {
        return Err(wrong("this is not one RON value").with_help(
            "put texts in quotes, close every bracket, and give one --set for each setting"
                .to_owned(),
        ));
    }
    let span = item.value.span.clone();
    let after = format!("{}{value}\n{}", &before[..span.start], &before[span.end..]);
    match parse_types(&after, ORIGIN) {
        Ok(mut changed) => {
            let exceptions = &mut changed.spectral.layers;
            exceptions.retain(|_, layer| *layer != LayerSpectral::default());
            Ok(changed)
        }
        Err(error) => {
            let inside = error.span.clone().and_then(|place| {
                let from = place.start.checked_sub(span.start)?;
                let to = place.end.checked_sub(span.start)?.min(value.len());
                (from < to).then_some(start + from..start + to)
            });
            let place = inside.unwrap_or(start..start + value.len());
            Err(Diagnostic::at(ORIGIN, setting, place, error.message).with_help(error.help))
        }
    }
}

/// Returns the preset with an exception for the layer that a path below `spectral.layers` names, so that the path
/// exists.
fn with_exception(preset: &Preset, path: &str) -> Preset {
    let mut preset = preset.clone();
    let Some((key, _)) = exception(path) else {
        return preset;
    };
    let mut parts = key.split('.');
    let network = matches!(parts.next(), Some("d" | "g"));
    let position = parts
        .next()
        .is_some_and(|part| part.parse::<usize>().is_ok());
    // The check refuses layers that do not exist.
    if network && position {
        preset.spectral.layers.entry(key.to_owned()).or_default();
    }
    preset
}

/// Returns the known path most similar to an unknown one.
fn suggestion(path: &str, root: &Node) -> String {
    let known: Vec<String> = root.paths().into_iter().map(|(path, _)| path).collect();
    let ending: Vec<&str> = known
        .iter()
        .map(String::as_str)
        .filter(|known| known.strip_suffix(path).is_some_and(|k| k.ends_with('.')))
        .collect();
    if !ending.is_empty() && ending.len() <= 3 {
        return format!("did you mean `{}`?", ending.join("` or `"));
    }
    let near = nearest(path, known.iter().map(String::as_str));
    if let Some(near) = near.filter(|_| !setting::exists(path)) {
        return format!("did you mean `{near}`?");
    }
    let parent = path.rsplit_once('.').and_then(|(parent, _)| {
        let item = root.item(parent)?;
        Some((parent, &item.value))
    });
    let (holder, node) = match parent {
        Some((parent, node)) => (format!("`{parent}` has"), node),
        None => ("a preset has".to_owned(), root),
    };
    let names: Vec<String> = (node.items.iter().enumerate())
        .map(|(index, item)| item.segment(index))
        .collect();
    format!("{holder} {}", names.join(", "))
}

/// Points at the setting that the check refused.
fn blame<T: AsRef<str>>(issue: Issue, changed: &Preset, settings: &[T]) -> Diagnostic {
    let related = |setting: &&T| {
        let path = split(setting.as_ref()).map_or("", |(path, _)| path);
        let holds = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        holds(path, &issue.path) || holds(&issue.path, path)
    };
    let last = settings.iter().rfind(related).or(settings.last());
    let Some(setting) = last.map(AsRef::as_ref) else {
        return locate(issue, &print::body(changed), ORIGIN);
    };
    let (path, value) = split(setting).unwrap_or_default();
    let end = setting.trim_end().len();
    let start = end - value.len();
    let span = match issue.path.strip_prefix(path) {
        // The value, or a part of it, is at fault.
        Some(part) => {
            let root = scan(value).root;
            let part = root.item(part.trim_start_matches('.'));
            let within = part.map_or(0..value.len(), |item| item.value.span.clone());
            start + within.start..start + within.end
        }
        None if path.starts_with(&issue.path) => {
            let at = setting.find(path).unwrap_or(0);
            at..at + path.len()
        }
        None => start..end,
    };
    Diagnostic::at(ORIGIN, setting, span, issue.message).with_help(issue.help)
}
