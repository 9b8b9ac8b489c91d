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

/// Splits the area of the view into what the demo leaves of it and the place of the demo's text, and returns its lines.
/// `None` if the demo is off.
fn split(mut area: Rect, app: &App) -> Option<(Rect, Rect, Vec<String>)> {
    app.demo.as_ref()?;
    let width = (area.width as usize).saturating_sub(2).min(WIDEST);
    let mut lines = super::wrap(&app.demo_text()?, width);
    let rows = (lines.len() as u16 + 1).min(area.height / 2);
    let room = rows.saturating_sub(1).into();
    if lines.len() > room {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            let kept: String = last.chars().take(width.saturating_sub(2)).collect();
            *last = format!("{kept} …");
        }
    }
    let place = bottom(&mut area, rows);
    Some((area, place, lines))
}

/// Returns the area that the demo leaves to the view.
pub(crate) fn area_of_view(area: Rect, app: &App) -> Rect {
    split(area, app).map_or(area, |(view, ..)| view)
}

/// Draws the text at the bottom of the area of the view, if the demo is on.
pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let (Some(demo), Some((_, place, lines))) = (&app.demo, split(area, app)) else {
        return;
    };
    let look = &app.look;
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
}
