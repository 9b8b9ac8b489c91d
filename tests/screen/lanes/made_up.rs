//! Synthetic runs of several lanes, which go apart from their forks on.

use std::sync::Arc;

use sn_tui::{
    model::{Figures, LaneId, MixtureScores, Samples, Scores, Snapshot},
    preset::{Data, set},
    tui::{
        app::{App, lanes::LaneView},
        look::theme::Look,
    },
};

use crate::{app, made_up::*};

/// The steps at which lanes b, c and d are split off, and what changes there.
const FORKS: [(u64, &str, &str); 3] = [
    (400, "spectral.enabled", "false"),
    (700, "gain", "16"),
    (700, "loss", "wasserstein"),
];

/// Samples of a lane: those of a later latent, which stand for other samples of the same one.
fn samples(data: &Data, at: usize) -> Samples {
    let mut samples = if matches!(data, Data::Images { .. }) {
        images()
    } else {
        points()
    };
    match &mut samples {
        Samples::Images { pixels, .. } => pixels.rotate_left(at),
        Samples::Points { generated, .. } => {
            generated
                .iter_mut()
                .for_each(|point| point[0] += 0.2 * at as f32);
        }
    }
    samples
}

/// A lane of a run of `count` lanes. Lane a is at 0.
fn view(data: Data, at: usize, count: usize) -> LaneView {
    let is_mixture = matches!(data, Data::Mixture { .. });
    let name = if is_mixture { "ring" } else { "digits" };
    let mut snapshot = running(data.clone(), name, samples(&data, at));
    let mut first = 1;
    let mut changes = Vec::new();
    if let Some((step, key, value)) = at.checked_sub(1).map(|fork| FORKS[fork]) {
        first = step;
        let old = sn_tui::preset::get(&snapshot.settings, key).unwrap();
        snapshot.settings = Arc::new(set(&snapshot.settings, key, value).unwrap());
        changes.push(serde_json::json!({
            "step": step, "kind": "fork", "key": "", "old": "", "new": "", "cause": "key",
            "from": {"run": "../..", "lane": "a", "step": step - 1},
            "changes": [{"key": key, "old": old, "new": value}]
        }));
    } else {
        for (fork, letter) in FORKS.iter().zip(["b", "c", "d"]).take(count - 1) {
            changes.push(serde_json::json!({
                "step": fork.0, "kind": "fork", "key": "", "old": "", "new": "", "cause": "key",
                "lane": letter,
                "changes": [{"key": fork.1, "old": "1", "new": fork.2}]
            }));
        }
    }
    let changes = changes.into_iter();
    let mut changes: Vec<_> = changes
        .map(|words| serde_json::from_value(words).unwrap())
        .collect();
    changes.push(entry(
        812 + at as u64,
        "set",
        "spectral.iterations",
        "2",
        "1",
        "key",
    ));
    snapshot.changes = changes;
    if is_mixture {
        snapshot.scores = Some(Arc::new(Scores {
            step: 500,
            protocol: "as is usual".into(),
            figures: Figures::Mixture(MixtureScores {
                modes: 8 - at,
                modes_total: 8,
                high_quality: 0.9644 - 0.1 * at as f32,
                reverse_kl: 0.0123,
            }),
        }));
    }
    let apart = move |step: u64| {
        let mut m = measures(step);
        let way = [0.0, 1.0, -2.0, 4.0][at];
        let gone = step.saturating_sub(first) as f32 / STEPS as f32 * way;
        m.loss_d += 0.5 * gone;
        m.loss_g -= 0.5 * gone;
        m.d_real += 0.3 * gone;
        m.d_fake -= 0.3 * gone;
        m.grad_d *= gone.exp2();
        m.grad_g *= gone.exp2();
        m.grad_x_mean = m.grad_x_mean.map(|norm| norm * (-gone).exp2());
        m.sigma
            .iter_mut()
            .for_each(|(_, sigma)| *sigma += 0.3 * gone);
        m
    };
    snapshot.measures = Some(Arc::new(apart(STEPS)));
    LaneView {
        id: LaneId::all().nth(at).unwrap(),
        snapshot: Arc::new(snapshot),
        history: history_from(first, apart),
    }
}

/// A run of `count` lanes, of which the one at `selected` is selected.
pub fn run(data: Data, count: usize, selected: usize, look: Look) -> App {
    run_with(data, count, selected, look, |_, _| {})
}

/// A run whose snapshots are changed before they are shown.
pub fn run_with(
    data: Data,
    count: usize,
    selected: usize,
    look: Look,
    change: impl Fn(usize, &mut Snapshot),
) -> App {
    let mut lanes: Vec<LaneView> = (0..count)
        .map(|at| {
            let mut view = view(data.clone(), at, count);
            change(at, Arc::make_mut(&mut view.snapshot));
            view
        })
        .collect();
    let front = lanes.remove(selected);
    let mut app = app((*front.snapshot).clone(), front.history, look);
    app.lanes.selected = front.id;
    let others = lanes
        .iter()
        .map(|lane| (lane.id, Arc::clone(&lane.snapshot)));
    app.observe_lanes(&others.collect::<Vec<_>>());
    app.lanes.others = lanes;
    app
}
