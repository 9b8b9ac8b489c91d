//! The parser of the actions and keys in a file of keys.

use std::ops::Range;

use crate::{
    preset::{
        Diagnostic,
        nearest::nearest,
        scan::{Item, scan},
    },
    tui::app::{action::Action, keys::Key},
};

/// Checks that a text is a RON struct or map.
///
/// # Errors
/// A syntax error, or another kind of value, with its place in the text.
pub(super) fn check_syntax(text: &str, origin: &str) -> Result<(), Diagnostic> {
    let form = "actions and their keys in brackets: (toggle_sn: [\"s\", \"F2\"])";
    let Err(error) = ron::from_str::<ron::Value>(text) else {
        let scan = scan(text);
        let root = text[scan.root.span.clone()].chars().next();
        return match root {
            Some('(' | '{') => Ok(()),
            _ => Err(
                Diagnostic::at(origin, text, 0..1, "this is not a list of keys")
                    .with_help(form.to_owned()),
            ),
        };
    };
    let place = error.span.start;
    let line_start = text
        .split_inclusive('\n')
        .take(place.line.saturating_sub(1));
    let line_start: usize = line_start.map(str::len).sum();
    let column = text[line_start..].chars().take(place.col.saturating_sub(1));
    let start = line_start + column.map(char::len_utf8).sum::<usize>();
    let end = text[start..]
        .chars()
        .next()
        .map_or(start, |c| start + c.len_utf8());
    Err(Diagnostic::at(origin, text, start..end, error.code.to_string()).with_help(form.to_owned()))
}

/// Returns the action that an item names, and the place of the name.
///
/// # Errors
/// The item has no name, or no action has this name.
pub(super) fn parse_action(
    item: &Item,
    text: &str,
    origin: &str,
) -> Result<(Action, Range<usize>), Diagnostic> {
    let Some((name, span)) = &item.key else {
        let message = "an action's name comes first: toggle_sn: [\"s\"]";
        return Err(Diagnostic::at(
            origin,
            text,
            item.value.span.clone(),
            message,
        ));
    };
    match Action::ALL.iter().find(|action| action.name() == name) {
        Some(action) => Ok((*action, span.clone())),
        None => {
            let known = || Action::ALL.iter().map(|action| action.name());
            let help = match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the actions are {}", known().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("there is no action `{name}`");
            Err(Diagnostic::at(origin, text, span.clone(), message).with_help(help))
        }
    }
}

/// Returns the keys that an item lists, each with its place.
///
/// # Errors
/// The value is not a list of texts, or a text is not the name of a key.
pub(super) fn parse_keys(
    item: &Item,
    text: &str,
    origin: &str,
) -> Result<Vec<(Key, Range<usize>)>, Diagnostic> {
    let value = &item.value;
    let wrong = |span: Range<usize>, message: String| Diagnostic::at(origin, text, span, message);
    if !text[value.span.clone()].starts_with('[') {
        let message = "put keys in a list: [\"s\", \"F2\"]".to_owned();
        return Err(wrong(value.span.clone(), message));
    }
    let read = |item: &Item| {
        let span = item.value.span.clone();
        let name: String = ron::from_str(&text[span.clone()]).map_err(|_| {
            let message = "a key is a text in quotes: \"F2\"".to_owned();
            wrong(span.clone(), message)
        })?;
        match Key::parse(&name) {
            Ok(key) => Ok((key, span)),
            Err(error) => {
                let help = format!(
                    "a character, Ctrl- with a letter, F1 to F12, {}",
                    Key::names()
                );
                Err(wrong(span, error.to_string()).with_help(help))
            }
        }
    };
    value.items.iter().map(read).collect()
}
