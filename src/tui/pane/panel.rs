//! The panel of live settings: value, pending value, values of other lanes, the preset's value and description of each.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use super::{lanes, line};
use crate::tui::{
    app::App,
    layout::{bottom, top},
    settings::{
        entry::Entry,
        panel::{Panel, Typing},
    },
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let Some(panel) = &app.panel else { return };
    let look = &app.look;
    Clear.render(area, buf);
    let entries = app.panel_entries();
    let count = format!(" {} of the settings that can change now ", entries.len());
    let remark = Line::styled(count, look.theme.dim);
    let title = super::title(look, "settings");
    let mut inner = super::frame(buf, area, framed, look, title, remark);
    search(buf, &mut inner, app, panel);
    let foot = if inner.height >= 8 { 3 } else { 1 };
    let foot = bottom(&mut inner, foot);
    let selected = panel.selected.min(entries.len().saturating_sub(1));
    let columns = Columns::new(&entries, inner.width as usize);
    let others = lanes::Differences::of(app);
    let rows = inner.height as usize;
    let first = (selected + 1).saturating_sub(rows.max(1));
    for (row, (at, entry)) in inner.rows().zip(entries.iter().enumerate().skip(first)) {
        let editing = match &panel.typing {
            Some(Typing::Value(field)) if at == selected => Some(field),
            _ => None,
        };
        match editing {
            Some(field) => {
                let prompt = Span::styled(
                    format!("▸{:<w$} ", entry.setting.path, w = columns.path),
                    look.theme.key,
                );
                line::typed(field, prompt, row.width, &look.theme).render(row, buf);
            }
            None => {
                let mark = if at == selected { '▸' } else { ' ' };
                let others = others.values(look, entry.setting.path);
                columns.line(entry, others, mark, app).render(row, buf);
                if at == selected {
                    buf.set_style(row, look.theme.selected);
                }
            }
        }
    }
    if entries.is_empty() {
        super::empty(buf, inner, look, "no setting holds these words");
    }
    footer(buf, foot, app, panel, entries.get(selected));
}

fn search(buf: &mut Buffer, inner: &mut Rect, app: &App, panel: &Panel) {
    let theme = &app.look.theme;
    let typing = panel.typing == Some(Typing::Search);
    if !typing && panel.search.text().is_empty() {
        return;
    }
    let row = top(inner, 1);
    let prompt = Span::styled("search: ", theme.key);
    if typing {
        line::typed(&panel.search, prompt, row.width, theme).render(row, buf);
    } else {
        Line::from(vec![prompt, Span::raw(panel.search.text().to_owned())]).render(row, buf);
    }
}

/// Describes the selected setting and its range, or says why a value was refused.
fn footer(buf: &mut Buffer, area: Rect, app: &App, panel: &Panel, selected: Option<&Entry>) {
    let theme = &app.look.theme;
    let width = area.width as usize;
    let lines: Vec<Line> = match (&panel.error, selected) {
        (Some(error), _) => {
            let lines = super::wrap(error, width);
            lines
                .into_iter()
                .map(|text| Line::styled(text, theme.error))
                .collect()
        }
        (None, Some(entry)) => {
            let mut lines = vec![];
            if area.height > 1 {
                lines.push(Line::styled("─".repeat(width), theme.rule));
                lines.push(Line::raw(format!(
                    "{}: {}",
                    entry.setting.path, entry.setting.about
                )));
            }
            let range = super::cut(
                Line::raw(format!("takes {}", entry.setting.range.words())),
                width,
            );
            lines.push(range.style(theme.dim));
            lines
        }
        (None, None) => return,
    };
    for (line, row) in lines.into_iter().zip(area.rows()) {
        super::cut(line, width).render(row, buf);
    }
}

/// Returns the width of each column, 0 if it has no room.
struct Columns {
    path: usize,
    value: usize,
    preset: usize,
    about: usize,
}

impl Columns {
    fn new(entries: &[Entry], width: usize) -> Self {
        let path = entries
            .iter()
            .map(|entry| entry.setting.path.len())
            .max()
            .unwrap_or(0);
        let mut left = width.saturating_sub(path + 2);
        let value = left.min(26);
        left -= value;
        let preset = if left >= 20 { 20 } else { 0 };
        left -= preset;
        let about = if left >= 12 { left } else { 0 };
        Self {
            path,
            value,
            preset,
            about,
        }
    }

    /// Returns the row of a setting. `others` are its values in other lanes.
    fn line(
        &self,
        entry: &Entry,
        others: Vec<Span<'static>>,
        mark: char,
        app: &App,
    ) -> Line<'static> {
        let theme = &app.look.theme;
        let (value, style) = match &entry.pending {
            Some(wanted) => (format!("{} → {wanted} …", entry.now), theme.pending),
            None if entry.preset.is_some() => (entry.now.clone(), theme.title),
            None => (entry.now.clone(), Style::new()),
        };
        let preset = entry
            .preset
            .as_ref()
            .map_or_else(String::new, |preset| format!("preset {preset}"));
        let path = format!("{mark}{:<w$} ", entry.setting.path, w = self.path);
        let mut line = Line::from(Span::raw(path));
        if others.is_empty() {
            line.push_span(Span::styled(fitted(&value, self.value), style));
        } else {
            let mut values = Line::from(Span::styled(value, style));
            values.extend(others);
            let values = super::cut(values, self.value.saturating_sub(1));
            let blank = self.value.saturating_sub(values.width());
            line.extend(values);
            line.push_span(Span::raw(" ".repeat(blank)));
        }
        line.push_span(Span::styled(fitted(&preset, self.preset), theme.dim));
        line.push_span(Span::styled(
            fitted(entry.setting.about, self.about),
            theme.dim,
        ));
        line
    }
}

/// Pads or cuts a text to `width` columns, the last one blank.
fn fitted(text: &str, width: usize) -> String {
    let room = width.saturating_sub(1);
    let text: String = if text.chars().count() > room {
        text.chars()
            .take(room.saturating_sub(1))
            .chain(['…'])
            .collect()
    } else {
        text.to_owned()
    };
    match width {
        0 => String::new(),
        _ => format!("{text:<width$}"),
    }
}
