//! Singular values and histograms, which are of one step, as tables with rows for each lane or run.

use std::fmt::Write;

use super::quoted;
use crate::{
    model::BINS,
    tui::{
        app::App,
        pane::{
            members::{Member, Members},
            outputs, spectrum,
        },
    },
};

/// The head of a table of singular values.
const SPECTRUM: &str = "run,step,layer,index,singular_value";
/// The head of a table of histograms. The first row of a side counts what is below the bins, the last what is above.
const OUTPUTS: &str = "run,step,side,from,to,count";

/// Returns the table of the singular values of the shown layer in each lane or run.
pub(super) fn singular_values(app: &App) -> Option<String> {
    let key = app.views.spectrum.key(&app.snapshot)?;
    let members = Members::of(app).all;
    let known = members.iter().filter_map(|member| {
        let (step, layer) = spectrum::layer_of(member, &key)?;
        Some((name(app, &members, member), step, &layer.singular_values))
    });
    let mut text = format!("{SPECTRUM}\n");
    for (run, step, values) in known {
        for (index, value) in values.iter().enumerate() {
            let _ = writeln!(text, "{run},{step},{key},{},{value}", index + 1);
        }
    }
    Some(text)
}

/// Returns the table of the histograms of D's output in each lane or run, or `None` if there are none.
pub(super) fn histograms(app: &App) -> Option<String> {
    let mut text = String::new();
    let members = Members::of(app).all;
    for member in &members {
        let Some(outputs) = outputs::of_member(app, member) else {
            continue;
        };
        let start = format!("{},{}", name(app, &members, member), outputs.step);
        let edges = outputs.edges();
        for (side, counts) in [("real", outputs.real), ("generated", outputs.generated)] {
            let mut row = |from: &str, to: &str, count: u32| {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{start},{side},{from},{to},{count}");
            };
            row("", &edges[0].to_string(), counts.below);
            for (ends, &count) in edges.windows(2).zip(&counts.bins) {
                row(&ends[0].to_string(), &ends[1].to_string(), count);
            }
            row(&edges[BINS].to_string(), "", counts.above);
        }
    }
    (!text.is_empty()).then(|| format!("{OUTPUTS}\n{text}"))
}

/// Returns the name of a lane or run as a field of a table.
fn name(app: &App, members: &[Member], member: &Member) -> String {
    match members.len() {
        1 => quoted(&app.snapshot.name),
        _ => quoted(&member.words()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::csv, *};
    use crate::{
        model::{Exact, History, LayerSpectrum, Outputs, Snapshot, Spectra},
        run::fake,
        tui::{
            app::{action::Action, lanes::LaneView},
            layout::Pane,
            look::theme::Look,
        },
    };

    fn layer() -> LayerSpectrum {
        LayerSpectrum {
            key: "d.0".into(),
            kind: "Linear 2→1".into(),
            shape: (1, 2),
            enabled: true,
            iterations: 1,
            singular_values: vec![5.0, 0.5],
            sigma: None,
            sigma_used: None,
            frobenius: None,
            exact: Exact::default(),
        }
    }

    #[test]
    fn singular_values_are_those_of_each_lane() {
        let snapshot = Arc::new(Snapshot {
            spectra: Some(Arc::new(Spectra {
                step: 6,
                layers: vec![layer()],
            })),
            ..fake::snapshot()
        });
        let mut app = App::new(Arc::clone(&snapshot), Look::from_env());
        app.update(Action::Spectrum);
        let alone = csv(&app).unwrap();
        let rows: Vec<&str> = alone.lines().skip(1).collect();
        assert_eq!(rows, ["fake,6,d.0,1,5", "fake,6,d.0,2,0.5"]);
        app.lanes.others.push(LaneView {
            id: "b".parse().unwrap(),
            snapshot,
            history: History::default(),
        });
        let both = csv(&app).unwrap();
        let rows: Vec<&str> = both.lines().skip(1).collect();
        let [first, .., last] = rows[..] else {
            panic!("{both}");
        };
        assert_eq!([first, last], ["lane a,6,d.0,1,5", "lane b,6,d.0,2,0.5"]);
    }

    #[test]
    fn histograms_are_bins_of_each_lane_and_what_is_beyond_them() {
        let generated: Vec<f32> = [1.0; 20].into_iter().chain([1e6]).collect();
        let snapshot = Arc::new(Snapshot {
            outputs: Outputs::of(6, &[0.0, 16.0], &generated).map(Arc::new),
            ..fake::snapshot()
        });
        let mut app = App::new(Arc::clone(&snapshot), Look::from_env());
        app.update(Action::ToggleOutputs);
        app.focus = Some(Pane::Outputs);
        let alone = csv(&app).unwrap();
        let rows: Vec<&str> = alone.lines().collect();
        assert_eq!(rows.len(), 1 + 2 * (BINS + 2), "{alone}");
        assert_eq!(
            rows[..3],
            [OUTPUTS, "fake,6,real,,0,0", "fake,6,real,0,1,1"]
        );
        let last = "fake,6,generated,16,,1";
        assert_eq!(rows.last(), Some(&last), "{alone}");
        app.lanes.others.push(LaneView {
            id: "b".parse().unwrap(),
            snapshot: Arc::clone(&snapshot),
            history: History::default(),
        });
        let both = csv(&app).unwrap();
        assert_eq!(both.matches("\nlane a,6,").count(), 2 * (BINS + 2));
        assert_eq!(both.matches("\nlane b,6,").count(), 2 * (BINS + 2));
    }
}
