//! What the charts of a pane or a view show, as a table of comma-separated values.

mod comparison;
mod measured;

use std::fmt::Write;

use super::{
    curves::{self, Chart, Data},
    lanes, layers,
};
use crate::{
    model::{
        History, Series,
        measures::{exact::SIGMA_SVD, table::SIGMA},
    },
    tui::{
        app::{App, view::View},
        layout::Pane,
        plot::Window,
    },
};

/// The head of a table of curves. A row is a value of one step, or a bucket of the values of several steps.
const CURVES: &str = "run,curve,first_step,last_step,mean,min,max,not_finite";

/// Returns the numbers of the focused pane, or of the view if it has no panes, or `None` if it shows none.
pub(crate) fn csv(app: &App) -> Option<String> {
    match app.view {
        View::Dashboard => of_pane(app),
        View::Layers => {
            let key = app.views.layers.key(&app.snapshot)?;
            Some(of_charts(app, &layers::charts(app, &key)))
        }
        View::Spectrum => measured::singular_values(app),
        View::Compare => comparison::csv(app),
        View::Samples | View::Plane | View::Journal => None,
    }
}

fn of_pane(app: &App) -> Option<String> {
    let pane = app.focus.unwrap_or_default();
    if pane == Pane::Outputs && app.views.curves.histograms {
        return measured::histograms(app);
    }
    let names: Vec<String> = match (curves::of_pane(app, pane), pane) {
        (Some(group), _) => return Some(of_charts(app, &[group.chart(app)])),
        (None, Pane::Sigma) => {
            let measures = app.snapshot.measures.as_ref()?;
            let layers = measures.sigma.iter().map(|(key, _)| key);
            let layers = layers.filter(|key| key.starts_with("d."));
            layers
                .flat_map(|key| [SIGMA.of_layer(key), SIGMA_SVD.of_layer(key)])
                .collect()
        }
        (None, _) => return None,
    };
    Some(of_curves(app, &names))
}

/// Returns the table of the drawn curves of charts, and of their differences where these are shown.
fn of_charts(app: &App, charts: &[Chart]) -> String {
    let names = charts.iter().flat_map(|chart| {
        let drawn = chart.curves.iter().enumerate();
        let drawn = drawn.filter(|(at, _)| chart.draws(*at, false));
        drawn.map(|(_, curve)| curve.name.clone())
    });
    let names: Vec<String> = names.collect();
    let mut text = of_curves(app, &names);
    if app.shows_differences() {
        for (whose, apart) in charts.iter().flat_map(|chart| Data::named(app, chart)) {
            for series in names.iter().filter_map(|name| apart.get(name)) {
                rows(&mut text, &quoted(&whose), series, app.window);
            }
        }
    }
    text
}

/// Returns the table of these curves of the run in front and of those behind, in the steps that are shown.
fn of_curves(app: &App, names: &[String]) -> String {
    let mut text = format!("{CURVES}\n");
    let front = if lanes::several(app) {
        format!("lane {}", app.lanes.selected)
    } else {
        app.snapshot.name.clone()
    };
    let lanes = app.lanes.others.iter();
    let lanes = lanes.map(|lane| (format!("lane {}", lane.id), &lane.history));
    let others = app.other_runs.iter().chain(&app.views.curves.earlier);
    let others = others.map(|run| (run.name.clone(), &run.history));
    let runs: Vec<(String, &History)> = [(front, &app.history)]
        .into_iter()
        .chain(lanes)
        .chain(others)
        .collect();
    for (run, history) in runs {
        for series in names.iter().filter_map(|name| history.get(name)) {
            rows(&mut text, &quoted(&run), series, app.window);
        }
    }
    text
}

/// Appends the rows of a curve: buckets, then single values where they are kept.
fn rows(text: &mut String, run: &str, series: &Series, window: Window) {
    let (Some(first), Some(last)) = (series.buckets.first(), series.buckets.last()) else {
        return;
    };
    let (first, last) = window.part_of((first.first, last.last));
    let name = &series.name;
    let points = series.recent.front().map_or(u64::MAX, |&(step, _)| step);
    let mut covered = None;
    for b in series.buckets.iter().filter(|b| b.first < points) {
        covered = Some(b.last);
        if b.last >= first && b.first <= last {
            let (from, to, missing) = (b.first, b.last, b.non_finite);
            let values = match b.mean() {
                Some(mean) => format!("{mean},{},{}", b.min, b.max),
                None => ",,".to_owned(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{run},{name},{from},{to},{values},{missing}");
        }
    }
    let single = series.recent.iter().filter(|point| Some(point.0) > covered);
    for &(step, value) in single.filter(|point| (first..=last).contains(&point.0)) {
        let (values, missing) = if value.is_finite() {
            (format!("{value},{value},{value}"), 0)
        } else {
            (",,".to_owned(), 1)
        };
        let _ = writeln!(text, "{run},{name},{step},{step},{values},{missing}");
    }
}

/// Returns a text as a field of a table.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_buckets_then_values_and_those_that_are_shown() {
        let mut history = History::default();
        (1..=3000).for_each(|step| history.push("x", step, step as f32));
        let series = history.get("x").unwrap();
        let of = |window| {
            let mut text = String::new();
            rows(&mut text, &quoted("a, b"), series, window);
            let lines = text.lines().map(str::to_owned);
            lines.collect::<Vec<_>>()
        };
        let whole = of(Window::Whole);
        assert_eq!(whole[0], "\"a, b\",x,1,8,4.5,1,8,0");
        assert_eq!(
            whole.last().unwrap(),
            "\"a, b\",x,3000,3000,3000,3000,3000,0"
        );
        let steps = |line: &String| -> (u64, u64) {
            let mut fields = line.split(',').skip(3).map(|field| field.parse().unwrap());
            (fields.next().unwrap(), fields.next().unwrap())
        };
        let each: Vec<(u64, u64)> = whole.iter().map(steps).collect();
        assert!(
            each.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0),
            "no step twice or left out"
        );
        assert_eq!(of(Window::Range(2990, 2995)).len(), 6);
    }
}
