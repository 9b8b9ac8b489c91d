//! The command line, and above it its error, its completions or a hint.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use crate::tui::{
    app::App,
    line::{Completion, field::Field},
    look::theme::Theme,
};

/// The maximum number of visible candidates.
const SHOWN: usize = 8;

/// Draws the line in `row`, and the rest in the last rows of `above`.
pub(crate) fn render(buf: &mut Buffer, row: Rect, above: Rect, app: &App) {
    let Some(line) = &app.line else { return };
    let theme = &app.look.theme;
    Clear.render(row, buf);
    let prompt = Span::styled(":", theme.key);
    typed(&line.field, prompt, row.width, theme).render(row, buf);
    if let Some(error) = line.error.as_ref().or(line.question.as_ref()) {
        let words = format!("{error} ");
        let lines = super::wrap(&words, above.width as usize);
        let lines = lines
            .into_iter()
            .map(|text| Line::styled(text, theme.error));
        stack(buf, above, lines.collect());
    } else if let Some(completion) = &line.completion {
        stack(buf, above, candidates(completion, theme));
    } else if line.field.text().is_empty() {
        let hint = "KEY=VALUE or a command: Tab lists all, ↑ recalls earlier lines, Esc closes";
        stack(buf, above, vec![Line::styled(hint, theme.dim)]);
    }
}

/// Returns the line of a text field with its cursor, scrolled to keep the cursor visible.
pub(crate) fn typed<'a>(field: &Field, prompt: Span<'a>, width: u16, theme: &Theme) -> Line<'a> {
    let room = (width as usize).saturating_sub(prompt.width() + 1).max(1);
    let before: Vec<char> = field.before().chars().collect();
    let hidden = before.len().saturating_sub(room);
    let before: String = before[hidden..].iter().collect();
    let mut after = field.after().chars();
    let at = after.next().unwrap_or(' ');
    Line::from(vec![
        prompt,
        Span::raw(before),
        Span::styled(at.to_string(), theme.selected),
        Span::raw(after.collect::<String>()),
    ])
}

/// Draws the words of a search, with a cursor while they are typed.
pub(super) fn search(buf: &mut Buffer, row: Rect, field: &Field, typing: bool, theme: &Theme) {
    let prompt = Span::styled("search: ", theme.key);
    let line = if typing {
        typed(field, prompt, row.width, theme)
    } else {
        Line::from(vec![prompt, Span::raw(field.text().to_owned())])
    };
    super::cut(line, row.width as usize).render(row, buf);
}

fn candidates(completion: &Completion, theme: &Theme) -> Vec<Line<'static>> {
    let chosen = completion.chosen.unwrap_or(0);
    let first = chosen.saturating_sub(SHOWN - 2);
    let count = completion.candidates.len();
    let width = completion.candidates.iter().map(|c| c.text.chars().count());
    let width = width.max().unwrap_or(0).min(40);
    let mut lines: Vec<Line> = (completion.candidates.iter().enumerate())
        .skip(first)
        .take(SHOWN)
        .map(|(at, candidate)| {
            let style = if completion.chosen == Some(at) {
                theme.selected
            } else {
                ratatui::style::Style::new()
            };
            Line::from(vec![
                Span::styled(format!(" {:<width$} ", candidate.text), style),
                Span::styled(format!(" {}", candidate.about), theme.dim),
            ])
        })
        .collect();
    let left = count.saturating_sub(first + SHOWN);
    if left > 0 {
        lines.push(Line::styled(format!(" {left} more"), theme.dim));
    }
    lines
}

/// Draws lines over the last rows of an area.
fn stack(buf: &mut Buffer, area: Rect, lines: Vec<Line>) {
    let height = (lines.len() as u16).min(area.height);
    let place = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    Clear.render(place, buf);
    let skipped = lines.len() - height as usize;
    for (line, row) in lines.into_iter().skip(skipped).zip(place.rows()) {
        super::cut(line, row.width as usize).render(row, buf);
    }
}
