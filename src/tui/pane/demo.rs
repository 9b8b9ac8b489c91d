//! The text of the demo, below the view.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use crate::tui::{app::App, layout::bottom};

/// The longest lines of the text, in columns.
const WIDEST: usize = 110;

/// Draws the text at the bottom of the area of the view, if the demo is on. Returns the area that is left.
pub(crate) fn render(buf: &mut Buffer, mut area: Rect, app: &App) -> Rect {
    let (Some(demo), Some(text)) = (&app.demo, app.demo_text()) else {
        return area;
    };
    let look = &app.look;
    let width = (area.width as usize).saturating_sub(2);
    let lines = super::wrap(&text, width.min(WIDEST));
    let rows = (lines.len() as u16 + 1).min(area.height / 2);
    let place = bottom(&mut area, rows);
    Clear.render(place, buf);
    let (number, all) = demo.number();
    let title = Line::from(vec![
        Span::raw(" "),
        Span::styled(format!("demo {number}/{all}"), look.theme.title),
        Span::raw(" "),
    ]);
    let keys = if demo.waits() {
        " Enter goes on, Esc leaves the demo "
    } else {
        " Esc leaves the demo "
    };
    let remark = Line::styled(keys, look.theme.key);
    let inner = super::frame_in(buf, place, false, look.theme.focus, title, remark);
    for (line, row) in lines.into_iter().zip(inner.rows()) {
        Line::raw(format!(" {line}")).render(row, buf);
    }
    area
}
