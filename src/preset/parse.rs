//! The strict parser: RON text to preset.

use std::ops::Range;

use ron::{
    Options,
    error::{Error, Position, SpannedError},
    extensions::Extensions,
};

use super::{
    Preset,
    check::{self, Issue},
    diagnostic::Diagnostic,
    form,
    nearest::nearest,
    scan::{Node, Scan, scan},
    setting,
};

/// The RON dialect of presets: `decay_steps: 3000` means `Some(3000)`.
pub(super) fn options() -> Options {
    Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// Parses and checks a preset. `origin` names the text in errors (a file, `built-in preset ring`).
///
/// # Errors
/// Names the first error and its place: syntax, unknown, missing or repeated fields, wrong types, values out of range,
/// layers that do not fit.
pub fn parse(text: &str, origin: &str) -> Result<Preset, Diagnostic> {
    let preset = parse_types(text, origin)?;
    match check::check(&preset) {
        Ok(()) => Ok(preset),
        Err(issue) => Err(locate(issue, text, origin)),
    }
}

/// Parses a preset without checking its values.
pub(super) fn parse_types(text: &str, origin: &str) -> Result<Preset, Diagnostic> {
    options().from_str(text).map_err(|error| {
        let scan = scan(text);
        let (span, message, help) = explain(&error, text, &scan);
        Diagnostic::at(origin, text, span, message).with_help(help)
    })
}

/// Places an issue in the text: at its value, or at the innermost value around it that the text has.
pub(super) fn locate(issue: Issue, text: &str, origin: &str) -> Diagnostic {
    let scan = scan(text);
    let mut path = issue.path.as_str();
    let span = loop {
        if let Some(item) = scan.root.item(path) {
            break match &item.key {
                // A key of `spectral.layers` is itself at fault.
                Some((_, span)) if path.starts_with("spectral.layers.") && item.value.bracketed => {
                    span.clone()
                }
                _ => item.value.span.clone(),
            };
        }
        match path.rsplit_once('.') {
            Some((parent, _)) => path = parent,
            None => break scan.root.span.start..scan.root.span.start + 1,
        }
    };
    Diagnostic::at(origin, text, span, issue.message).with_help(issue.help)
}

/// A sketch of a preset, for help lines.
const FORM: &str = "a preset is a list of fields in brackets: (data: …, latent: …, generator: …, discriminator: …)";

type Explanation = (Range<usize>, String, Option<String>);

fn explain(error: &SpannedError, text: &str, scan: &Scan) -> Explanation {
    let span = offset(text, error.span.start)..offset(text, error.span.end);
    if let Some((open, close)) = scan.mismatched {
        let opening = &text[open..open + 1];
        let line = text[..close].matches('\n').count() + 1;
        let help = format!("a `{}` on line {line} comes first", &text[close..close + 1]);
        return (
            open..open + 1,
            format!("this `{opening}` is never closed"),
            Some(help),
        );
    }
    if let Some(quote) = scan
        .unclosed
        .filter(|&at| !"([{".contains(&text[at..at + 1]))
    {
        // Quotation marks pair up wrongly from the first text on that runs over the end of its line.
        let start = scan.runaway.unwrap_or(quote);
        let message = "this text in quotes has no end on its line".to_owned();
        return (start..start + 1, message, None);
    }
    let (span, message, help) = match &error.code {
        Error::NoSuchStructField {
            expected,
            found,
            outer,
        } => {
            let place = outer.as_deref().map_or("", place);
            let message = format!("unknown field `{}`{place}", clip(found));
            (span, message, Some(among(found, expected)))
        }
        Error::NoSuchEnumVariant {
            expected,
            found,
            outer,
        } => {
            let kind = outer.as_deref().map_or("name", kind);
            let message = format!("unknown {kind} `{}`", clip(found));
            (span, message, Some(among(found, expected)))
        }
        Error::MissingStructField { field, outer } => {
            let place = outer.as_deref().map_or("", place);
            let start = scan.root.around(span.start).1.span.start;
            let message = format!("the field `{field}` is missing{place}");
            (start..start + 1, message, None)
        }
        Error::DuplicateStructField { field, .. } => {
            let message = format!("the field `{field}` is given twice");
            (span, message, None)
        }
        Error::Eof => (
            scan.unclosed.map_or(span, |open| open..open + 1),
            "the text ends before this is closed".to_owned(),
            None,
        ),
        Error::TrailingCharacters => {
            let message = "nothing may follow the preset's closing bracket".to_owned();
            let start = solid(text, span.start);
            (start..span.end.max(start + 1), message, None)
        }
        Error::ExceededRecursionLimit => (span, "brackets are nested too deeply".to_owned(), None),
        code => value(code, span, text, &scan.root),
    };
    let help = help.or_else(|| match error.code {
        Error::Eof => None,
        _ => suspicion(text, scan, span.start),
    });
    (span, message, help)
}

/// A hint that an unclosed bracket or quotation mark before the error may have caused it.
fn suspicion(text: &str, scan: &Scan, offset: usize) -> Option<String> {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    if let Some(start) = scan.runaway.filter(|&start| start <= offset) {
        let line = line(start);
        return Some(format!(
            "the text in quotes that starts on line {line} runs over the end of the line: is a `\"` missing?"
        ));
    }
    let open = scan.unclosed?;
    let bracket = &text[open..open + 1];
    let line = line(open);
    Some(format!("the `{bracket}` on line {line} is never closed"))
}

/// Explains a value of the wrong type, or wrong punctuation.
fn value(code: &Error, span: Range<usize>, text: &str, root: &Node) -> Explanation {
    // The parser stops before white space that precedes the value.
    let at = solid(text, span.start);
    if text[at..].trim().is_empty() && root.span.is_empty() {
        let message = "there is no preset in this text".to_owned();
        return (at..at, message, Some(FORM.to_owned()));
    }
    if *code == Error::ExpectedComma && root.starts_at(at) {
        return (span, "a comma is missing before this".to_owned(), None);
    }
    if *code == Error::ExpectedMapColon {
        let message = "a colon is missing after the field's name".to_owned();
        return (span, message, None);
    }
    let (mut path, mut node) = match code {
        // Brackets are missing: the parser stands behind a bare name.
        Error::ExpectedStructLike if !root.starts_at(at) => {
            root.around(span.start.saturating_sub(1))
        }
        _ => root.around(at),
    };
    if path.is_empty() || path.starts_with(|c: char| c.is_ascii_digit()) {
        let message = match code {
            Error::ExpectedNamedStructLike(_) | Error::ExpectedIdentifier => {
                "this does not start like a preset".to_owned()
            }
            code => format!("{code}"),
        };
        return (at..at + 1, message, Some(FORM.to_owned()));
    }
    let layer = layer_path(&path).and_then(|layer| {
        let whole = &root.item(layer)?.value;
        Some((layer.to_owned(), whole))
    });
    if let (Some((layer, whole)), Error::SuggestRawIdentifier(_) | Error::ExpectedIdentifier) =
        (&layer, code)
    {
        // A value stands where the name of a layer's field should.
        (path, node) = (layer.clone(), whole);
    }
    let help = match layer.map(|(_, whole)| form::form(&whole.name)) {
        Some(Some(form)) => format!("it is written {form}"),
        Some(None) => {
            let names: Vec<&str> = form::names().collect();
            format!("a layer is one of {}", names.join(", "))
        }
        None => match setting::words(&path) {
            Some(values) => format!("it takes {values}"),
            None => format!("{code}"),
        },
    };
    let shown = clip(text.get(node.span.clone()).unwrap_or_default());
    let message = format!("`{path}` cannot be `{shown}`");
    (node.span.clone(), message, Some(help))
}

/// The layer's part of a path: `generator.layers.3` of `generator.layers.3.out`.
fn layer_path(path: &str) -> Option<&str> {
    let (network, rest) = path.split_once(".layers.")?;
    if !matches!(network, "generator" | "discriminator") {
        return None;
    }
    let position = rest.split('.').next()?;
    path.get(..network.len() + ".layers.".len() + position.len())
}

/// The phrase " in …" for a type of the schema.
fn place(outer: &str) -> &'static str {
    match outer {
        "NetworkSpec" => " in a network",
        "Spectral" => " in `spectral`",
        "LayerSpectral" => " in a layer's exception",
        "Samples" => " in `samples`",
        "Scoring" => " in `scores`",
        "SpectraSchedule" => " in `spectra`",
        "Checkpoints" => " in `checkpoints`",
        "Images" => " in Images",
        "Mixture" => " in Mixture",
        "Ring" => " in Ring",
        "Grid" => " in Grid",
        "Linear" => " in Linear",
        "Conv2d" => " in Conv2d",
        "ConvTranspose2d" => " in ConvTranspose2d",
        _ => "",
    }
}

/// The noun for the variants of an enum of the schema.
fn kind(outer: &str) -> &'static str {
    match outer {
        "Loss" => "loss",
        "LayerSpec" => "layer",
        "Data" => "kind of data",
        "Centres" => "arrangement of centres",
        "Source" => "source of images",
        "Fit" => "value of `fit`",
        "OnDisable" => "value of `on_disable`",
        "WeightInit" => "initialization",
        _ => "name",
    }
}

/// Help that names the nearest of the expected names, or all of them.
fn among(found: &str, expected: &[&str]) -> String {
    match nearest(found, expected.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known here: {}", expected.join(", ")),
    }
}

/// The start of a text, on one line.
fn clip(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The first byte from `offset` on that is not white space.
fn solid(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    offset + (rest.len() - rest.trim_start().len())
}

/// The byte at a line and column, each from 1; columns count characters.
fn offset(text: &str, position: Position) -> usize {
    let line: usize = text
        .split_inclusive('\n')
        .take(position.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let columns = text[line..].chars().take(position.col.saturating_sub(1));
    line + columns.map(char::len_utf8).sum::<usize>()
}
