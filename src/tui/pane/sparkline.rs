//! Sparklines: a curve as bars in one row or a few. As in a chart, values far from all others do not flatten the rest: they
//! are marks at the edge.

use std::iter;

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span, widgets::Widget};

use crate::{
    model::Series,
    tui::{
        app::App,
        plot::{
            columns::columns,
            edges::{BEYOND, mark_non_finite},
            kind::Kind,
            range,
            scale::Edge,
            steps::{Steps, span},
        },
        words::number,
    },
};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The number of heights of a bar in one row.
pub(super) const LEVELS: usize = BARS.len();
/// The width of the labels at the right, in columns.
const LABELS: u16 = 16;

/// Draws bars scaled from the lowest to the highest of most values. These are labelled at the right if they fit, with the
/// farthest of the others after an arrow.
pub(super) fn render(buf: &mut Buffer, area: Rect, app: &App, series: &Series, style: Style) {
    if let Some(span) = span(series, app.window) {
        render_over(buf, area, app, series, span, style);
    }
}

/// Draws such bars on an axis of the steps from one to another.
pub(super) fn render_over(
    buf: &mut Buffer,
    mut area: Rect,
    app: &App,
    series: &Series,
    span: (u64, u64),
    style: Style,
) {
    let labelled = area.width >= LABELS + 20;
    let labels = area;
    if labelled {
        area.width -= LABELS;
    }
    let axis = Steps::over(span, app.window, area.width as usize);
    let columns = columns(series, app.window, &axis);
    let finite = || columns.iter().filter_map(|column| column.finite);
    let curve = [(&columns[..], None)];
    let Some(scale) = range::robust(Kind::Linear, curve.into_iter(), iter::empty()) else {
        for (i, _) in columns.iter().enumerate().filter(|(_, c)| c.non_finite) {
            let y = area.bottom().saturating_sub(1);
            mark_non_finite(buf, area.x + i as u16, y, app.look.theme.error);
        }
        return;
    };
    let levels = area.height as usize * BARS.len();
    // A measure that is not taken at every step keeps its bar until the next value.
    let mut level = 0;
    let last = series.buckets.last().map_or(0, |bucket| bucket.last);
    let newest = axis.dot(last.min(span.1)).unwrap_or(0);
    for (i, column) in columns.iter().enumerate().take(newest + 1) {
        let x = area.x + i as u16;
        if column.non_finite {
            mark_non_finite(
                buf,
                x,
                area.bottom().saturating_sub(1),
                app.look.theme.error,
            );
            level = 0;
            continue;
        }
        let mean = column.finite.map(|(_, _, mean)| mean);
        if let Some(height) = mean.and_then(|mean| scale.place(mean)) {
            level = (height * (levels.max(1) - 1) as f64).round() as usize + 1;
        }
        bar(buf, x, area, level, style);
        let (y, mark) = match mean.and_then(|mean| scale.edge(mean)) {
            Some(Edge::Top) => (area.y, BEYOND[0]),
            Some(Edge::Bottom) => (area.bottom().saturating_sub(1), BEYOND[1]),
            None => continue,
        };
        if let Some(cell) = buf.cell_mut((x, y)) {
            cell.set_char(mark).set_style(style);
        }
    }
    if let Some(cursor) = app.views.curves.cursor.and_then(|step| axis.dot(step)) {
        mark(buf, area.x + cursor as u16, area, app.look.theme.key);
    }
    if labelled {
        let ends = || finite().flat_map(|(low, high, _)| [low, high]);
        let (low, high) = span_of(ends().filter(|value| scale.edge(*value).is_none()));
        let (least, most) = span_of(ends());
        let far = |mark: char, value: f32, end: f32| {
            if value == end {
                String::new()
            } else {
                format!(" {mark}{}", number::label(value))
            }
        };
        let (above, below) = (far(BEYOND[0], most, high), far(BEYOND[1], least, low));
        let (low, high) = (number::label(low), number::label(high));
        let rows = if labels.height > 1 {
            vec![
                (0, format!("{high}{above}")),
                (labels.height - 1, format!("{low}{below}")),
            ]
        } else {
            let range = format!("{low}–{high}{above}{below}");
            let fits = range.chars().count() < LABELS.into();
            // Without room for arrows the range is that of all values.
            let whole = || format!("{}–{}", number::label(least), number::label(most));
            vec![(0, if fits { range } else { whole() })]
        };
        for (row, text) in rows {
            let at = Rect {
                x: area.right() + 1,
                y: labels.y + row,
                width: LABELS - 1,
                height: 1,
            };
            Span::styled(text, app.look.theme.dim).render(at.intersection(labels), buf);
        }
    }
}

/// Marks the column of the cursor.
fn mark(buf: &mut Buffer, x: u16, area: Rect, style: Style) {
    for y in area.top()..area.bottom() {
        if let Some(cell) = buf.cell_mut((x, y)) {
            if cell.symbol() == " " {
                cell.set_char('┊');
            }
            cell.set_style(style);
        }
    }
}

/// Returns the lowest and the highest of values.
fn span_of(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// Draws one bar. `level` is its height in eighths of a row.
pub(super) fn bar(buf: &mut Buffer, x: u16, area: Rect, level: usize, style: Style) {
    for row in 0..area.height {
        let filled = level
            .saturating_sub(row as usize * BARS.len())
            .min(BARS.len());
        let y = area.bottom() - 1 - row;
        if let (Some(cell), true) = (buf.cell_mut((x, y)), filled > 0) {
            cell.set_char(BARS[filled - 1]).set_style(style);
        }
    }
}
