//! The line of active alarms: the latest one with its advice, and the number of others.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::tui::{
    app::App,
    words::{alarm, number},
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let Some(mut line) = line(app) else { return };
    let rest = line.spans.pop().map(|span| span.content.into_owned());
    // The advice at the end is wrapped into the second row, if there is one.
    let indent = line.width();
    let words = format!("{}{}", "_".repeat(indent), rest.unwrap_or_default());
    let lines = super::wrap(&words, area.width as usize);
    let more = lines.len() > area.height as usize;
    for (number, (text, row)) in lines.iter().zip(area.rows()).enumerate() {
        let last = more && number + 1 == area.height as usize;
        let text = match number {
            0 => text.chars().skip(indent).collect(),
            _ => text.clone(),
        };
        let mut whole = if number == 0 {
            line.clone()
        } else {
            Line::default()
        };
        whole.push_span(Span::raw(text));
        if last {
            whole.push_span(Span::raw(" ".repeat(row.width as usize)));
        }
        super::cut(whole, row.width as usize).render(row, buf);
    }
}

/// Returns the line of the latest active alarm, if any.
pub(crate) fn line(app: &App) -> Option<Line<'static>> {
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
