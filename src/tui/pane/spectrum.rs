//! The singular values of a layer.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::super::app::App;

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let title = super::title(&app.look, "spectrum", &[]);
    let inner = super::frame(buf, area, framed, &app.look, title, Line::default());
    super::empty(buf, inner, &app.look, "no spectra yet");
}
