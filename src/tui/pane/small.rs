//! The notice in a terminal that is too small.

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::Widget};

use super::lanes;
use crate::tui::{app::App, layout::MIN_SIZE, words::number};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let snapshot = &app.snapshot;
    let (_, word, _) = lanes::status(&app.look, &snapshot.status);
    let lines = [
        format!("{word} {}", number::count(snapshot.step)),
        format!("of {} steps", number::count(snapshot.steps)),
        "too small to show".to_owned(),
        format!("{}×{} are needed", MIN_SIZE.0, MIN_SIZE.1),
        "q quit".to_owned(),
    ];
    for (text, row) in lines.into_iter().zip(area.rows()) {
        super::cut(Line::raw(text), area.width as usize).render(row, buf);
    }
}
