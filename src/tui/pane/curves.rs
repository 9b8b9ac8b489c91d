//! Charts: curves of measures over steps, with the current values, or those at the cursor, in the title.

mod data;
mod group;
mod heading;
mod marks;
mod remark;
mod values;

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use crate::tui::{
    app::{
        App,
        targets::Target,
        view::curves::{ChartView, Shown},
    },
    layout::{Pane, top},
    plot::{Curve, Plot, Side, Window, canvas::Ink},
};

pub(crate) use data::{Data, Other};
pub(crate) use group::{DISTANCES, GRADIENTS, Group, LOSSES, Measure, OUTPUTS, of_pane, scores};
use heading::{Fitting, Heading};

/// A chart of several curves.
pub(crate) struct Chart<'a> {
    /// The long and the short name. The short one may be empty.
    pub name: (&'a str, &'a str),
    /// Whether the axis is logarithmic by default.
    pub log: bool,
    /// The most important first.
    pub curves: Vec<ChartCurve<'a>>,
    /// The number of curves that a small plot has.
    pub small: usize,
    /// Whether the second curve has an axis of its own.
    pub two_axes: bool,
    /// What a person has chosen of it.
    pub view: ChartView,
    /// The text that is shown while there is no curve.
    pub empty_text: &'static str,
}

/// A curve of a chart.
pub(crate) struct ChartCurve<'a> {
    pub label: &'a str,
    /// The label where there is little room.
    pub short: &'a str,
    /// The name in the history.
    pub name: String,
    pub ink: Ink,
    /// The lowest and the highest value, if the axis always has both.
    pub limits: Option<(f32, f32)>,
}

impl<'a> Chart<'a> {
    /// A chart of these curves, with one axis.
    pub(crate) fn new(
        name: (&'a str, &'a str),
        log: bool,
        curves: Vec<ChartCurve<'a>>,
        empty_text: &'static str,
    ) -> Self {
        Self {
            name,
            log,
            small: curves.len(),
            curves,
            two_axes: false,
            view: ChartView::default(),
            empty_text,
        }
    }

    /// Returns the side of the axis of the curve at this position.
    pub(crate) fn side(&self, at: usize) -> Side {
        if self.two_axes && at == 1 {
            Side::Right
        } else {
            Side::Left
        }
    }

    /// Returns the label of the curve at this position, which a person has hidden.
    fn hidden(&self, at: usize) -> Option<&'a str> {
        Some(self.curves.get(at)?.short)
    }

    /// Returns whether the curve at this position is drawn. In a small chart the least important ones are not, unless a
    /// person has chosen curves.
    pub(crate) fn draws(&self, at: usize, is_small: bool) -> bool {
        match self.view.shown {
            Shown::All => !is_small || at < self.small,
            Shown::Only(only) => at == only,
            Shown::Without(hidden) => at != hidden,
        }
    }
}

impl<'a> ChartCurve<'a> {
    /// A curve with one label.
    pub(crate) fn new(label: &'a str, name: String, ink: Ink) -> Self {
        Self {
            label,
            short: label,
            name,
            ink,
            limits: None,
        }
    }
}

impl Group {
    /// Returns the chart of the group.
    pub(crate) fn chart(&self, app: &App) -> Chart<'static> {
        let drawn = |measure: &Measure| ChartCurve {
            label: measure.label,
            short: measure.short,
            name: measure.name.to_owned(),
            ink: Ink {
                style: (measure.style)(&app.look.theme),
                marker: measure.marker,
            },
            limits: measure.limits.map(|limits| limits(app)),
        };
        Chart {
            name: self.name,
            log: self.log,
            curves: self.curves.iter().map(drawn).collect(),
            small: self.small,
            two_axes: self.two_axes,
            view: self.pane.map_or_else(ChartView::default, |pane| {
                app.views.curves.charts[pane as usize]
            }),
            empty_text: if app.snapshot.measures.is_some() && self.pane != Some(Pane::Losses) {
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

/// The minimum width and height of the inside of a chart that has all curves, in cells.
const ROOM_FOR_ALL: (u16, u16) = (44, 6);

/// The minimum height of a plot with a row for the values of other lanes above it, in rows.
const ROOM_FOR_LANES: u16 = 6;

/// Draws a chart.
pub(crate) fn render_chart(buf: &mut Buffer, area: Rect, framed: bool, app: &App, chart: &Chart) {
    let look = &app.look;
    let inside = super::inside(area, framed);
    let is_small = inside.width < ROOM_FOR_ALL.0 || inside.height < ROOM_FOR_ALL.1;
    let data = Data::of(app, chart);
    let plot = plot(app, &data, chart, is_small);
    let beyond = plot.beyond(inside.width, look);
    let others = values::of_others(app, &data, chart, is_small);
    let width = area.width as usize;
    let room = [3, if framed { 3 } else { 1 }].map(|edges| width.saturating_sub(edges));
    let name = |name| values::name(name, &data);
    let heading = Heading {
        names: [chart.name.0, chart.name.1, ""].map(name),
        own: values::own(app, &data, chart, is_small),
        others: &others,
    };
    let Fitting {
        title,
        remark,
        has_others,
    } = heading.fitting(app, chart, (&plot, &beyond), room.into());
    let missing = !others.is_empty() && !has_others;
    let mut inner = super::frame(buf, area, framed, look, title, remark);
    if missing && inner.height >= ROOM_FOR_LANES {
        let row = top(&mut inner, 1);
        values::line(&others, row.width as usize).render(row, buf);
    }
    if plot.curves.is_empty() && plot.behind.is_empty() {
        super::empty(buf, inner, look, chart.empty_text);
    }
    let drawn = plot.render(buf, inner, look);
    if let Some(across) = drawn.across {
        app.targets.add(across.area, Target::Steps(across));
    }
    if !drawn.any && plot.curves.iter().any(|c| !c.series.buckets.is_empty()) {
        let why = match app.window {
            _ if beyond.hidden => "no value above 0",
            Window::Range(..) => "no value in these steps",
            _ => "no finite value",
        };
        super::empty(buf, inner, look, why);
    }
}

/// Returns the plot of a chart with the person's choice of curves, axes, window, smoothing and cursor.
fn plot<'a>(app: &'a App, data: &'a Data, chart: &Chart, is_small: bool) -> Plot<'a> {
    let view = &app.views.curves;
    let are_differences = data.base.is_some();
    let earlier = view.earlier.as_ref().filter(|_| !are_differences);
    let drawn = chart.curves.iter().enumerate();
    let drawn = drawn.filter(|(at, _)| chart.draws(*at, is_small));
    let curves = drawn.filter_map(|(at, drawn)| {
        Some(Curve {
            series: data.own.get(&drawn.name)?,
            ink: drawn.ink,
            earlier: earlier.and_then(|run| run.history.get(&drawn.name)),
            side: chart.side(at),
            limits: drawn.limits.filter(|_| !are_differences),
        })
    });
    Plot {
        kind: if are_differences {
            view.kind(chart.log).signed()
        } else {
            view.kind(chart.log)
        },
        window: app.window,
        smoothing: view.columns(),
        curves: curves.collect(),
        behind: super::legend::curves_behind(data, chart, is_small),
        marks: marks::of_lanes(app),
        cursor: view.cursor,
        zoom: chart.view.zoom,
    }
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
