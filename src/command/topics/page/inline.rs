//! Inline Markdown: emphasis, code, links, pictures.

use super::CODE;

/// Removes the marks of emphasis, puts code between [`CODE`]s, and replaces links by their text, with the address if it
/// leads to the web.
pub(super) fn inline(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((code, after)) = rest.strip_prefix('`').and_then(|r| r.split_once('`')) {
            plain += &format!("{CODE}{code}{CODE}");
            rest = after;
        } else if let Some((label, address, after)) = link(rest) {
            plain += &link_text(label, address);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('*') {
            rest = after;
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    plain
}

/// Splits `[label](address)`, or a picture, at the beginning of a text into label, address and the text after it.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let inner = text.strip_prefix("![").or_else(|| text.strip_prefix('['))?;
    let (label, rest) = inner.split_once("](")?;
    if label.contains(['[', ']']) {
        return None;
    }
    let (address, after) = rest.split_once(')')?;
    Some((label, address, after))
}

/// Returns the text of a link.
fn link_text(label: &str, address: &str) -> String {
    let label = inline(label);
    match address.strip_suffix(".md") {
        Some(page) if page == label => format!("{CODE}sn-tui help {page}{CODE}"),
        Some(_) => label,
        None if address.starts_with("http") && !label.starts_with("http") => {
            format!("{label} ({address})")
        }
        None if address.ends_with(".svg") || address.ends_with(".png") => {
            format!("[picture: {label}]")
        }
        None => label,
    }
}
