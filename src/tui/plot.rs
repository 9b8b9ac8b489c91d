//! Curves over steps: a mean line with the extremes of each column as dots, so that no spike is lost.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span, widgets::Widget};

use super::{
    canvas::{Canvas, Ink},
    number,
    scale::{Kind, Scale},
    theme::Look,
};
use crate::run::Series;

/// Which part of a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All steps.
    Whole,
    /// The last [`crate::run::history::RECENT`] steps.
    Recent,
}

/// What one column of a plot stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// (minimum, maximum, mean) of the finite values.
    pub finite: Option<(f32, f32, f32)>,
    /// Whether a NaN or an infinity fell here.
    pub broken: bool,
}

/// First and last step of a curve in a window.
pub fn span(series: &Series, window: Window) -> Option<(u64, u64)> {
    match window {
        Window::Whole => Some((series.buckets.first()?.first, series.buckets.last()?.last)),
        Window::Recent => Some((series.recent.front()?.0, series.recent.back()?.0)),
    }
}

/// A curve gathered into `width` columns over the steps of `span`.
pub fn columns(series: &Series, window: Window, span: (u64, u64), width: usize) -> Vec<Column> {
    let mut sums = vec![(0.0f64, 0u64); width];
    let mut columns = vec![Column::default(); width];
    let mut add = |step: f64, min: f32, max: f32, sum: f64, finite: u64, broken: bool| {
        let length = (span.1 - span.0).max(1) as f64;
        let along = (step - span.0 as f64) / length * width.saturating_sub(1) as f64;
        let at = along.round().max(0.0) as usize;
        let (Some(column), Some(total)) = (columns.get_mut(at), sums.get_mut(at)) else {
            return;
        };
        column.broken |= broken;
        if finite > 0 {
            total.0 += sum;
            total.1 += finite;
            let mean = (total.0 / total.1 as f64) as f32;
            let (low, high, _) = column.finite.unwrap_or((min, max, mean));
            column.finite = Some((low.min(min), high.max(max), mean));
        }
    };
    match window {
        Window::Whole => {
            for b in &series.buckets {
                let middle = (b.first + b.last) as f64 / 2.0;
                add(middle, b.min, b.max, b.sum, b.finite, b.non_finite > 0);
            }
        }
        Window::Recent => {
            for &(step, value) in &series.recent {
                let finite = value.is_finite();
                add(
                    step as f64,
                    value,
                    value,
                    value as f64,
                    finite as u64,
                    !finite,
                );
            }
        }
    }
    columns
}

/// A plot of up to seven curves on one axis.
pub struct Plot<'a> {
    pub kind: Kind,
    pub window: Window,
    pub curves: Vec<(&'a Series, Ink)>,
}

impl Plot<'_> {
    /// The steps the plot spans.
    pub fn span(&self) -> Option<(u64, u64)> {
        self.curves
            .iter()
            .filter_map(|(series, _)| span(series, self.window))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Draws axis and curves.
    pub fn render(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let Some(span) = self.span() else { return };
        let dots = if look.unicode { 2 } else { 1 };
        let gather = |width: u16| -> Vec<Vec<Column>> {
            self.curves
                .iter()
                .map(|(series, _)| columns(series, self.window, span, width as usize * dots))
                .collect()
        };
        let bounds = |curves: &[Vec<Column>]| {
            let ends = curves.iter().flatten().filter_map(|column| column.finite);
            Scale::over(self.kind, ends.flat_map(|(low, high, _)| [low, high]))
        };
        let scale = bounds(&gather(area.width));
        let gutter = scale.map_or(0, |scale| axis(buf, area, look, &scale));
        let inner = Rect {
            x: area.x + gutter,
            width: area.width.saturating_sub(gutter),
            ..area
        };
        if inner.is_empty() {
            return;
        }
        let gathered = gather(inner.width);
        let mut canvas = Canvas::new(inner.width, inner.height, look.unicode);
        if let Some(scale) = scale {
            let mut trace = Trace {
                canvas: &mut canvas,
                scale,
            };
            gathered
                .iter()
                .for_each(|columns| trace.extremes(columns, 0));
            for (ink, columns) in gathered.iter().enumerate() {
                trace.means(columns, ink as u8 + 1);
            }
        }
        let haze = Ink {
            style: look.theme.rule,
            marker: '.',
        };
        let inks: Vec<Ink> = [haze]
            .into_iter()
            .chain(self.curves.iter().map(|curve| curve.1))
            .collect();
        canvas.render(buf, inner, &inks, None);
        for (i, column) in gathered
            .iter()
            .flat_map(|columns| columns.iter().enumerate())
        {
            if column.broken {
                mark(buf, inner.x + (i / dots) as u16, inner.y, look);
            }
        }
    }
}

/// Marks a column that holds a value that is not finite.
pub fn mark(buf: &mut Buffer, x: u16, y: u16, look: &Look) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char('×').set_style(look.theme.error);
    }
}

/// Draws the extremes of each column as dots, or its means as a line that NaNs interrupt.
struct Trace<'a> {
    canvas: &'a mut Canvas,
    scale: Scale,
}

impl Trace<'_> {
    fn row(&self, value: f32) -> Option<i64> {
        let bottom = self.canvas.dots().1.saturating_sub(1) as f64;
        let height = self.scale.place(value)?;
        Some((bottom - height * bottom).round() as i64)
    }

    fn extremes(&mut self, columns: &[Column], ink: u8) {
        for (x, column) in columns.iter().enumerate() {
            let ends = column.finite.map(|(low, high, _)| [low, high]);
            for end in ends.into_iter().flatten() {
                if let Some(y) = self.row(end) {
                    self.canvas.set(x as i64, y, ink);
                }
            }
        }
    }

    fn means(&mut self, columns: &[Column], ink: u8) {
        let mut before: Option<(i64, i64)> = None;
        for (x, column) in columns.iter().enumerate() {
            let Some((_, _, mean)) = column.finite else {
                if column.broken {
                    before = None;
                }
                continue;
            };
            if let Some(y) = self.row(mean) {
                let here = (x as i64, y);
                self.canvas.line(before.unwrap_or(here), here, ink);
                before = Some(here);
            }
        }
    }
}

/// Draws the labels of the axis at the left edge and returns the width they took.
fn axis(buf: &mut Buffer, area: Rect, look: &Look, scale: &Scale) -> u16 {
    let ticks: Vec<(u16, String)> = scale
        .ticks(area.height)
        .into_iter()
        .map(|(height, value)| {
            let rows = area.height.saturating_sub(1) as f64;
            ((rows - height * rows).round() as u16, number::label(value))
        })
        .collect();
    let width = ticks.iter().map(|(_, text)| text.len()).max().unwrap_or(0) as u16;
    if area.width < width + 8 {
        return 0;
    }
    let line = |buf: &mut Buffer, row: u16, symbol: &'static str, style: Style| {
        let at = Rect::new(area.x + width, area.y + row, 1, 1);
        Span::styled(symbol, style).render(at.intersection(area), buf);
    };
    (0..area.height).for_each(|row| line(buf, row, "│", look.theme.rule));
    for (row, text) in ticks {
        let at = Rect::new(area.x, area.y + row, width, 1);
        let text = format!("{text:>width$}", width = width as usize);
        Span::styled(text, look.theme.dim).render(at.intersection(area), buf);
        line(buf, row, "┤", look.theme.rule);
    }
    width + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::History;

    fn history(values: impl IntoIterator<Item = f32>) -> History {
        let mut history = History::default();
        for (i, value) in values.into_iter().enumerate() {
            history.push("x", i as u64 + 1, value);
        }
        history
    }

    #[test]
    fn a_spike_survives_any_width() {
        let history = history((0..5000).map(|i| if i == 3210 { 99.0 } else { 1.0 }));
        let series = history.get("x").unwrap();
        let span = span(series, Window::Whole).unwrap();
        for width in [1, 7, 80, 400] {
            let columns = columns(series, Window::Whole, span, width);
            let highest = columns.iter().filter_map(|c| c.finite).map(|f| f.1);
            assert_eq!(highest.fold(0.0, f32::max), 99.0, "at {width}");
        }
    }

    #[test]
    fn means_are_means_and_nans_are_marked() {
        let history = history([1.0, 3.0, f32::NAN, 5.0]);
        let series = history.get("x").unwrap();
        let all = columns(series, Window::Recent, (1, 4), 1);
        assert_eq!(all[0].finite, Some((1.0, 5.0, 3.0)));
        assert!(all[0].broken);
        let each = columns(series, Window::Whole, (1, 4), 4);
        assert_eq!((each[2].finite, each[2].broken), (None, true));
        assert_eq!(each[3].finite, Some((5.0, 5.0, 5.0)));
    }
}
