//! The table of layers, with as many columns as fit.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::row::Row;
use crate::{
    model::{Series, measures::table::SIGMA},
    tui::{
        app::{App, targets::Target},
        look::theme::Theme,
        pane::{self, sparkline},
        plot::steps::span,
        words::{
            estimate::{DRIFTING, WRONG},
            number,
        },
    },
};

/// The head of the column of the errors of u.
const TURNS: &str = "err u";

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
    column("layer", 5, 0, |row, _| {
        let key = if row.is_first { &row.key[..] } else { "" };
        (key.to_owned(), Style::new())
    }),
    column("lane", 4, 0, whose),
    column("run", 9, 0, whose),
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
    column(TURNS, 7, 10, |row, theme| {
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

/// Returns the name of the lane or run.
fn whose(row: &Row, theme: &Theme) -> (String, Style) {
    match &row.whose {
        Some(whose) => (whose.title.content.to_string(), whose.title.style),
        None => (String::new(), theme.dim),
    }
}

/// The minimum width of the curve of σ, in columns of the terminal.
const MIN_CURVE: usize = 10;

fn value(value: Option<f64>, theme: &Theme) -> (String, Style) {
    match value {
        None => ("–".to_owned(), theme.dim),
        Some(value) if !value.is_finite() => (number::short(value as f32), theme.error),
        Some(value) => (number::short(value as f32), Style::new()),
    }
}

/// Returns an error of u or v, dimmed where it does no harm.
fn turned(row: &Row, error: Option<f64>, theme: &Theme) -> (String, Style) {
    let (text, style) = value(error, theme);
    if row.is_turned() {
        (text, theme.dim)
    } else {
        (text, style)
    }
}

/// Returns the columns that fit beside the curve of σ, in their order.
fn fitting(width: usize, rows: &[Row]) -> Vec<&'static Column> {
    let whose = rows.first().and_then(|row| row.whose.as_ref());
    let empty = |c: &&Column| match c.head {
        "‖conv‖" => !rows.iter().any(has_operator),
        "lane" => whose.is_none_or(|whose| whose.is_run),
        "run" => whose.is_none_or(|whose| !whose.is_run),
        _ => false,
    };
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

/// Returns whether the errors of u have room in a table of this width.
pub(super) fn shows_turns(width: usize, rows: &[Row]) -> bool {
    fitting(width, rows).iter().any(|c| c.head == TURNS)
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
    let room = area.width.saturating_sub(curve) as usize;
    let names = ["σ over time", "over time", "σ"].into_iter();
    let mut fitting = names.filter(|name| name.chars().count() <= room);
    head.push_span(Span::styled(fitting.next().unwrap_or_default(), theme.dim));
    let mut places = area.rows();
    if let Some(place) = places.next() {
        pane::cut(head, area.width as usize).render(place, buf);
    }
    let shown = area.height.saturating_sub(1) as usize;
    let selected = app.views.layers.selected;
    let is_selected = |row: &Row| row.layer == selected;
    let last = rows.iter().rposition(is_selected).unwrap_or(0);
    let first = pane::first_visible(last, shown);
    let first = first.min(rows.iter().position(is_selected).unwrap_or(0));
    // All bars have one axis of steps.
    let spans = rows.iter().filter_map(|row| span(sigma(row)?, app.window));
    let steps = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    for (row, place) in rows.iter().skip(first).zip(places) {
        app.targets.add(place, Target::Row(row.layer));
        let mut line = Line::default();
        for (j, column) in columns.iter().enumerate() {
            let (text, style) = (column.cell)(row, theme);
            let style = if j == 0 && row.is_first && is_selected(row) {
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
        if let (Some(series), Some(steps)) = (sigma(row), steps) {
            let place = Rect {
                x: place.x + curve.min(place.width),
                width: place.width.saturating_sub(curve),
                ..place
            };
            let style = row.curve_style(theme.d);
            sparkline::render_over(buf, place, app, series, steps, style);
        }
    }
}

/// Returns the curve of σ of a row.
fn sigma<'a>(row: &Row<'a>) -> Option<&'a Series> {
    row.history.get(&SIGMA.of_layer(&row.key))
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
    let words = position == 0 || matches!(column.head, "lane" | "run" | "weight" | "SN");
    if words {
        format!("{text:<width$} ")
    } else {
        format!("{text:>width$} ")
    }
}
