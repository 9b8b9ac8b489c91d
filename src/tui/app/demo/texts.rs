//! The texts of the demo. Each is two sentences: what is seen, with the numbers that were measured, and which key does it.

use super::{Demo, Stage};
use crate::{
    model::{
        Figures, History, LaneId, MixtureScores, Scores, Snapshot, Status,
        measures::table::{GRAD_X_MAX, GRAD_X_MEAN},
    },
    tui::{app::App, words::number},
};

impl App {
    /// Returns the text of the demo, if it is on.
    pub(crate) fn demo_text(&self) -> Option<String> {
        let demo = self.demo.as_ref()?;
        let b = LaneId::A.next().unwrap_or_default();
        let slope_of = |lane| self.last_of(lane, GRAD_X_MEAN.name);
        Some(match demo.stage {
            Stage::Without => format!(
                "D trains without spectral normalization (SN): its slope at generated samples, ‖∇xD‖ in the gradient chart, \
                 {}. s switches SN on or off; here the demo does it at step {}, in a second lane, so that both go on side \
                 by side.",
                self.climbed(),
                number::count(demo.plan.fork)
            ),
            Stage::Forked => format!(
                "Lane b was split off at step {} and has SN on; all else, batches and latents too, is as in lane a. Its \
                 mean ‖∇xD‖ is {}, that of lane a {}: Y splits a lane off, A selects the other one.",
                number::count(demo.plan.fork),
                slope(slope_of(b)),
                slope(slope_of(LaneId::A))
            ),
            Stage::Compared | Stage::Starting => format!(
                "After step {} {}, {}: SN is all that differs, and reverse KL is 0 if all modes have equal shares. 7 is \
                 this view; Enter goes on to an explosion, in a run of its own.",
                number::count(self.snapshot.step),
                self.reached(LaneId::A),
                self.reached(b)
            ),
            Stage::Exploding => format!(
                "The same ring under the Wasserstein loss, without SN: nothing bounds D, and ‖∇xD‖ {}. L changes the loss; \
                 at step {} the demo switches SN on, as s does.",
                self.climbed(),
                number::count(demo.plan.on)
            ),
            Stage::Held => format!(
                "SN is on: {}. It bounds the slope and promises no samples ({}), as D has to learn anew; {}, and Enter \
                 closes this text.",
                self.fall(demo),
                self.modes_before_and_after(demo),
                match self.snapshot.status {
                    Status::Finished => "the run is finished: R rewinds it, P begins another",
                    _ => "s, Y or : go on by hand in this run",
                }
            ),
        })
    }

    /// Returns how far the slope of D has climbed in lane a: `has climbed to 34.20 on average, 85.46 at most`.
    fn climbed(&self) -> String {
        let [mean, max] =
            [GRAD_X_MEAN.name, GRAD_X_MAX.name].map(|name| self.last_of(LaneId::A, name));
        match (mean, max) {
            (Some(mean), Some(max)) => format!(
                "has climbed to {} on average, {} at most",
                number::short(mean),
                number::short(max)
            ),
            _ => "climbs".to_owned(),
        }
    }

    /// Returns what a lane has reached: `lane a covers 7 of 8 modes (reverse KL 0.43)`.
    fn reached(&self, lane: LaneId) -> String {
        let scores = self.snapshot_of(lane).and_then(|it| it.scores.as_deref());
        match scores.and_then(mixture) {
            Some(scores) => format!(
                "lane {lane} covers {} of {} modes (reverse KL {})",
                scores.modes,
                scores.modes_total,
                number::short(scores.reverse_kl)
            ),
            None => format!("lane {lane} has no scores yet"),
        }
    }

    /// Returns how far the slope fell, and within how many steps it was below 1.
    fn fall(&self, demo: &Demo) -> String {
        let now = slope(self.last_of(LaneId::A, GRAD_X_MEAN.name));
        let Some((before, steps)) = demo.turn.fall else {
            return format!("mean ‖∇xD‖ is {now}");
        };
        let before = number::short(before);
        let s = if steps == 1 { "" } else { "s" };
        format!("mean ‖∇xD‖ fell from {before} to below 1 within {steps} step{s}, and is {now}")
    }

    /// Returns how many modes samples covered while the slope exploded, and how many after it was held, first and now.
    fn modes_before_and_after(&self, demo: &Demo) -> String {
        let turn = &demo.turn;
        let covered = |scores: &Scores| {
            let found = mixture(scores)?;
            let (modes, all, step) = (found.modes, found.modes_total, number::count(scores.step));
            Some(format!("{modes} of {all} modes at step {step}"))
        };
        let first = turn.after.as_deref();
        let now = self.snapshot.scores.as_deref();
        let now = now.filter(|now| first.is_some_and(|first| first.step < now.step));
        let before = turn.before.as_deref().and_then(covered);
        let after: Vec<String> = [first, now]
            .into_iter()
            .flatten()
            .filter_map(covered)
            .collect();
        let parts = [
            before.map(|text| format!("{text} without it")),
            (!after.is_empty()).then(|| format!("{} with it", after.join(" and "))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            "no modes are counted yet".to_owned()
        } else {
            parts.join(", ")
        }
    }

    /// The curves of a lane.
    fn curves_of(&self, lane: LaneId) -> Option<&History> {
        if lane == self.lanes.selected {
            return Some(&self.history);
        }
        let other = self.lanes.others.iter().find(|other| other.id == lane);
        other.map(|other| &other.history)
    }

    /// The last value of a measure in a lane.
    fn last_of(&self, lane: LaneId, measure: &str) -> Option<f32> {
        self.curves_of(lane)?.get(measure)?.last()
    }

    fn snapshot_of(&self, lane: LaneId) -> Option<&Snapshot> {
        if lane == self.lanes.selected {
            return Some(&self.snapshot);
        }
        let other = self.lanes.others.iter().find(|other| other.id == lane)?;
        Some(&other.snapshot)
    }
}

fn mixture(scores: &Scores) -> Option<MixtureScores> {
    match scores.figures {
        Figures::Mixture(scores) => Some(scores),
        Figures::Images(_) => None,
    }
}

/// Returns a slope in a few characters.
fn slope(value: Option<f32>) -> String {
    value.map_or_else(|| "not measured yet".to_owned(), number::short)
}
