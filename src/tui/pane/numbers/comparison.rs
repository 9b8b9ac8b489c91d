//! What the view that compares shows, as one table: settings that differ, measures at the step that is shown, and curves,
//! of each lane or run and of its difference from lane a, or from the run in front, each with its steps.

use std::fmt::Write;

use super::quoted;
use crate::{
    model::Series,
    tui::{
        app::App,
        pane::{
            compare::{rows, settings},
            members::{Member, Members},
        },
        plot::{Window, columns::reading},
    },
};

/// The maximum number of rows of a curve, so that the table of four lanes fits in a message to the run's process.
const MOST: usize = 256;
/// The head of the table. `value` is that of a setting or measure, or the mean of a curve over its steps.
const HEAD: &str = "part,run,name,first_step,last_step,value,min,max,not_finite";

/// Returns the table, or `None` if there is nothing to compare.
pub(super) fn csv(app: &App) -> Option<String> {
    let members = Members::of(app);
    let base = members.all.first().filter(|_| members.all.len() > 1)?;
    let mut text = format!("{HEAD}\n");
    for (name, values) in settings::differing(&members) {
        for (member, value) in members.all.iter().zip(values) {
            let (run, value) = (quoted(&member.words()), quoted(&value));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "setting,{run},{},,,{value},,,", quoted(name));
        }
    }
    let step = members.step(app);
    let measures = rows::rows(&members);
    let others = || members.all[1..].iter();
    let apart = |member: &Member| format!("{} − {}", member.words(), base.words());
    for row in &measures {
        let own = members.all.iter();
        let own = own.filter_map(|it| Some((it.words(), reading(it.series(&row.curve)?, step)?)));
        let differences = others().filter(|_| !row.is_distance);
        let differences = differences.filter_map(|it| {
            let of = it.series(&row.curve)?;
            let difference = of.minus(base.series(&row.curve)?);
            Some((apart(it), reading(&difference, step)?))
        });
        for (whose, reading) in own.chain(differences) {
            let (whose, name) = (quoted(&whose), &row.curve);
            let ((first, last), value) = (reading.steps, reading.value);
            let _ = writeln!(text, "measure,{whose},{name},{first},{last},{value},,,");
        }
    }
    for row in &measures {
        for member in &members.all {
            if let Some(series) = member.series(&row.curve) {
                let whose = format!("curve,{}", quoted(&member.words()));
                curve(&mut text, &whose, series, app.window);
            }
        }
        for member in others().filter(|_| !row.is_distance) {
            let of = member.series(&row.curve);
            if let Some((of, from)) = of.zip(base.series(&row.curve)) {
                let whose = format!("difference,{}", quoted(&apart(member)));
                curve(&mut text, &whose, &of.minus(from), app.window);
            }
        }
    }
    Some(text)
}

/// Appends the rows of a curve in the steps that are shown, each with the values of as many steps as are needed.
fn curve(text: &mut String, whose: &str, series: &Series, window: Window) {
    let (Some(first), Some(last)) = (series.buckets.first(), series.buckets.last()) else {
        return;
    };
    let (first, last) = window.part_of((first.first, last.last));
    let shown = series.buckets.iter();
    let shown: Vec<_> = shown
        .filter(|b| b.last >= first && b.first <= last)
        .collect();
    for part in shown.chunks(shown.len().div_ceil(MOST).max(1)) {
        let finite: u64 = part.iter().map(|b| b.finite).sum();
        let missing: u64 = part.iter().map(|b| b.non_finite).sum();
        let sum: f64 = part.iter().map(|b| b.sum).sum();
        let low = part.iter().map(|b| b.min).fold(f32::INFINITY, f32::min);
        let high = part.iter().map(|b| b.max).fold(f32::NEG_INFINITY, f32::max);
        let values = match finite {
            0 => ",,".to_owned(),
            finite => format!("{},{low},{high}", (sum / finite as f64) as f32),
        };
        let ends = part.first().zip(part.last());
        let Some((from, to)) = ends.map(|(from, to)| (from.first, to.last)) else {
            continue;
        };
        let name = &series.name;
        let _ = writeln!(text, "{whose},{name},{from},{to},{values},{missing}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::{History, Snapshot, Status},
        preset::set,
        run::fake,
        tui::{
            app::{action::Action, lanes::LaneView},
            look::theme::Look,
        },
    };

    #[test]
    fn the_table_has_settings_measures_and_curves_of_each_lane_and_of_the_difference() {
        let snapshot = |gain: &str| {
            let snapshot = fake::snapshot();
            Arc::new(Snapshot {
                status: Status::Running,
                settings: Arc::new(set(&snapshot.settings, "gain", gain).unwrap()),
                ..snapshot
            })
        };
        let history = |loss: f32| {
            let mut history = History::default();
            (1..=3).for_each(|step| history.push("loss_d", step, loss * step as f32));
            history.push("distance_d", 3, loss);
            history
        };
        let mut app = App::new(snapshot("1"), Look::from_env());
        app.set_history(history(1.0));
        app.update(Action::Compare);
        assert_eq!(csv(&app), None, "one lane");
        app.lanes.others.push(LaneView {
            id: "b".parse().unwrap(),
            snapshot: snapshot("2"),
            history: history(1.5),
        });
        let table = csv(&app).unwrap();
        let fields = |line: &str| line.split(',').count();
        assert!(
            table.lines().all(|line| fields(line) == fields(HEAD)),
            "{table}"
        );
        for line in [
            "setting,lane a,gain,,,1,,,",
            "setting,lane b,gain,,,2,,,",
            "measure,lane a,loss_d,3,3,3,,,",
            "measure,lane b,loss_d,3,3,4.5,,,",
            "measure,lane b − lane a,loss_d,3,3,1.5,,,",
            "curve,lane b,loss_d,2,2,3,3,3,0",
            "difference,lane b − lane a,loss_d,2,2,1,1,1,0",
            "curve,lane b,distance_d,3,3,1.5,1.5,1.5,0",
        ] {
            assert!(table.lines().any(|known| known == line), "{line}\n{table}");
        }
        assert!(!table.contains("lane b − lane a,distance_d"), "{table}");
    }

    #[test]
    fn a_long_curve_has_few_rows_with_all_its_values() {
        let mut history = History::default();
        (1..=100_000).for_each(|step| history.push("x", step, step as f32));
        let mut text = String::new();
        curve(
            &mut text,
            "curve,a",
            history.get("x").unwrap(),
            Window::Whole,
        );
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert!((MOST / 2..=MOST).contains(&lines.len()), "{}", lines.len());
        assert!(lines.windows(2).all(|pair| {
            let step = |text: &str| text.parse::<u64>().unwrap();
            step(pair[0][4]) + 1 == step(pair[1][3])
        }));
        let last = lines.last().unwrap();
        assert_eq!((last[4], last[7]), ("100000", "100000"));
    }
}
