//! Charts: curves of measures over steps, with the current values, or those at the cursor, in the title.

mod group;
mod marks;
mod values;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::scores::MODES,
    preset::Data,
    tui::{
        app::App,
        layout::top,
        plot::{Curve, Plot, canvas::Ink, columns::reading, scale::Kind, steps::span},
        words::number,
    },
};

pub(crate) use group::{DISTANCES, GRADIENTS, Group, LOSSES, Measure, OUTPUTS, scores};

/// A chart of several curves.
pub(crate) struct Chart<'a> {
    /// The long and the short name. The short one may be empty.
    pub name: (&'a str, &'a str),
    /// Whether the axis is logarithmic by default.
    pub log: bool,
    pub curves: Vec<ChartCurve<'a>>,
    /// The text that is shown while there is no curve.
    pub empty_text: &'static str,
}

/// A curve of a chart.
pub(crate) struct ChartCurve<'a> {
    pub label: &'a str,
    /// The name in the history.
    pub name: String,
    pub ink: Ink,
    /// The factor by which values are multiplied.
    pub factor: f32,
}

impl Group {
    fn chart(&self, app: &App) -> Chart<'static> {
        let drawn = |measure: &Measure| ChartCurve {
            label: measure.label,
            name: measure.name.to_owned(),
            ink: Ink {
                style: (measure.style)(&app.look.theme),
                marker: measure.marker,
            },
            factor: if measure.name == MODES.name {
                1.0 / modes(app)
            } else {
                1.0
            },
        };
        Chart {
            name: self.name,
            log: self.log,
            curves: self.curves.iter().map(drawn).collect(),
            empty_text: if app.snapshot.measures.is_some() && !self.is_of_losses() {
                "not measured yet"
            } else {
                "no step made yet"
            },
        }
    }
}

/// Draws a group of curves.
pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, group: &Group) {
    render_chart(buf, area, framed, app, &group.chart(app));
}

/// The minimum height of a plot with a row for the values of other lanes above it, in rows.
const ROOM_FOR_LANES: u16 = 7;

/// Draws a chart.
pub(crate) fn render_chart(buf: &mut Buffer, area: Rect, framed: bool, app: &App, chart: &Chart) {
    let look = &app.look;
    let plot = plot(app, chart);
    let own = values::own(app, chart);
    let others = values::of_lanes(app, chart);
    let room = (area.width as usize).saturating_sub(3);
    let names = [chart.name.0, chart.name.1, ""];
    let titles = names.map(|name| super::title(look, name, &own));
    let remarks = [RemarkDetail::All, RemarkDetail::Hidden, RemarkDetail::Steps]
        .map(|words| remark(app, &plot, words));
    // With the values of other lanes, if they fit.
    let whole = titles.iter().map(|title| {
        let spans = title.iter().chain(others.iter().flatten()).cloned();
        let mut line: Line = spans.collect();
        // One blank before the rule is enough.
        line.spans.pop();
        line.push_span(" ");
        line
    });
    let whole: Vec<Line> = whole.filter(|_| !others.is_empty()).collect();
    let pairs = whole.iter().chain(&titles);
    let pairs = pairs.flat_map(|t| remarks.iter().map(move |r| (t, r)));
    let fitting = pairs.clone().find(|(t, r)| t.width() + r.width() < room);
    let (title, remark) = fitting.unwrap_or((&titles[2], &remarks[2]));
    let missing = !others.is_empty() && !whole.contains(title);
    let mut inner = super::frame(buf, area, framed, look, title.clone(), remark.clone());
    if missing && inner.height >= ROOM_FOR_LANES {
        let row = top(&mut inner, 1);
        values::line(others, row.width as usize).render(row, buf);
    }
    if plot.curves.is_empty() && plot.behind.is_empty() {
        super::empty(buf, inner, look, chart.empty_text);
    }
    let shown = plot.render(buf, inner, look);
    if !shown && plot.curves.iter().any(|c| !c.series.buckets.is_empty()) {
        let why = if plot.hides_values() {
            "no value above 0"
        } else {
            "no finite value"
        };
        super::empty(buf, inner, look, why);
    }
}

/// Returns the plot of a chart with the person's choice of axis, window, smoothing and cursor.
fn plot<'a>(app: &'a App, chart: &Chart) -> Plot<'a> {
    let view = &app.views.curves;
    let earlier = view.earlier.as_ref();
    let curves = chart.curves.iter().filter_map(|drawn| {
        Some(Curve {
            series: app.history.get(&drawn.name)?,
            ink: drawn.ink,
            earlier: earlier.and_then(|run| run.history.get(&drawn.name)),
            factor: drawn.factor,
        })
    });
    Plot {
        kind: view.kind(chart.log),
        window: app.window,
        smoothing: view.columns(),
        curves: curves.collect(),
        behind: super::legend::curves_behind(app, chart),
        marks: marks::of_lanes(app),
        cursor: view.cursor,
    }
}

/// Returns the number of modes of the data, at least 1.
fn modes(app: &App) -> f32 {
    match &app.snapshot.settings.data {
        Data::Mixture { centres, .. } => centres.points().len().max(1) as f32,
        Data::Images { .. } => 1.0,
    }
}

/// The details of a remark beside the steps.
#[derive(Clone, Copy, PartialEq)]
enum RemarkDetail {
    /// The run in the background, a logarithmic axis, hidden values, smoothing.
    All,
    /// Hidden values.
    Hidden,
    Steps,
}

/// Returns the remark of a chart: details, then the range of steps or the step of the cursor.
fn remark<'a>(app: &App, plot: &Plot, detail: RemarkDetail) -> Line<'a> {
    let theme = &app.look.theme;
    let mut words = Vec::new();
    let all = detail == RemarkDetail::All;
    if let Some(run) = app.views.curves.earlier.as_ref().filter(|_| all) {
        words.push(format!("behind: {}", run.name));
    }
    if plot.kind == Kind::Log && all {
        words.push("log".to_owned());
    }
    if plot.hides_values() && detail != RemarkDetail::Steps {
        words.push("▾ ≤0".to_owned());
    }
    if plot.smoothing > 1 && all {
        words.push(format!("smooth {}", plot.smoothing));
    }
    let words: String = words.iter().flat_map(|word| [" ", word]).collect();
    let mut line = Line::from(Span::styled(words, theme.dim));
    match plot.cursor {
        Some(step) => line.push_span(Span::styled(
            format!(" at {} ", number::count(at(plot, step))),
            theme.key,
        )),
        // The range of this run only, whatever steps are in the background.
        None => {
            let own = plot.curves.iter();
            let own = own.filter_map(|c| span(c.series, plot.window));
            let own = own.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            line.extend(super::steps(&app.look, own, plot.window));
        }
    }
    line
}

/// Returns the last measured step at or before `step`.
fn at(plot: &Plot, step: u64) -> u64 {
    let readings = plot.curves.iter();
    let readings = readings.filter_map(|c| reading(c.series, step));
    readings.map(|r| r.steps.1.min(step)).max().unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::{
        group::{SCORES_OF_IMAGES, SCORES_OF_MIXTURES},
        *,
    };
    use crate::tui::look::theme::{Depth, Look};

    #[test]
    fn the_measures_of_a_group_have_distinct_styles() {
        let theme = Look::new(Depth::Indexed, true).theme;
        for group in [
            LOSSES,
            OUTPUTS,
            GRADIENTS,
            SCORES_OF_IMAGES,
            SCORES_OF_MIXTURES,
        ] {
            for (i, a) in group.curves.iter().enumerate() {
                for b in &group.curves[..i] {
                    assert_ne!(a.marker, b.marker);
                    assert_ne!((a.style)(&theme), (b.style)(&theme));
                }
            }
        }
    }
}
