//! The axis of the histograms of D's output: its ends, the columns of its bins, and the marks of the loss.

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use crate::{
    model::{BINS, Counts, Outputs},
    tui::{look::theme::Theme, words::number},
};

/// How far marks beyond the bins may stretch the axis, as a multiple of its length.
const MOST_STRETCHED: f64 = 2.0;

/// How many times as long as the bins of one lane an axis of several lanes may be. A D that has exploded would leave the
/// others one column.
const LONGEST: f64 = 4.0;

/// The outputs at the ends of an axis, without marks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ends(f64, f64);

impl Ends {
    /// The ends of the bins.
    pub(super) fn of(outputs: &Outputs) -> Self {
        Self(outputs.low.into(), outputs.high.into())
    }

    /// The ends of one axis for the bins of all; `None` if it would be too long for one of them.
    pub(super) fn common<'a>(all: impl Iterator<Item = &'a Outputs> + Clone) -> Option<Self> {
        let each = all.map(Self::of);
        let union = |a: Self, b: Self| Self(a.0.min(b.0), a.1.max(b.1));
        let common = each.clone().reduce(union)?;
        let fits = |one: Self| common.length() <= LONGEST * one.length();
        each.clone().all(fits).then_some(common)
    }

    fn length(self) -> f64 {
        self.1 - self.0
    }
}

/// An axis of some columns.
pub(super) struct Axis {
    /// The output at the left edge, and that at the right edge.
    ends: [f64; 2],
    /// The ends of the bins.
    bins: [f64; 2],
    width: u16,
    /// The column and the output of each mark on the axis.
    marks: Vec<(u16, f32)>,
}

impl Axis {
    /// Returns the axis of `width` columns from end to end, and with the marks that do not stretch it too much.
    pub(super) fn of(outputs: &Outputs, from: Ends, marks: &[f32], width: u16) -> Self {
        let bins = [outputs.low, outputs.high].map(f64::from);
        let mut ends = [from.0, from.1];
        for &mark in marks {
            let mark = f64::from(mark);
            let wider = [ends[0].min(mark), ends[1].max(mark)];
            if wider[1] - wider[0] <= MOST_STRETCHED * from.length() {
                ends = wider;
            }
        }
        let mut axis = Self {
            ends,
            bins,
            width,
            marks: Vec::new(),
        };
        let inside = |mark: &&f32| (ends[0]..=ends[1]).contains(&f64::from(**mark));
        let marks = marks.iter().filter(inside);
        axis.marks = marks
            .map(|&mark| (axis.column(f64::from(mark)), mark))
            .collect();
        axis
    }

    /// The column and the output of each mark on the axis.
    pub(super) fn marks(&self) -> impl Iterator<Item = (u16, f32)> + '_ {
        self.marks.iter().copied()
    }

    /// Returns the column of an output on the axis.
    fn column(&self, output: f64) -> u16 {
        let [low, high] = self.ends;
        let share = (output - low) / (high - low);
        let last = self.width.saturating_sub(1);
        ((share * f64::from(self.width)) as u16).min(last)
    }

    /// Returns the height of each column: the share of the outputs in its bin, or in the fullest one if it has several.
    pub(super) fn shares(&self, counts: &Counts) -> Vec<f64> {
        let total = counts.total().max(1) as f64;
        let [low, high] = self.ends;
        let bin = |edge: f64| {
            let output = low + (high - low) * edge / f64::from(self.width.max(1));
            (output - self.bins[0]) / (self.bins[1] - self.bins[0]) * BINS as f64
        };
        let share = |column: u16| {
            let column = f64::from(column);
            let centre = bin(column + 0.5);
            if !(0.0..BINS as f64).contains(&centre) {
                return 0.0;
            }
            // The bins whose centres the column holds, and the one at its own centre.
            let first = (bin(column) - 0.5).ceil().max(0.0) as usize;
            let after = ((bin(column + 1.0) - 0.5).ceil().max(0.0) as usize).min(BINS);
            let held = counts.bins.get(first..after).unwrap_or_default();
            let most = held.iter().chain([&counts.bins[centre as usize]]).max();
            f64::from(most.copied().unwrap_or(0)) / total
        };
        (0..self.width).map(share).collect()
    }

    /// Draws the axis into one row: its marks first, then its ends where they fit.
    pub(super) fn render(&self, buf: &mut Buffer, row: Rect, theme: &Theme) {
        Span::styled("─".repeat(row.width as usize), theme.rule).render(row, buf);
        let mut taken: Vec<(u16, u16)> = Vec::new();
        let mut put = |text: &str, centre: u16, style| {
            let width = text.chars().count() as u16;
            let left = centre.saturating_sub(width / 2);
            let left = left.min(row.width.saturating_sub(width));
            let free = |&(from, to): &(u16, u16)| left + width < from || left > to;
            if width <= row.width && taken.iter().all(free) {
                taken.push((left, left + width));
                let place = Rect {
                    x: row.x + left,
                    width,
                    ..row
                };
                Span::styled(text, style).render(place, buf);
            }
        };
        for (column, output) in self.marks() {
            put(&number::label(output), column, theme.limit);
        }
        let [low, high] = self.ends.map(|end| number::label(end as f32));
        put(&low, 0, theme.dim);
        put(&high, row.width, theme.dim);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs from -1 to 1, one in each bin, and `more` at 1.
    fn outputs(more: usize) -> Outputs {
        let even = (0..BINS).map(|bin| -1.0 + (bin as f32 + 0.5) / 8.0);
        let ends = [-1.0, 1.0];
        let all: Vec<f32> = even.chain(ends).chain(vec![1.0; more]).collect();
        Outputs::of(1, &[], &all).unwrap()
    }

    fn of(outputs: &Outputs, marks: &[f32], width: u16) -> Axis {
        Axis::of(outputs, Ends::of(outputs), marks, width)
    }

    #[test]
    fn each_column_has_the_share_of_its_bin() {
        let outputs = outputs(0);
        let axis = of(&outputs, &[], 32);
        let shares = axis.shares(&outputs.generated);
        let [two, one] = [2.0 / 18.0, 1.0 / 18.0];
        assert_eq!(shares[..4], [two, two, one, one]);
        assert_eq!(shares[30..], [two, two]);
        // A narrow axis shows the fullest bin of each column, none is lost.
        let narrow = of(&outputs, &[], 4).shares(&outputs.generated);
        assert_eq!(narrow, [two, one, one, two]);
        assert_eq!(of(&outputs, &[], 1).shares(&outputs.generated), [two]);
    }

    #[test]
    fn marks_are_on_the_axis_unless_they_would_stretch_it_too_much() {
        let near = of(&outputs(0), &[-1.0, 1.0], 10);
        assert_eq!(near.marks().collect::<Vec<_>>(), [(0, -1.0), (9, 1.0)]);
        let stretched = of(&outputs(0), &[3.0], 10);
        assert_eq!(stretched.ends, [-1.0, 3.0]);
        let shares = stretched.shares(&outputs(0).generated);
        assert!(shares[..5].iter().all(|&share| share > 0.0), "{shares:?}");
        assert!(shares[5..].iter().all(|&share| share == 0.0), "{shares:?}");
        let far = of(&outputs(0), &[0.0, 50.0], 10);
        assert_eq!(far.ends, [-1.0, 1.0]);
        assert_eq!(far.marks().collect::<Vec<_>>(), [(5, 0.0)]);
    }

    #[test]
    fn lanes_have_one_axis_unless_one_would_be_flattened() {
        let lane = |low, high| Outputs::of(1, &[low, high], &[]).unwrap();
        let common = |lanes: &[Outputs]| Ends::common(lanes.iter());
        let near = [lane(-1.0, 1.0), lane(0.0, 3.0)];
        assert_eq!(common(&near), Some(Ends(-1.0, 3.0)));
        assert_eq!(common(&[lane(-1.0, 1.0), lane(-9.0, 3.0)]), None);
        assert_eq!(common(&[]), None);
        // On the common axis each bin is where its outputs are.
        let axis = Axis::of(&near[1], Ends(-1.0, 3.0), &[], 16);
        let shares = axis.shares(&near[1].real);
        let taken: Vec<usize> = (0..16).filter(|&column| shares[column] > 0.0).collect();
        assert_eq!(taken, [4, 15]);
    }
}
