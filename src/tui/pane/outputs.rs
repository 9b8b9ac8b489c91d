//! The histograms of D's output: real samples above generated ones, on one axis, with the marks of the loss. They are in the
//! pane of D's mean outputs on the dashboard, and are those of the cursor's step if there is a cursor.
//!
//! ```text
//! ╭ D's output real n 64 fake n 64 after step 1,200 ╮
//! │ real             ┊   ▁▃▆█▅▂          ┊   2> │
//! │ fake     ▂▅█▇▃▁  ┊                   ┊      │
//! │      -2.1───────-1───────────────────1─1.4  │
//! ╰─────────────────────────────────────────────╯
//! ```

mod axis;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{lanes, sparkline};
use crate::{
    model::{Counts, Outputs},
    tui::{app::App, layout, words::number},
};
use axis::Axis;

/// The names of the two histograms, as wide as their column.
const NAMES: [&str; 2] = ["real ", "fake "];
/// The minimum width of the plot, in columns.
const MIN_WIDTH: u16 = 8;

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let look = &app.look;
    let outputs = shown(app);
    let step = outputs.map_or_else(Line::default, |outputs| {
        let text = format!(" after step {} ", number::count(outputs.step));
        Line::styled(text, look.theme.dim)
    });
    let room = (area.width as usize).saturating_sub(if framed { 3 } else { 1 });
    let titles = ["D's output", "D", ""].map(|name| title(app, name, outputs, true));
    let with_step = |title: &&Line| title.width() + step.width() < room;
    let alone = |title: &&Line| title.width() <= room;
    let fitting = titles.iter().find(with_step);
    let fitting = fitting.or_else(|| titles.iter().find(alone)).cloned();
    let title = fitting.unwrap_or_else(|| title(app, "", outputs, false));
    let inner = super::frame(buf, area, framed, look, title, step);
    let Some(outputs) = outputs else {
        let text = match app.views.curves.cursor {
            Some(_) => "none recorded up to this step",
            None => "not measured yet",
        };
        return super::empty(buf, inner, look, text);
    };
    histograms(buf, inner, app, outputs);
}

/// Returns the histograms of the cursor's step, or the latest ones.
fn shown(app: &App) -> Option<&Outputs> {
    let outputs = match app.views.curves.cursor {
        Some(step) => app.history.outputs_at(step),
        None => app.snapshot.outputs.as_ref(),
    };
    outputs
        .map(AsRef::as_ref)
        .filter(|outputs: &&Outputs| outputs.is_valid())
}

/// Returns the two sides with their styles.
fn sides(app: &App, outputs: &Outputs) -> [(Counts, Style); 2] {
    let theme = &app.look.theme;
    [(outputs.real, theme.real), (outputs.generated, theme.g)]
}

/// Returns a title with the names of the sides in their styles, and how many samples each has.
fn title<'a>(app: &App, name: &'a str, outputs: Option<&Outputs>, counted: bool) -> Line<'a> {
    let mut line = super::title(&app.look, name);
    if lanes::several(app) {
        line.push_span(lanes::letter(&app.look, app.lanes.selected, true));
        line.push_span(" ");
    }
    let Some(outputs) = outputs else { return line };
    for (name, (counts, style)) in NAMES.into_iter().zip(sides(app, outputs)) {
        line.push_span(Span::styled(name, style));
        if counted {
            line.push_span(format!("n {} ", number::count(counts.total())));
        }
    }
    line
}

/// Draws both histograms and their axis.
fn histograms(buf: &mut Buffer, area: Rect, app: &App, outputs: &Outputs) {
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
        return super::empty(buf, area, &app.look, "no room for histograms");
    }
    let mut rest = area;
    let foot = (area.height >= 3).then(|| layout::bottom(&mut rest, 1));
    let plot = Rect {
        x: area.x + left,
        width: area.width - left - right,
        ..area
    };
    let axis = Axis::of(outputs, app.snapshot.settings.loss.marks(), plot.width);
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
