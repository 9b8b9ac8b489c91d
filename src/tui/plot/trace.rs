//! Drawing of aggregated columns as dots and lines.

use super::{
    canvas::Canvas,
    columns::Column,
    scale::{Edge, Scale},
};

/// The row of a value, in dots from the top, and the edge of the axis that it is beyond.
type Row = (i64, Option<Edge>);

/// A canvas with a vertical axis, on which columns are drawn.
pub(crate) struct Trace<'a> {
    pub canvas: &'a mut Canvas,
    pub scale: Scale,
}

impl Trace<'_> {
    /// Returns the row of a value.
    fn row(&self, value: f32) -> Option<Row> {
        let bottom = self.canvas.dots().1.saturating_sub(1) as f64;
        let height = self.scale.place(value)?;
        let row = (bottom - height * bottom).round() as i64;
        Some((row, self.scale.edge(value)))
    }

    /// Draws the minimum and the maximum of each column as dots.
    pub(crate) fn extremes(&mut self, columns: &[Column], ink: u8) {
        for (x, column) in columns.iter().enumerate() {
            let ends = column.finite.map(|(low, high, _)| [low, high]);
            // What lies beyond the axis has a mark at its edge.
            let inside = |end: &f32| self.scale.edge(*end).is_none();
            for end in ends.into_iter().flatten().filter(inside) {
                if let Some((y, _)) = self.row(end) {
                    self.canvas.set(x as i64, y, ink);
                }
            }
        }
    }

    /// Draws the means as a line, which non-finite values interrupt.
    pub(crate) fn means(&mut self, columns: &[Column], ink: u8) {
        self.means_where(columns, ink, |_| true);
    }

    /// Draws the means as a line in those columns of dots for which `drawn` returns true. There is no line along an edge:
    /// what lies beyond has marks there.
    pub(crate) fn means_where(&mut self, columns: &[Column], ink: u8, drawn: impl Fn(i64) -> bool) {
        let mut previous: Option<(i64, Row)> = None;
        for (x, column) in columns.iter().enumerate() {
            let Some((_, _, mean)) = column.finite else {
                if column.non_finite {
                    previous = None;
                }
                continue;
            };
            if let Some(row) = self.row(mean) {
                let x = x as i64;
                let from = previous.unwrap_or((x, row));
                if !are_beyond(from.1, row) {
                    let [start, end] = [(from.0, from.1.0), (x, row.0)];
                    self.canvas.line_where(start, end, ink, &drawn);
                }
                previous = Some((x, row));
            }
        }
    }

    /// Draws the parts of a line of means that lead out of the axis, to the points before it and after it. These are at a
    /// distance in dots from the left edge.
    pub(crate) fn outwards(
        &mut self,
        columns: &[Column],
        ink: u8,
        [before, after]: [Option<(f64, f32)>; 2],
    ) {
        let mean = |at: usize| Some((at, columns[at].finite?.2));
        let mut ends = (0..columns.len()).filter_map(mean);
        let first = ends.next();
        let last = ends.next_back().or(first);
        let edges = [(before, first, -1.0), (after, last, columns.len() as f64)];
        for (outer, end, edge) in edges {
            let (Some((outer_x, outer)), Some((x, value))) = (outer, end) else {
                continue;
            };
            let (Some(from), Some(to)) = (self.row(outer), self.row(value)) else {
                continue;
            };
            if are_beyond(from, to) {
                continue;
            }
            let along = (edge - outer_x) / (x as f64 - outer_x);
            let y = from.0 as f64 + (to.0 - from.0) as f64 * along;
            let start = (edge as i64, y.round() as i64);
            self.canvas.line(start, (x as i64, to.0), ink);
        }
        // Between two points outside there may be no point inside.
        if let (None, Some(a), Some(b)) = (first, before, after)
            && let (Some(from), Some(to)) = (self.row(a.1), self.row(b.1))
            && !are_beyond(from, to)
        {
            let at = |x: f64| {
                let along = (x - a.0) / (b.0 - a.0);
                (
                    x as i64,
                    (from.0 as f64 + (to.0 - from.0) as f64 * along).round() as i64,
                )
            };
            self.canvas
                .line(at(0.0), at(columns.len() as f64 - 1.0), ink);
        }
    }
}

/// Returns whether two values are beyond the same edge.
fn are_beyond(a: Row, b: Row) -> bool {
    a.1.is_some() && a.1 == b.1
}
