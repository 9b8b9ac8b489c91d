//! What samples show: that they get to be all the same.

use super::{
    super::{AlarmKind, switch::Switch},
    Found, figure,
};
use crate::metric::{Figures, Scores};

/// Diversity (mean distance between samples over that between real ones) under which G makes one sample over and over,
/// once it has made others, and over which it no longer does. Healthy runs rise from 0.05 (`ring`, `grid`, `dolls`) or
/// 0.22 (`digits`) and end at 0.73 (`dolls`) and more.
const COLLAPSED: f32 = 0.2;
const VARIED: f32 = 0.35;
/// What G must have reached before it can lose it: an untrained G starts with none.
const REACHED: f32 = 0.4;
/// Looks in a row, so that a single odd picture does not count.
const LOOKS: u32 = 3;
/// Diversity that even an untrained G has (0.05 and more), and looks in a row without it.
const NOTHING: f32 = 0.02;
const LOOKS_OF_NOTHING: u32 = 6;
/// Modes are lost when there are at most half of the most there were, of at least so many.
const MODES: usize = 4;

/// How different from each other the samples are.
#[derive(Debug, Default)]
pub struct Variety {
    most: f32,
    /// Looks in a row that showed one sample over and over.
    same: u32,
    samples: Switch,
    most_modes: usize,
    modes: Switch,
}

impl Variety {
    pub fn diversity(&mut self, diversity: f32) -> Option<Found> {
        if !diversity.is_finite() {
            return None;
        }
        self.most = self.most.max(diversity);
        self.same = if diversity < NOTHING {
            self.same + 1
        } else {
            0
        };
        let never_varied = self.same > LOOKS_OF_NOTHING - LOOKS;
        let collapsed = (self.most >= REACHED || never_varied) && diversity < COLLAPSED;
        self.samples.take(collapsed, diversity > VARIED, LOOKS)?;
        let text = || {
            format!(
                "samples of the fixed latents differ {} as much as real ones ({} at their best): G makes much the same \
                 whatever its latent. {HELP}",
                figure(f64::from(diversity)),
                figure(f64::from(self.most))
            )
        };
        Some(self.found(text))
    }

    pub fn scores(&mut self, scores: &Scores) -> Option<Found> {
        let Figures::Mixture(mixture) = scores.figures else {
            return None;
        };
        let (modes, total) = (mixture.modes, mixture.modes_total);
        let most = self.most_modes.max(modes);
        self.most_modes = most;
        let lost = most >= MODES && modes <= most / 2;
        self.modes.take(lost, 4 * modes >= 3 * most, 1)?;
        Some(
            self.found(|| {
                format!("{modes} of {total} modes are left of {most} that G had. {HELP}")
            }),
        )
    }

    /// One alarm for both signs.
    fn found(&self, text: impl FnOnce() -> String) -> Found {
        let on = self.samples.is_on() || self.modes.is_on();
        Found::of(AlarmKind::ModeCollapse, on.then(text))
    }
}

const HELP: &str =
    "Try: lower G's learning rate, raise n_dis or the batch, or more power iterations";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::MixtureScores;

    fn scores(modes: usize) -> Scores {
        Scores {
            step: 1,
            protocol: "".into(),
            figures: Figures::Mixture(MixtureScores {
                modes,
                modes_total: 8,
                high_quality: 0.5,
                reverse_kl: 0.1,
            }),
        }
    }

    #[test]
    fn an_untrained_generator_has_not_collapsed() {
        let mut variety = Variety::default();
        assert!(
            [0.0, 0.05, 0.1, 0.1, 0.3, 0.5, 0.1, 0.15]
                .iter()
                .all(|&d| variety.diversity(d).is_none())
        );
        assert!(variety.diversity(f32::NAN).is_none());
        let found = variety.diversity(0.12).unwrap();
        assert!(found.text.unwrap().contains("0.120 as much"));
        assert!(
            [0.3, 0.4, 0.45, 0.5]
                .iter()
                .all(|&d| variety.diversity(d).is_none_or(|f| f.text.is_none()))
        );
        assert!(!variety.samples.is_on());
    }

    #[test]
    fn a_generator_that_never_varies_has_collapsed() {
        let mut variety = Variety::default();
        assert!(
            [0.05, 1e-4, 0.0, 0.0, 0.0, 1e-5]
                .iter()
                .all(|&d| variety.diversity(d).is_none())
        );
        assert!(variety.diversity(0.0).unwrap().text.is_some());
    }

    #[test]
    fn half_of_the_modes_lost_are_a_collapse() {
        let mut variety = Variety::default();
        assert!(
            [1, 0, 3, 1, 6, 8, 5]
                .iter()
                .all(|&modes| variety.scores(&scores(modes)).is_none())
        );
        let found = variety.scores(&scores(4)).unwrap();
        assert!(
            found
                .text
                .unwrap()
                .starts_with("4 of 8 modes are left of 8")
        );
        assert!(variety.scores(&scores(5)).is_none());
        assert!(variety.scores(&scores(6)).unwrap().text.is_none());
    }
}
