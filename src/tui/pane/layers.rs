//! Every layer with a weight: σ estimated and exact, and how its weight is.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::super::app::App;

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let title = super::title(&app.look, "layers", &[]);
    let inner = super::frame(buf, area, framed, &app.look, title, Line::default());
    super::empty(buf, inner, &app.look, "no spectra yet");
}
