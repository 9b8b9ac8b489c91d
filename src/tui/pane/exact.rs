//! The step after which the weights were that exact values are of.

use ratatui::text::Span;

use super::members::Member;
use crate::tui::{look::theme::Look, words::number};

/// Returns the step after which the exact measures of lanes or runs were made, or if they are of several steps, that of each.
/// `words` stand before it. Empty if there are none.
pub(super) fn steps<'a>(
    look: &Look,
    words: &str,
    members: impl Iterator<Item = &'a Member<'a>>,
) -> Vec<Span<'static>> {
    let known = members.filter_map(|member| {
        let step = member.snapshot.spectra.as_ref()?.step;
        Some((member, step))
    });
    let known: Vec<_> = known.collect();
    let Some((_, first)) = known.first() else {
        return Vec::new();
    };
    let dim = |text: String| Span::styled(text, look.theme.dim);
    if known.iter().all(|(_, step)| step == first) {
        return vec![dim(format!("{words} {}", number::count(*first)))];
    }
    let mut spans = vec![dim(words.to_owned())];
    for (member, step) in known {
        let step = dim(format!(" {}", number::count(step)));
        spans.extend([Span::raw(" "), member.sign(look), step]);
    }
    spans
}
