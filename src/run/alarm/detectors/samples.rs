//! What samples show: that they get to be all the same.

use super::{Found, figure};
use crate::{
    metric::classifier::CLASSES,
    model::{AlarmKind, Figures, Scores},
    preset::Preset,
    run::alarm::{
        rules::{Rule, percent},
        switch::Switch,
    },
};

/// Diversity (mean distance between samples over that between real ones), as a share of the most that G has reached,
/// under which its samples fall together, and over which they no longer do. More than real samples have is no merit.
/// Healthy runs, once they have reached 0.4, have at least 0.58 (`grid`, seed 1).
const COLLAPSED: f32 = 0.4;
const VARIED: f32 = 0.6;
/// What G must have reached before it can lose it: an untrained G starts with next to none.
const REACHED: f32 = 0.4;
/// Looks in a row, so that a single odd picture does not count.
const LOOKS: u32 = 3;
/// Diversity that is none, where it is less than half of the untrained G's as well, and looks in a row with no more.
const NOTHING: f32 = 0.02;
const LOOKS_OF_NOTHING: u32 = 6;
/// Modes are lost when there are at most half of the most there were, of at least so many, and back from three quarters
/// on.
const MODES: f64 = 4.0;
const LOST: f64 = 0.5;
const BACK: f64 = 0.75;
/// Steps for which they must be lost: `grid` drops half of its modes on its way, and has them again 200 steps later.
const STEPS: u64 = 300;
/// Share of samples of high quality from which on G has the modes that they stand for: noise is nearest to all of them,
/// and a few of its points lie at most.
const QUALITY: f32 = 0.25;

/// When this alarm goes on and off.
pub(super) fn rule() -> Rule {
    let percent = |share: f32| percent(f64::from(share));
    Rule {
        kind: AlarmKind::ModeCollapse,
        on: format!(
            "diversity of the fixed latents' samples is under {} of the most that G has had (1 at most, {REACHED} at \
             least), {LOOKS} pictures in a row; or at most {NOTHING} and half of the untrained G's, {LOOKS_OF_NOTHING} in \
             a row; or {} or less of the most modes or classes that G has had ({MODES} at least) are left for {STEPS} \
             steps",
            percent(COLLAPSED),
            percent(LOST as f32)
        ),
        off: format!(
            "over {} of the most, {LOOKS} pictures in a row; {} of the modes",
            percent(VARIED),
            percent(BACK as f32)
        ),
    }
}

/// How different from each other the samples are.
#[derive(Debug, Default)]
pub(super) struct Variety {
    /// Diversity of the untrained G.
    first: Option<f32>,
    /// The most diversity, at most 1.
    most: f32,
    /// Looks in a row that showed one sample over and over.
    same: u32,
    samples: Switch,
    /// Modes with samples of high quality.
    covered: Count,
    /// Modes or classes that the samples are spread over: exp of the entropy of their histogram.
    spread: Count,
    /// The last step at which none were lost.
    whole: u64,
    modes: Switch,
}

/// How many there are, and the most there were.
#[derive(Debug, Default)]
struct Count {
    now: f64,
    most: f64,
}

impl Count {
    /// Takes how many there are; `counts` says whether these can be lost later.
    fn take(&mut self, now: f64, counts: bool) {
        if now.is_finite() {
            self.now = now;
            self.most = self.most.max(if counts { now } else { 0.0 });
        }
    }

    fn is_lost(&self) -> bool {
        self.most >= MODES && self.now <= LOST * self.most
    }

    fn is_back(&self) -> bool {
        self.now >= BACK * self.most
    }
}

impl Variety {
    pub(super) fn diversity(&mut self, diversity: f32, settings: &Preset) -> Option<Found> {
        if !diversity.is_finite() {
            return None;
        }
        let first = *self.first.get_or_insert(diversity);
        self.most = self.most.max(diversity.min(1.0));
        self.same = if diversity <= NOTHING.min(first / 2.0) {
            self.same + 1
        } else {
            0
        };
        let never_varied = self.same > LOOKS_OF_NOTHING - LOOKS;
        let fell = self.most >= REACHED && diversity < COLLAPSED * self.most;
        let varied = diversity > VARIED * self.most.max(REACHED);
        self.samples.take(fell || never_varied, varied, LOOKS)?;
        let text = || {
            format!(
                "samples have {} of the diversity of real ones ({} at their best): G makes much the same whatever its \
                 latent. {}",
                figure(f64::from(diversity)),
                figure(f64::from(self.most)),
                tries(settings)
            )
        };
        Some(self.found(text))
    }

    pub(super) fn scores(&mut self, scores: &Scores, settings: &Preset) -> Option<Found> {
        let (of, total) = match &scores.figures {
            Figures::Mixture(mixture) => {
                let total = mixture.modes_total as f64;
                let counts = mixture.high_quality >= QUALITY;
                self.covered.take(mixture.modes as f64, counts);
                let spread = total * f64::from(-mixture.reverse_kl).exp();
                self.spread.take(spread, counts);
                ("modes", total)
            }
            Figures::Images(images) => {
                let entropy = f64::from(images.class_entropy?);
                self.spread.take(entropy.exp(), true);
                ("classes", CLASSES as f64)
            }
        };
        let (covered, spread) = (&self.covered, &self.spread);
        let lost = covered.is_lost() || spread.is_lost();
        let back = covered.is_back() && spread.is_back();
        if !lost {
            self.whole = scores.step;
        }
        let for_long = scores.step >= self.whole + STEPS;
        self.modes.take(lost && for_long, back, 1)?;
        let text = || {
            let what = if covered.is_lost() {
                format!(
                    "{} of {total} modes are left of {} that G had (its samples spread as over {:.1})",
                    covered.now, covered.most, spread.now
                )
            } else {
                format!(
                    "G's samples spread as over {:.1} of {total} {of}, {:.1} at their best",
                    spread.now, spread.most
                )
            };
            format!("{what}. {}", tries(settings))
        };
        Some(self.found(text))
    }

    /// One alarm for both signs.
    fn found(&self, text: impl FnOnce() -> String) -> Found {
        let on = self.samples.is_on() || self.modes.is_on();
        Found::of(AlarmKind::ModeCollapse, on.then(text))
    }
}

fn tries(settings: &Preset) -> &'static str {
    if settings.spectral.enabled {
        "Try: lower G's learning rate, raise n_dis or the batch, or more power iterations"
    } else {
        "Try: spectral normalization on, lower learning rates, or raise n_dis or the batch"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{ImageScores, MixtureScores},
        run::fake,
    };

    fn mixture(step: u64, modes: usize, high_quality: f32, reverse_kl: f32) -> Scores {
        Scores {
            step,
            protocol: "".into(),
            figures: Figures::Mixture(MixtureScores {
                modes,
                modes_total: 8,
                high_quality,
                reverse_kl,
            }),
        }
    }

    fn classes(step: u64, class_entropy: Option<f32>) -> Scores {
        Scores {
            step,
            protocol: "".into(),
            figures: Figures::Images(ImageScores {
                diversity: 0.9,
                swd: 0.1,
                classifier_score: None,
                frechet: None,
                class_entropy,
            }),
        }
    }

    /// What a run of figures turns: text where an alarm goes on, none where it ends.
    fn turns<T>(
        figures: impl IntoIterator<Item = T>,
        take: impl FnMut(T) -> Option<Found>,
    ) -> Vec<Option<String>> {
        let found = figures.into_iter().filter_map(take);
        found.map(|found| found.text).collect()
    }

    #[test]
    fn an_untrained_generator_has_not_collapsed() {
        let mut variety = Variety::default();
        let mut at = |all: &[f32]| turns(all, |&d| variety.diversity(d, &fake::preset()));
        assert_eq!(
            at(&[0.0, 0.05, 0.1, 0.1, 0.3, 0.5, 0.1, 0.15, f32::NAN]),
            []
        );
        let on = at(&[0.12]);
        assert!(
            on[0].as_ref().unwrap().contains("0.120 of the diversity"),
            "{on:?}"
        );
        assert_eq!(at(&[0.3, 0.4, 0.45]), []);
        assert_eq!(at(&[0.5, 0.5]), [None]);
    }

    #[test]
    fn variety_is_lost_against_no_more_than_real_samples_have() {
        let mut variety = Variety::default();
        let mut at = |all: &[f32]| turns(all, |&d| variety.diversity(d, &fake::preset()));
        assert_eq!(at(&[0.2, 1.4, 0.6, 0.6, 0.6, 0.6]), []);
        assert_eq!(at(&[0.38, 0.38, 0.38]).len(), 1);
        assert_eq!(at(&[0.62, 0.62, 0.62]), [None]);
    }

    #[test]
    fn a_generator_that_never_varies_has_collapsed() {
        let collapses = |all: &[f32]| {
            let mut variety = Variety::default();
            !turns(all, |&d| variety.diversity(d, &fake::preset())).is_empty()
        };
        assert!(!collapses(&[0.05, 1e-4, 0.0, 0.0, 0.0, 1e-5]));
        assert!(collapses(&[0.05, 1e-4, 0.0, 0.0, 0.0, 1e-5, 0.0]));
        assert!(collapses(&[0.0; 7]));
        // `cifar10` begins with this, and its average keeps it for long.
        assert!(!collapses(&[0.0067; 100]));
    }

    #[test]
    fn half_of_the_modes_lost_are_a_collapse() {
        let mut variety = Variety::default();
        let mut steps = (0..).step_by(500);
        let mut at = |all: &[usize]| {
            let figures = all
                .iter()
                .map(|&modes| mixture(steps.next().unwrap(), modes, 0.9, 0.0));
            turns(figures, |scores| variety.scores(&scores, &fake::preset()))
        };
        assert_eq!(at(&[1, 0, 3, 1, 6, 8, 5]), []);
        let on = at(&[4]);
        let text = on[0].as_ref().unwrap();
        assert!(text.starts_with("4 of 8 modes are left of 8"), "{text}");
        assert_eq!(at(&[5, 6, 7]), [None]);
    }

    #[test]
    fn modes_that_come_back_soon_were_not_lost() {
        let mut variety = Variety::default();
        let mut alarms = |steps: std::ops::Range<u64>, modes| {
            let scores = steps.step_by(50).map(|step| mixture(step, modes, 0.9, 0.0));
            let turned = turns(scores, |scores| variety.scores(&scores, &fake::preset()));
            turned.len()
        };
        assert_eq!(alarms(0..1000, 8), 0);
        assert_eq!(alarms(1000..1250, 2), 0);
        assert_eq!(alarms(1250..1300, 6), 0);
        assert_eq!(alarms(1300..1550, 2), 0);
        assert_eq!(alarms(1550..1600, 2), 1);
    }

    #[test]
    fn samples_that_crowd_at_one_mode_are_a_collapse_whatever_strays() {
        let mut variety = Variety::default();
        let mut steps = (0..).step_by(500);
        let mut at = |all: &[(f32, f32)]| {
            let figures = all
                .iter()
                .map(|&(quality, kl)| mixture(steps.next().unwrap(), 8, quality, kl));
            turns(figures, |scores| variety.scores(&scores, &fake::preset()))
        };
        // Noise is nearest to all modes; that it then crowds is no loss.
        assert_eq!(at(&[(0.1, 0.0), (0.1, 1.5), (0.6, 1.0)]), []);
        assert_eq!(at(&[(0.9, 0.05), (0.9, 0.3), (0.9, f32::NAN)]), []);
        let on = at(&[(0.9, 1.5)]);
        let text = on[0].as_ref().unwrap();
        assert!(text.contains("as over 1.8 of 8 modes, 7.6"), "{text}");
        assert_eq!(at(&[(0.9, 0.5), (0.9, 0.1)]), [None]);
    }

    #[test]
    fn of_images_classes_are_lost() {
        let mut variety = Variety::default();
        let mut steps = (0..).step_by(500);
        let mut at = |all: &[Option<f32>]| {
            let figures = all
                .iter()
                .map(|&entropy| classes(steps.next().unwrap(), entropy));
            turns(figures, |scores| variety.scores(&scores, &fake::preset()))
        };
        assert_eq!(at(&[None, Some(0.5), Some(2.2), Some(1.8)]), []);
        let on = at(&[Some(0.7)]);
        let text = on[0].as_ref().unwrap();
        assert!(text.contains("as over 2.0 of 10 classes, 9.0"), "{text}");
        assert_eq!(at(&[Some(1.4), Some(2.1)]), [None]);
    }
}
