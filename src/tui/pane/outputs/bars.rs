//! The bars of both histograms of one lane or run, with their axis.

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::{
    NAMES,
    axis::{Axis, Ends},
    sides,
};
use crate::{
    model::Outputs,
    tui::{
        app::App,
        layout,
        pane::{self, sparkline},
    },
};

/// The minimum width of the plot, in columns.
const MIN_WIDTH: u16 = 8;
/// The minimum size of histograms among those of other lanes.
pub(super) const MIN_SIZE: (u16, u16) = (NAMES[0].len() as u16 + 2 * MIN_WIDTH, 3);

/// Draws both histograms, and their axis from end to end if there is room for it.
pub(super) fn render(buf: &mut Buffer, area: Rect, app: &App, outputs: &Outputs, ends: Ends) {
    let theme = &app.look.theme;
    let sides = sides(app, outputs);
    let text = |sign: &str, count: u32, before: bool| match (count, before) {
        (0, _) => String::new(),
        (count, true) => format!("{sign}{count} "),
        (count, false) => format!(" {count}{sign}"),
    };
    let beyond = sides.map(|(counts, _)| {
        [
            text("<", counts.below, true),
            text(">", counts.above, false),
        ]
    });
    let widest = |side: usize| beyond.iter().map(|texts| texts[side].len() as u16).max();
    let [left, right] = [0, 1].map(|side| widest(side).unwrap_or(0));
    let left = left + NAMES[0].len() as u16;
    if area.height < 2 || area.width < left + right + MIN_WIDTH {
        return pane::empty(buf, area, &app.look, "no room for histograms");
    }
    let mut rest = area;
    let foot = (area.height >= 3).then(|| layout::bottom(&mut rest, 1));
    let plot = Rect {
        x: area.x + left,
        width: area.width - left - right,
        ..area
    };
    let axis = Axis::of(
        outputs,
        ends,
        app.snapshot.settings.loss.marks(),
        plot.width,
    );
    // One scale for both, so that equal heights are equal shares.
    let shares = sides.map(|(counts, _)| axis.shares(&counts));
    let most = shares.iter().flatten().copied().fold(0.0, f64::max);
    let upper = layout::top(&mut rest, area.height / 2);
    for (at, strip) in [upper, rest].into_iter().enumerate() {
        let style = sides[at].1;
        let place = Rect {
            x: plot.x,
            width: plot.width,
            ..strip
        };
        let whole = f64::from(strip.height) * sparkline::LEVELS as f64;
        for (x, share) in (place.x..).zip(&shares[at]) {
            let level = (share / most * whole).ceil() as usize;
            sparkline::bar(buf, x, place, level, style);
        }
        for (column, _) in axis.marks() {
            for y in strip.top()..strip.bottom() {
                let cell = buf.cell_mut((place.x + column, y));
                if let Some(cell) = cell.filter(|cell| cell.symbol() == " ") {
                    cell.set_char('┊').set_style(theme.limit);
                }
            }
        }
        let row = |x: u16, y: u16, width: u16| Rect {
            x,
            y,
            width,
            height: 1,
        };
        Span::styled(NAMES[at], style).render(row(strip.x, strip.y, left), buf);
        let bottom = strip.bottom().saturating_sub(1);
        let [below, above] = &beyond[at];
        let start = plot.x.saturating_sub(below.len() as u16);
        Span::styled(below, style).render(row(start, bottom, below.len() as u16), buf);
        Span::styled(above, style).render(row(plot.right(), bottom, right), buf);
    }
    if let Some(foot) = foot {
        let place = Rect {
            x: plot.x,
            width: plot.width,
            ..foot
        };
        axis.render(buf, place, theme);
    }
}
