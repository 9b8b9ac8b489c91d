//! The line of the alarms that are on: the latest with what to try, and how many others there are.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::super::{alarm, app::App, number};

pub fn render(buf: &mut Buffer, area: Rect, app: &App) {
    if let Some(line) = line(app) {
        super::cut(line, area.width as usize).render(area, buf);
    }
}

/// The latest alarm in a line; none while none is on.
pub fn line(app: &App) -> Option<Line<'static>> {
    let theme = &app.look.theme;
    let (latest, others) = app.snapshot.alarms.split_last()?;
    let mut head = format!(" ! {}", alarm::name(latest.kind));
    if !latest.layer.is_empty() {
        head += &format!(" {}", latest.layer);
    }
    let more = match others.len() {
        0 => String::new(),
        count => format!(" (+{count} more, key 6)"),
    };
    Some(Line::from(vec![
        Span::styled(format!("{head} "), theme.alarm),
        Span::styled(
            format!(" since step {}{more}: ", number::count(latest.step)),
            theme.dim,
        ),
        Span::raw(latest.text.clone()),
    ]))
}
