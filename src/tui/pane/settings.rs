//! The settings pane: every knob of the run with its value, its pending change, and the other values of other lanes.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::lanes;
use crate::{
    preset::Preset,
    tui::{
        app::App,
        settings::entry::{Entry, spoken},
        words::number,
    },
};

/// Space between two settings in a row.
const GAP: usize = 2;
/// Smallest number of columns of the table.
const COLUMNS: usize = 3;
/// Characters of a value that are shown.
const LONGEST: usize = 24;

/// Returns the rows that all settings take at a width: as a table in a wide frame, else as running text.
pub(crate) fn rows(app: &App, width: u16, framed: bool) -> u16 {
    let cells = cells(app);
    match columns(&cells, width as usize, framed) {
        Some(columns) => cells.len().div_ceil(columns) as u16,
        None => flow(&cells, width as usize).len() as u16,
    }
}

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let cells = cells(app);
    let mut inner = area;
    if framed {
        let title = super::title(&app.look, "settings");
        inner = super::frame(buf, area, framed, &app.look, title, Line::default());
    }
    match columns(&cells, inner.width as usize, framed) {
        Some(columns) => table(buf, inner, app, &cells, columns),
        None => text(buf, inner, app, &cells),
    }
}

struct Cell {
    name: &'static str,
    value: String,
    style: Style,
    /// The other values of other lanes, each after its letter.
    others: Vec<Span<'static>>,
}

impl Cell {
    fn width(&self) -> usize {
        let others: usize = self.others.iter().map(Span::width).sum();
        Span::raw(self.name).width() + 1 + Span::raw(&self.value).width() + others
    }

    /// Returns the value, and those of other lanes.
    fn values(&self) -> impl Iterator<Item = Span<'static>> {
        let own = Span::styled(self.value.clone(), self.style);
        [own].into_iter().chain(self.others.iter().cloned())
    }
}

fn cells(app: &App) -> Vec<Cell> {
    let others = lanes::Differences::of(app);
    let cells = app.entries().into_iter().map(|entry| Cell {
        others: others.values(&app.look, entry.setting.path),
        ..cell(app, &entry)
    });
    cells.collect()
}

fn cell(app: &App, entry: &Entry) -> Cell {
    let preset = &*app.snapshot.settings;
    let path = entry.setting.path;
    let short = |value: &str| {
        let value = spoken(path, value);
        match value.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value,
        }
    };
    let mut value = short(&entry.now);
    match path {
        "decay" if preset.decay => {
            let factor = preset.rate_factor(app.snapshot.step.max(1));
            value = format!("on, rates ×{}", number::factor(factor));
        }
        "spectral.enabled" => value += &exceptions(preset),
        "spectral.layers" if !preset.spectral.layers.is_empty() => {
            let layers: Vec<&str> = preset.spectral.layers.keys().map(String::as_str).collect();
            value = short(&layers.join(" "));
        }
        _ => {}
    }
    let style = match &entry.pending {
        Some(wanted) => {
            value = format!("{value} → {} …", short(wanted));
            app.look.theme.pending
        }
        None => Style::new(),
    };
    Cell {
        name: entry.setting.name,
        value,
        style,
        others: Vec::new(),
    }
}

/// Returns the layers of D whose normalization differs from the network's: the name of one, the number of several.
fn exceptions(preset: &Preset) -> String {
    let spectral = &preset.spectral;
    let other = spectral.layers.iter().filter(|(key, layer)| {
        let switched = layer.enabled.is_some_and(|on| on != spectral.enabled);
        key.starts_with("d.") && switched
    });
    let names: Vec<&String> = other.map(|(key, _)| key).collect();
    let state = if spectral.enabled { "off" } else { "on" };
    match names[..] {
        [] => String::new(),
        [one] => format!(", {one} {state}"),
        _ => format!(", {} {state}", names.len()),
    }
}

/// Returns the width of the longest name.
fn longest(cells: &[Cell]) -> usize {
    let widths = cells.iter().map(|cell| Span::raw(cell.name).width());
    widths.max().unwrap_or(0)
}

/// Returns the number of columns of the table, or `None` if running text takes less room.
fn columns(cells: &[Cell], width: usize, framed: bool) -> Option<usize> {
    let each = longest(cells) + 1 + 15 + GAP;
    let columns = ((width + GAP) / each).min(4);
    (framed && columns >= COLUMNS).then_some(columns)
}

fn table(buf: &mut Buffer, area: Rect, app: &App, cells: &[Cell], columns: usize) {
    let rows = cells.len().div_ceil(columns);
    let name = longest(cells);
    let each = area.width as usize / columns;
    for (i, cell) in cells.iter().enumerate() {
        let at = Rect {
            x: area.x + (i / rows * each) as u16,
            y: area.y + (i % rows) as u16,
            width: each as u16,
            height: 1,
        };
        let gap = name - Span::raw(cell.name).width() + 1;
        let mut line = Line::from(vec![
            Span::styled(cell.name, app.look.theme.dim),
            Span::raw(" ".repeat(gap)),
        ]);
        line.extend(cell.values());
        super::cut(line, each.saturating_sub(1)).render(at.intersection(area), buf);
    }
}

/// Draws running text, with an ellipsis if it does not fit.
fn text(buf: &mut Buffer, area: Rect, app: &App, cells: &[Cell]) {
    let width = area.width as usize;
    let lines = flow(cells, width);
    let more = lines.len() > area.height as usize;
    for (row, (line, place)) in lines.into_iter().zip(area.rows()).enumerate() {
        let mut spans = Line::default();
        for (i, cell) in line.into_iter().enumerate() {
            let gap = if i > 0 { GAP } else { 0 };
            spans.push_span(Span::raw(" ".repeat(gap)));
            spans.push_span(Span::styled(format!("{} ", cell.name), app.look.theme.dim));
            spans.extend(cell.values());
        }
        if more && row + 1 == area.height as usize {
            spans.push_span(Span::styled(" …", app.look.theme.dim));
        }
        super::cut(spans, width).render(place, buf);
    }
}

fn flow(cells: &[Cell], width: usize) -> Vec<Vec<&Cell>> {
    let mut lines: Vec<Vec<&Cell>> = vec![Vec::new()];
    let mut used = 0;
    for cell in cells {
        let gap = if used > 0 { GAP } else { 0 };
        if used > 0 && used + gap + cell.width() > width {
            lines.push(Vec::new());
            used = 0;
        }
        used += if used > 0 { GAP } else { 0 } + cell.width();
        if let Some(line) = lines.last_mut() {
            line.push(cell);
        }
    }
    lines
}
