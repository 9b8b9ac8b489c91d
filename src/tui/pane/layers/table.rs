//! The table of layers, with as many columns as fit.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::{LayerSpectrum, measures::table::SIGMA},
    tui::{
        app::{App, targets::Target, view::layers::keys},
        look::theme::Theme,
        pane::{self, sparkline},
        words::{
            estimate::{DRIFTING, Sigma, WRONG},
            number,
        },
    },
};

/// A row of the table: one layer.
pub(super) struct Row<'a> {
    pub key: String,
    enabled: bool,
    iterations: usize,
    sigma: Sigma,
    frobenius: Option<f64>,
    gradient: Option<f64>,
    /// `None` before the first spectra.
    spectrum: Option<&'a LayerSpectrum>,
}

/// Returns the rows of all layers with a weight.
pub(super) fn rows(app: &App) -> Vec<Row<'_>> {
    let snapshot = &app.snapshot;
    let spectra = snapshot.spectra.as_deref();
    let measured = |key: &str, of: fn(&crate::model::Measures) -> &[(String, f32)]| {
        let list = of(snapshot.measures.as_deref()?);
        let found = list.iter().find(|(k, _)| k == key)?;
        Some(f64::from(found.1))
    };
    keys(snapshot)
        .into_iter()
        .map(|key| {
            let settings = snapshot.settings.spectral.layer(&key);
            let spectrum = spectra.and_then(|s| s.layers.iter().find(|l| l.key == key));
            Row {
                enabled: settings.enabled,
                iterations: settings.iterations,
                // The estimate of the same step as the exact σ, if there is one.
                sigma: match spectrum.and_then(|s| s.sigma) {
                    Some(sigma) => Sigma::new(Some(sigma), settings, spectrum),
                    None => Sigma::of(snapshot, &key),
                },
                frobenius: measured(&key, |m| &m.weight_norm)
                    .or_else(|| spectrum.and_then(|s| s.frobenius)),
                gradient: measured(&key, |m| &m.gradient_norm),
                spectrum,
                key,
            }
        })
        .collect()
}

/// A column of the table.
struct Column {
    head: &'static str,
    /// The width of the cells, in columns of the terminal.
    width: usize,
    /// The rank. Columns of the highest rank are dropped first when the table is narrow.
    rank: u8,
    cell: fn(&Row, &Theme) -> (String, Style),
}

const fn column(
    head: &'static str,
    width: usize,
    rank: u8,
    cell: fn(&Row, &Theme) -> (String, Style),
) -> Column {
    Column {
        head,
        width,
        rank,
        cell,
    }
}

const COLUMNS: &[Column] = &[
    column("layer", 5, 0, |row, _| (row.key.clone(), Style::new())),
    column("weight", 22, 9, |row, theme| {
        let kind = row.spectrum.map(|s| s.kind.clone());
        (kind.unwrap_or_default(), theme.dim)
    }),
    column("matrix", 10, 13, |row, theme| {
        let shape = row.spectrum.map(|s| s.shape);
        let text = shape.map_or_else(String::new, |(rows, columns)| format!("{rows}×{columns}"));
        (text, theme.dim)
    }),
    column("SN", 5, 1, |row, theme| {
        if row.enabled {
            (format!("SN×{}", row.iterations), theme.on)
        } else {
            ("off".to_owned(), theme.dim)
        }
    }),
    column("σ est ", 8, 3, |row, theme| row.sigma.marked(theme)),
    column("σ exact", 7, 2, |row, theme| value(row.sigma.exact, theme)),
    column("error", 7, 4, |row, theme| {
        let error = row.spectrum.and_then(|s| s.exact.sigma_error);
        let (text, style) = value(error, theme);
        match error {
            Some(error) if error >= WRONG => (text, theme.error),
            Some(error) if error >= DRIFTING => (text, theme.pending),
            _ => (text, style),
        }
    }),
    column("err u", 7, 10, |row, theme| {
        turned(
            row,
            row.spectrum.and_then(|s| s.exact.cosine_error_u),
            theme,
        )
    }),
    column("err v", 7, 11, |row, theme| {
        turned(
            row,
            row.spectrum.and_then(|s| s.exact.cosine_error_v),
            theme,
        )
    }),
    column("σ used", 7, 5, |row, theme| {
        value(row.spectrum.and_then(|s| s.sigma_used), theme)
    }),
    column("‖conv‖", 7, 12, |row, theme| {
        value(row.spectrum.and_then(|s| s.exact.operator_norm), theme)
    }),
    column("‖W‖F", 7, 8, |row, theme| value(row.frobenius, theme)),
    column("stable", 7, 6, |row, theme| {
        value(row.spectrum.and_then(|s| s.exact.stable_rank), theme)
    }),
    column("effect.", 7, 11, |row, theme| {
        value(row.spectrum.and_then(|s| s.exact.effective_rank), theme)
    }),
    column("u·next", 7, 14, |row, theme| {
        value(row.spectrum.and_then(|s| s.exact.cosine_next), theme)
    }),
    column("‖∇W‖", 7, 7, |row, theme| value(row.gradient, theme)),
];

/// The minimum width of the curve of σ, in columns of the terminal.
const MIN_CURVE: usize = 10;

fn value(value: Option<f64>, theme: &Theme) -> (String, Style) {
    match value {
        None => ("–".to_owned(), theme.dim),
        Some(value) if !value.is_finite() => (number::short(value as f32), theme.error),
        Some(value) => (number::short(value as f32), Style::new()),
    }
}

/// The cosine error from which u or v counts as turned away from the first singular vector.
const TURNED: f64 = 0.1;

/// Returns an error of u or v, dimmed where it does no harm.
fn turned(row: &Row, error: Option<f64>, theme: &Theme) -> (String, Style) {
    let (text, style) = value(error, theme);
    if row.is_turned() {
        (text, theme.dim)
    } else {
        (text, style)
    }
}

impl Row<'_> {
    /// Whether u is far from the first singular vector although σ is right.
    fn is_turned(&self) -> bool {
        self.spectrum.is_some_and(|s| {
            let near = s.exact.sigma_error.is_some_and(|error| error < DRIFTING);
            near && s.exact.cosine_error_u.is_some_and(|error| error > TURNED)
        })
    }
}

/// Explains an error of u near 1 beside a small error of σ, where there is one: of the selected layer, or else of the first.
pub(super) fn note(rows: &[Row], selected: usize) -> Option<String> {
    let turned = |row: &&Row| row.is_turned();
    let row = rows.get(selected).filter(turned);
    let row = row.or_else(|| rows.iter().find(turned))?;
    let spectrum = row.spectrum?;
    let close = match spectrum.singular_values[..] {
        [first, second, ..] if first > 0.0 => format!(" (σ₂/σ₁ = {:.3})", second / first),
        _ => String::new(),
    };
    Some(format!(
        "err u of {} is {}: its first singular values are close{close}, and u lies between their vectors; σ is right all \
         the same.",
        row.key,
        number::short(spectrum.exact.cosine_error_u? as f32)
    ))
}

/// Returns the columns that fit beside the curve of σ, in their order.
fn fitting(width: usize, rows: &[Row]) -> Vec<&'static Column> {
    let empty = |c: &&Column| c.head == "‖conv‖" && !rows.iter().any(|r| has_operator(r));
    let mut columns: Vec<&Column> = COLUMNS.iter().filter(|c| !empty(c)).collect();
    loop {
        let needed: usize = columns.iter().map(|c| c.width + 1).sum();
        let Some(highest) = columns.iter().map(|c| c.rank).max() else {
            return columns;
        };
        if needed + MIN_CURVE <= width || highest == 0 {
            return columns;
        }
        columns.retain(|c| c.rank < highest);
    }
}

fn has_operator(row: &Row) -> bool {
    row.spectrum
        .is_some_and(|s| s.exact.operator_norm.is_some())
}

/// Draws the heads and the rows, scrolled to the selected one.
pub(super) fn render(buf: &mut Buffer, area: Rect, app: &App, rows: &[Row]) {
    let theme = &app.look.theme;
    let columns = fitting(area.width as usize, rows);
    let widths = widths(&columns, area.width as usize, rows, theme);
    let mut head = Line::default();
    for (i, column) in columns.iter().enumerate() {
        head.push_span(Span::styled(
            cell(i, column, widths[i], column.head),
            theme.dim,
        ));
    }
    let curve = head.width() as u16;
    head.push_span(Span::styled("σ over time", theme.dim));
    let mut places = area.rows();
    if let Some(place) = places.next() {
        pane::cut(head, area.width as usize).render(place, buf);
    }
    let shown = area.height.saturating_sub(1) as usize;
    let selected = app.views.layers.selected;
    let first = pane::first_visible(selected, shown);
    for ((i, row), place) in rows.iter().enumerate().skip(first).zip(places) {
        app.targets.add(place, Target::Row(i));
        let mut line = Line::default();
        for (j, column) in columns.iter().enumerate() {
            let (text, style) = (column.cell)(row, theme);
            let style = if j == 0 && i == selected {
                theme.selected
            } else {
                style
            };
            let text = cell(j, column, widths[j], &text);
            let (body, gap) = text.split_at(text.len() - 1);
            line.push_span(Span::styled(body.to_owned(), style));
            line.push_span(gap.to_owned());
        }
        pane::cut(line, place.width as usize).render(place, buf);
        if let Some(series) = app.history.get(&SIGMA.of_layer(&row.key)) {
            let place = Rect {
                x: place.x + curve.min(place.width),
                width: place.width.saturating_sub(curve),
                ..place
            };
            sparkline::render(buf, place, app, series, theme.d);
        }
    }
}

/// Returns the widths of the columns. Cells of words that are longer than their column take room from the curve of σ.
fn widths(columns: &[&Column], width: usize, rows: &[Row], theme: &Theme) -> Vec<usize> {
    let needed: usize = columns.iter().map(|c| c.width + 1).sum();
    let mut spare = width.saturating_sub(needed + MIN_CURVE);
    let mut widths = Vec::new();
    for column in columns {
        let cells = rows.iter().map(|row| (column.cell)(row, theme).0);
        let longest = cells.map(|text| text.chars().count()).max().unwrap_or(0);
        let more = longest.saturating_sub(column.width).min(spare);
        spare -= more;
        widths.push(column.width + more);
    }
    widths
}

/// Returns the text of a cell, padded or cut to its width, and a gap. Words are left-aligned and numbers right-aligned.
fn cell(position: usize, column: &Column, width: usize, text: &str) -> String {
    let text = pane::cut(Line::raw(text), width).to_string();
    let words = position == 0 || matches!(column.head, "weight" | "SN");
    if words {
        format!("{text:<width$} ")
    } else {
        format!("{text:>width$} ")
    }
}
