//! Single settings by dotted path: read, change, check.

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

/// The preset with the setting at `path` changed to a RON value (`spectral.iterations`, `3`; `loss`, `hinge`). List
/// elements are reached by their position (`generator.betas.0`), layers by their key (`spectral.layers.d.0.enabled`).
///
/// # Errors
/// An unknown path, a value of the wrong type, or one that makes the preset impossible.
pub fn set(preset: &Preset, path: &str, value: &str) -> Result<Preset, Diagnostic> {
    set_all(preset, &[format!("{path}={value}")])
}

/// The preset with several settings (`path=value`) changed in order; only the result must be possible as a whole, so
/// that settings which need each other can be given one by one.
///
/// # Errors
/// As [`set`]; the error points into the setting that is to blame.
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

/// The RON text of the setting at this path; none where there is none.
pub fn get(preset: &Preset, path: &str) -> Option<String> {
    let text = print::body(&with_exception(preset, path));
    let span = scan(&text).root.item(path)?.value.span.clone();
    text.get(span).map(str::to_owned)
}

/// Every path of a preset with its value's RON text, parents before children.
pub fn paths(preset: &Preset) -> Vec<(String, String)> {
    let text = print::body(preset);
    let scan = scan(&text);
    let paths = scan.root.paths().into_iter();
    paths
        .map(|(path, node)| (path, text[node.span.clone()].to_owned()))
        .collect()
}

/// Splits `path=value`; white space around either is left out.
pub(super) fn split(setting: &str) -> Option<(&str, &str)> {
    let (path, value) = setting.split_once('=')?;
    let path = path.trim();
    (!path.is_empty()).then_some((path, value.trim()))
}

/// Changes one setting, by types alone.
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
        let message = match setting::exists(path) {
            true => format!("this preset's kind of data has no `{path}`"),
            false => format!("unknown setting `{path}`"),
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
    // A value that holds more than one, or brackets that do not pair, could change other fields.
    let seen = scan(value);
    if value.is_empty() {
        return Err(wrong(&format!("there is no value for `{path}`")));
    }
    if seen.end != value.len() || seen.unclosed.is_some() || seen.mismatched.is_some() {
        return Err(wrong("this is not one RON value").with_help(
            "texts stand in quotes, every bracket is closed; one --set for each setting".to_owned(),
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

/// The preset with an entry for the layer that the path names below `spectral.layers`, so that it has a text.
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
    // Whether there is such a layer is for the check to say.
    if network && position {
        preset.spectral.layers.entry(key.to_owned()).or_default();
    }
    preset
}

/// The known path nearest to an unknown one.
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

/// Points at the setting that made the preset impossible.
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
        // The value or a part of it is at fault.
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
