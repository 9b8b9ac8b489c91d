//! Every setting that can be changed while the run goes on, and what is pending.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    preset::Preset,
    tui::{app::App, settings::setting},
};

/// Space between two settings in a row.
const GAP: usize = 2;

/// Rows that all settings take in a width: as a table of columns in a frame, else as running text.
pub fn rows(app: &App, width: u16, framed: bool) -> u16 {
    let entries = entries(app);
    if framed {
        entries.len().div_ceil(columns(&entries, width as usize)) as u16
    } else {
        flow(&entries, width as usize).len() as u16
    }
}

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let entries = entries(app);
    if framed {
        let title = super::title(&app.look, "settings", &[]);
        let inner = super::frame(buf, area, framed, &app.look, title, Line::default());
        table(buf, inner, app, &entries);
    } else {
        let lines = flow(&entries, area.width as usize);
        for (line, row) in lines.into_iter().zip(area.rows()) {
            let spans = line.iter().enumerate().flat_map(|(i, entry)| {
                let gap = if i > 0 { GAP } else { 0 };
                [
                    Span::raw(" ".repeat(gap)),
                    Span::styled(format!("{} ", entry.name), app.look.theme.dim),
                    Span::styled(entry.value.clone(), entry.style),
                ]
            });
            Line::from_iter(spans).render(row, buf);
        }
    }
}

struct Entry {
    name: &'static str,
    value: String,
    style: Style,
}

impl Entry {
    fn width(&self) -> usize {
        Span::raw(self.name).width() + 1 + Span::raw(&self.value).width()
    }
}

fn entries(app: &App) -> Vec<Entry> {
    let preset = &app.snapshot.settings;
    setting::all(preset)
        .into_iter()
        .map(|setting| {
            let mut value = setting::spoken(&setting.value);
            if setting.key == "decay" && preset.decay {
                value = format!(
                    "on, rates ×{:.2}",
                    preset.rate_factor(app.snapshot.step.max(1))
                );
            }
            if setting.key == "spectral.enabled" {
                value += &exceptions(preset);
            }
            let pending = app
                .intended(setting.key)
                .filter(|&wanted| wanted != setting.value);
            if let Some(wanted) = pending {
                value = format!("{value} → {} …", setting::spoken(wanted));
            }
            let style = match pending {
                Some(_) => app.look.theme.pending,
                None => Style::new(),
            };
            Entry {
                name: setting.name,
                value,
                style,
            }
        })
        .collect()
}

/// Layers of D that are not as the network: by name where it is one.
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

/// Columns of the table: as many as hold every name and every value that is not pending.
fn columns(entries: &[Entry], width: usize) -> usize {
    let name = entries
        .iter()
        .map(|e| Span::raw(e.name).width())
        .max()
        .unwrap_or(0);
    let each = name + 1 + 15 + GAP;
    ((width + GAP) / each).clamp(1, 4)
}

fn table(buf: &mut Buffer, area: Rect, app: &App, entries: &[Entry]) {
    let columns = columns(entries, area.width as usize);
    let rows = entries.len().div_ceil(columns);
    let name = entries
        .iter()
        .map(|e| Span::raw(e.name).width())
        .max()
        .unwrap_or(0);
    let each = area.width as usize / columns;
    for (i, entry) in entries.iter().enumerate() {
        let at = Rect {
            x: area.x + (i / rows * each) as u16,
            y: area.y + (i % rows) as u16,
            width: each as u16,
            height: 1,
        };
        let gap = name - Span::raw(entry.name).width() + 1;
        let line = Line::from(vec![
            Span::styled(entry.name, app.look.theme.dim),
            Span::raw(" ".repeat(gap)),
            Span::styled(entry.value.clone(), entry.style),
        ]);
        super::cut(line, each.saturating_sub(1)).render(at.intersection(area), buf);
    }
}

fn flow(entries: &[Entry], width: usize) -> Vec<Vec<&Entry>> {
    let mut lines: Vec<Vec<&Entry>> = vec![Vec::new()];
    let mut used = 0;
    for entry in entries {
        let gap = if used > 0 { GAP } else { 0 };
        if used > 0 && used + gap + entry.width() > width {
            lines.push(Vec::new());
            used = 0;
        }
        used += if used > 0 { GAP } else { 0 } + entry.width();
        if let Some(line) = lines.last_mut() {
            line.push(entry);
        }
    }
    lines
}
