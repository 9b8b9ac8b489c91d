//! The line of active alarms: the latest one with its advice, those of other lanes, and the number of others.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::lanes::{self, Lane};
use crate::{
    model::Alarm,
    tui::{
        app::App,
        words::{alarm, number},
    },
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let Some(mut line) = line(app, area.width as usize) else {
        return;
    };
    let rest = line.spans.pop().map(|span| span.content.into_owned());
    // The advice at the end is wrapped into the second row, if there is one.
    let indent = line.width();
    // The line ends with a blank, so a first word without room goes to the second row.
    let stand_in = "_".repeat(indent.saturating_sub(1));
    let words = format!("{stand_in} {}", rest.unwrap_or_default());
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

/// Returns whether an alarm of any lane is active.
pub(crate) fn is_on(app: &App) -> bool {
    let others = app.lanes.others.iter();
    let mut alarms = others
        .map(|lane| &lane.snapshot.alarms)
        .chain([&app.snapshot.alarms]);
    alarms.any(|alarms| !alarms.is_empty())
}

/// Returns the line of the latest active alarm, if any: of the selected lane, or else of another one. Alarms of other lanes
/// are named before its text, or only the lanes if the names do not fit into `width` columns.
pub(crate) fn line(app: &App, width: usize) -> Option<Line<'static>> {
    let theme = &app.look.theme;
    let several = lanes::several(app);
    let mut all: Vec<(Lane, &Alarm)> = Vec::new();
    for lane in lanes::all(app) {
        all.extend(lane.snapshot.alarms.iter().map(|alarm| (lane, alarm)));
    }
    all.sort_by_key(|(lane, alarm)| (lane.selected, alarm.step));
    let (lane, latest) = all.pop()?;
    let mut head = if several {
        format!(" ! {} {}", lane.id, alarm::name(latest.kind))
    } else {
        format!(" ! {}", alarm::name(latest.kind))
    };
    if !latest.layer.is_empty() {
        head += &format!(" {}", latest.layer);
    }
    let mut line = Line::from(Span::styled(format!("{head} "), theme.alarm));
    let since = format!(" since step {}", number::count(latest.step));
    line.push_span(Span::styled(since, theme.dim));
    // The latest alarm of each lane that has no other one in the line.
    let mut named = vec![lane.id];
    let mut others = Vec::new();
    while let Some(at) = all.iter().rposition(|(lane, _)| !named.contains(&lane.id)) {
        let (lane, alarm) = all.remove(at);
        named.push(lane.id);
        others.push((lanes::letter(&app.look, lane.id, lane.selected), alarm));
    }
    let more = match all.len() {
        0 => String::new(),
        count => format!(" (+{count} more, key 6)"),
    };
    let words = others.iter().flat_map(|(letter, alarm)| {
        let name = format!(" {}", alarm::name(alarm.kind));
        let name = Span::styled(name, theme.error);
        [Span::raw("  "), letter.clone(), name]
    });
    let words: Line = words.collect();
    let fits = line.width() + words.width() + more.len() < width;
    if fits || others.is_empty() {
        line.extend(words);
    } else {
        line.push_span(Span::styled("  also", theme.error));
        line.extend(
            others
                .into_iter()
                .flat_map(|(letter, _)| [Span::raw(" "), letter]),
        );
    }
    line.push_span(Span::styled(format!("{more}: "), theme.dim));
    line.push_span(Span::raw(latest.text.clone()));
    Some(line)
}
