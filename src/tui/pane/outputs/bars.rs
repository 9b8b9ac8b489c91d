//! The bars of both histograms of one lane or run, with their axis.

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::{
    NAMES,
    axis::{Axis, Ends},
    sides,
};
use crate::{
    model::{Counts, Outputs},
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

/// The columns left and right of the bars.
pub(super) type Margins = [u16; 2];

/// Returns the margins that these histograms need, for their names and the number of outputs beyond the axis.
pub(super) fn margins(outputs: &Outputs) -> Margins {
    let counts = [outputs.real, outputs.generated];
    let widest = |side: usize| {
        let texts = counts
            .iter()
            .map(|counts| beyond(counts)[side].chars().count());
        texts.max().unwrap_or(0) as u16
    };
    [widest(0) + NAMES[0].len() as u16, widest(1)]
}

/// Returns the numbers of outputs below and above the axis, with arrows; empty if there are none.
fn beyond(counts: &Counts) -> [String; 2] {
    let text = |count: u32, text: String| if count > 0 { text } else { String::new() };
    let Counts { below, above, .. } = *counts;
    [
        text(below, format!("←{below} ")),
        text(above, format!(" {above}→")),
    ]
}

/// Draws both histograms, and their axis from end to end if there is room for it.
pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    outputs: &Outputs,
    (ends, margins): (Ends, Margins),
) {
    let theme = &app.look.theme;
    let sides = sides(app, outputs);
    let beyond = sides.map(|(counts, _)| beyond(&counts));
    let [left, right] = margins;
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
        let start = plot.x.saturating_sub(below.chars().count() as u16);
        Span::styled(below, style).render(row(start, bottom, below.chars().count() as u16), buf);
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
