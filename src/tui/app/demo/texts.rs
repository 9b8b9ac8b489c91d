//! The texts of the demo. Each is two sentences: what is seen, with the numbers that were measured, and which key does it.

use super::{Demo, Stage};
use crate::{
    model::{Figures, LaneId, MixtureScores, Scores, Snapshot, measures::table::GRAD_X_MEAN},
    tui::{app::App, words::number},
};

impl App {
    /// Returns the text of the demo, if it is on.
    pub(crate) fn demo_text(&self) -> Option<String> {
        let demo = self.demo.as_ref()?;
        let b = LaneId::A.next().unwrap_or_default();
        Some(match demo.stage {
            Stage::Without => format!(
                "D trains without spectral normalization (SN): its slope at generated samples, ‖∇xD‖ in the gradient chart, \
                 has climbed to {}. s switches SN on or off; here the demo does it at step {}, in a second lane, so that \
                 both go on side by side.",
                slope(self.slope_of(LaneId::A)),
                number::count(demo.plan.fork)
            ),
            Stage::Forked => format!(
                "Lane b was split off at step {} and has SN on; all else, batches and latents too, is as in lane a. Its \
                 ‖∇xD‖ is {}, that of lane a {}: Y splits a lane off, A selects the other one.",
                number::count(demo.plan.fork),
                slope(self.slope_of(b)),
                slope(self.slope_of(LaneId::A))
            ),
            Stage::Compared | Stage::Starting => format!(
                "After step {} {}, {}: SN is all that differs. 7 is this view; Enter goes on to an explosion, in a run of \
                 its own.",
                number::count(self.snapshot.step),
                self.reached(LaneId::A),
                self.reached(b)
            ),
            Stage::Exploding => format!(
                "The same ring under the Wasserstein loss, without SN: nothing bounds D, and ‖∇xD‖ has grown to {}. L \
                 changes the loss; at step {} the demo switches SN on, as s does.",
                slope(self.slope_of(LaneId::A)),
                number::count(demo.plan.on)
            ),
            Stage::Held => format!(
                "SN is on: {}. It bounds the slope, and samples need not get better by it: {}; to go on by hand \
                 use s, Y or : in this run, and Enter closes this text.",
                self.fall(demo),
                self.modes_before_and_after(demo)
            ),
        })
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
        let points = self.curves_of(LaneId::A);
        let points = points.and_then(|curves| curves.get(GRAD_X_MEAN.name));
        let recent = points.map(|series| &series.recent);
        let before = |&&(step, _): &&(u64, f32)| step < demo.plan.on;
        let last = recent.and_then(|recent| recent.iter().rev().find(before));
        let after = |&&(step, value): &&(u64, f32)| step >= demo.plan.on && value < 1.0;
        let held = recent.and_then(|recent| recent.iter().find(after));
        let now = slope(self.slope_of(LaneId::A));
        match (last, held) {
            (Some(&(_, before)), Some(&(step, _))) => {
                let steps = step + 1 - demo.plan.on;
                let s = if steps == 1 { "" } else { "s" };
                format!(
                    "‖∇xD‖ fell from {} to below 1 within {steps} step{s}, and is {now}",
                    slope(Some(before))
                )
            }
            _ => format!("‖∇xD‖ is {now}"),
        }
    }

    /// Returns how many modes samples covered while the slope exploded, and how many after it was held.
    fn modes_before_and_after(&self, demo: &Demo) -> String {
        let covered = |scores: &Scores| {
            let found = mixture(scores)?;
            let (modes, all, step) = (found.modes, found.modes_total, number::count(scores.step));
            Some(format!("{modes} of {all} modes at step {step}"))
        };
        let before = demo.exploded.as_deref().and_then(covered);
        let scores = self.snapshot.scores.as_deref();
        let after = scores.filter(|scores| scores.step >= demo.plan.on);
        let parts = [
            before.map(|text| format!("{text} without it")),
            after
                .and_then(covered)
                .map(|text| format!("{text} with it")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            "no modes are counted yet".to_owned()
        } else {
            parts.join(", ")
        }
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
    match value {
        Some(value) if value >= 1000.0 => {
            let power = value.log10().floor() as i32;
            let digits = value / 10f32.powi(power);
            let signs = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
            let power: String = power
                .to_string()
                .chars()
                .filter_map(|digit| signs.get(digit.to_digit(10)? as usize))
                .collect();
            format!("{digits:.1}·10{power}")
        }
        Some(value) if value >= 10.0 => format!("{value:.0}"),
        Some(value) if value >= 0.1 => format!("{value:.2}"),
        Some(value) => number::short(value),
        None => "not measured yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_short() {
        for (value, text) in [
            (0.307, "0.31"),
            (0.0015, "0.0015"),
            (98.24, "98"),
            (1.26e6, "1.3·10⁶"),
            (2.0e12, "2.0·10¹²"),
            (f32::NAN, "nan"),
        ] {
            assert_eq!(slope(Some(value)), text);
        }
        assert_eq!(slope(None), "not measured yet");
    }
}
