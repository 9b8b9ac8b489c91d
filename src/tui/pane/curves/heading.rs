//! The heading of a chart: its title with the current values, those of other lanes, and its remark, as much as fits.

use ratatui::text::{Line, Span};

use super::{
    Chart,
    remark::{self, Detail, remark},
    values::{self, Value},
};
use crate::tui::{
    app::App,
    plot::{Beyond, Plot},
};

/// What may be in the heading of a chart.
pub(super) struct Heading<'a> {
    /// The long and the short name, and what remains without one.
    pub names: [String; 3],
    pub own: Vec<Value<'a>>,
    /// The values of each other lane.
    pub others: &'a [Vec<Span<'static>>],
}

/// What is in it.
pub(super) struct Fitting<'a> {
    pub title: Line<'a>,
    pub remark: Line<'a>,
    /// Whether the values of other lanes are in the title.
    pub has_others: bool,
}

impl Heading<'_> {
    /// Returns what fits in `room` columns, or if nothing does, a title that fits in the `whole` width. The name becomes short
    /// before values beyond the axis go, and the range of steps goes before the name does. The step of the cursor stays, with
    /// as many values as fit.
    pub(super) fn fitting(
        &self,
        app: &App,
        chart: &Chart,
        (plot, beyond): (&Plot, &Beyond),
        (room, whole_room): (usize, usize),
    ) -> Fitting<'_> {
        let [long, short, none] = &self.names;
        let titles = [
            (long, false),
            (short, false),
            (short, true),
            (none, false),
            (none, true),
        ]
        .map(|(name, is_short)| values::title(&app.look, name, &self.own, is_short));
        let remark_of = |detail| remark(app, chart, plot, beyond, detail);
        let without_steps = remark_of(Detail::Beyond);
        let mut telling = vec![remark_of(Detail::All), remark_of(Detail::Hidden)];
        telling.extend(Some(without_steps).filter(|remark| remark.width() > 0));
        let steps = [remark_of(Detail::Steps)];
        let least = match plot.cursor {
            None => vec![remark_of(Detail::Axis)],
            Some(_) => Vec::new(),
        };
        let remarks: Vec<Line> = telling.iter().chain(&steps).cloned().collect();
        let whole = titles.iter().map(|title| self.with_others(title));
        let whole: Vec<Line> = whole.filter(|_| !self.others.is_empty()).collect();
        let [named, nameless] = [&titles[..3], &titles[3..]];
        let (whole_named, whole_nameless) = whole.split_at(whole.len().min(3));
        let all = pairs(whole_named, &telling).chain(pairs(whole_named, &steps));
        let all = all.chain(pairs(whole_nameless, &remarks));
        let all = all
            .chain(pairs(named, &telling))
            .chain(pairs(named, &steps));
        let all = all.chain(pairs(named, &least));
        let mut all = all.chain(pairs(nameless, &remarks));
        match all.find(|(title, remark)| title.width() + remark.width() < room) {
            Some((title, remark)) => Fitting {
                has_others: whole.contains(title),
                title: title.clone(),
                remark: remark.clone(),
            },
            None => Fitting {
                title: self.shortest(app, plot, whole_room),
                remark: Line::default(),
                has_others: false,
            },
        }
    }

    /// Returns a title with the values of other lanes.
    fn with_others<'a>(&self, title: &Line<'a>) -> Line<'a> {
        let spans = title.iter().chain(self.others.iter().flatten()).cloned();
        let mut line: Line = spans.collect();
        // One blank before the rule is enough.
        line.spans.pop();
        line.push_span(" ");
        line
    }

    /// Returns a title with the step of the cursor and as many whole values as fit, at least one.
    fn shortest(&self, app: &App, plot: &Plot, room: usize) -> Line<'_> {
        let title = |count: usize| {
            let [.., none] = &self.names;
            let mut title = values::title(&app.look, none, &self.own[..count], true);
            if count < self.own.len() {
                title.push_span("… ");
            }
            remark::at_cursor(app, plot, &title, room)
        };
        let mut counts = (1..=self.own.len()).rev();
        let fits = |title: &Line| title.width() <= room;
        let fitting = counts.find_map(|count| Some(title(count)).filter(fits));
        fitting.unwrap_or_else(|| title(self.own.len().min(1)))
    }
}

/// Returns each title with each remark.
fn pairs<'a, 'b>(
    titles: &'b [Line<'a>],
    remarks: &'b [Line<'a>],
) -> impl Iterator<Item = (&'b Line<'a>, &'b Line<'a>)> {
    let titles = titles.iter();
    titles.flat_map(move |title| remarks.iter().map(move |remark| (title, remark)))
}
