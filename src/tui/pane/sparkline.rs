//! Sparklines: a curve as bars in one row or a few.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span, widgets::Widget};

use crate::{
    model::Series,
    tui::{
        app::App,
        plot::{
            columns::columns,
            edges::mark_non_finite,
            scale::{Kind, Scale},
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

/// Draws bars scaled from the lowest to the highest value, which are labelled at the right if they fit.
pub(super) fn render(buf: &mut Buffer, mut area: Rect, app: &App, series: &Series, style: Style) {
    let Some(span) = span(series, app.window) else {
        return;
    };
    let labelled = area.width >= LABELS + 20;
    let labels = area;
    if labelled {
        area.width -= LABELS;
    }
    let axis = Steps::over(span, app.window, area.width as usize);
    let columns = columns(series, app.window, &axis);
    let finite = || columns.iter().filter_map(|column| column.finite);
    let Some(scale) = Scale::over(Kind::Linear, finite().flat_map(|f| [f.0, f.1])) else {
        for (i, _) in columns.iter().enumerate().filter(|(_, c)| c.non_finite) {
            let y = area.bottom().saturating_sub(1);
            mark_non_finite(buf, area.x + i as u16, y, app.look.theme.error);
        }
        return;
    };
    let levels = area.height as usize * BARS.len();
    // A measure that is not taken at every step keeps its bar until the next value.
    let mut level = 0;
    let newest = axis.dot(span.1).unwrap_or(0);
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
        if let Some(height) = column.finite.and_then(|(_, _, mean)| scale.place(mean)) {
            level = (height * (levels.max(1) - 1) as f64).round() as usize + 1;
        }
        bar(buf, x, area, level, style);
    }
    if labelled {
        let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), f| {
            (low.min(f.0), high.max(f.1))
        });
        let (low, high) = (number::label(low), number::label(high));
        let rows = if labels.height > 1 {
            vec![(0, high), (labels.height - 1, low)]
        } else {
            vec![(0, format!("{low}–{high}"))]
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
