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
    app::{App, targets::Target},
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
    app.targets.add(area, Target::Cover);
    let entries = app.panel_entries();
    let count = format!(" {} of the settings that can change now ", entries.len());
    let remark = Line::styled(count, look.theme.dim);
    let title = super::title(look, "settings");
    let mut inner = super::frame(buf, area, framed, look, title, remark);
    search(buf, &mut inner, app, panel);
    let selected = panel.selected.min(entries.len().saturating_sub(1));
    let foot = footer(inner.width as usize, app, panel, entries.get(selected));
    let rows = match inner.height {
        // The rule goes first.
        ..8 => 1,
        height => (foot.len() as u16).clamp(3, height / 2),
    };
    let skipped = usize::from(rows == 1);
    let foot = foot.into_iter().skip(skipped).collect();
    super::lines(buf, bottom(&mut inner, rows), foot);
    let columns = Columns::new(&entries, inner.width as usize);
    let others = lanes::Differences::of(app);
    let rows = inner.height as usize;
    let first = (selected + 1).saturating_sub(rows.max(1));
    for (row, (at, entry)) in inner.rows().zip(entries.iter().enumerate().skip(first)) {
        app.targets.add(row, Target::Row(at));
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
                let others = others.typed(look, entry.setting.path);
                let line = columns.line(entry, others, mark, app);
                super::cut(line, row.width as usize).render(row, buf);
                if at == selected {
                    buf.set_style(row, look.theme.selected);
                }
            }
        }
    }
    if entries.is_empty() {
        super::empty(buf, inner, look, "no setting holds these words");
    }
}

fn search(buf: &mut Buffer, inner: &mut Rect, app: &App, panel: &Panel) {
    let theme = &app.look.theme;
    let typing = panel.typing == Some(Typing::Search);
    if !typing && panel.search.text().is_empty() {
        return;
    }
    line::search(buf, top(inner, 1), &panel.search, typing, theme);
}

/// Returns a rule, and below it what the selected setting is and takes, or why a value was refused.
fn footer(width: usize, app: &App, panel: &Panel, selected: Option<&Entry>) -> Vec<Line<'static>> {
    let theme = &app.look.theme;
    let mut lines = vec![Line::styled("─".repeat(width), theme.rule)];
    let mut say = |text: &str, style: Style| {
        let rows = super::wrap(text, width).into_iter();
        lines.extend(rows.map(|row| Line::styled(row, style)));
    };
    match (&panel.error, selected) {
        (Some(error), _) => say(error, theme.error),
        (None, Some(entry)) => {
            let setting = entry.setting;
            say(
                &format!("{}: {}", setting.path, setting.about),
                Style::new(),
            );
            say(&format!("takes {}", setting.range.words()), theme.dim);
        }
        (None, None) => {}
    }
    lines
}

/// The width at which descriptions are shown although some are cut, in columns.
const ABOUT: usize = 44;

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
        let differs = entries.iter().any(|entry| entry.preset.is_some());
        let preset = if differs && left >= 20 { 20 } else { 0 };
        left -= preset;
        // Below the list the selected setting is described in full: beside it, cut descriptions are worth little.
        let longest = entries.iter().map(|entry| entry.setting.about.len()).max();
        let about = if left > longest.unwrap_or(0) || left >= ABOUT {
            left
        } else {
            0
        };
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
