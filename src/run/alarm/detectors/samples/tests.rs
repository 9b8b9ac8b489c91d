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

/// Changes of the alarm over a sequence of values: the text if it goes on, `None` if it goes off.
fn changes<T>(
    figures: impl IntoIterator<Item = T>,
    take: impl FnMut(T) -> Option<Found>,
) -> Vec<Option<String>> {
    let found = figures.into_iter().filter_map(take);
    found.map(|found| found.text).collect()
}

#[test]
fn an_untrained_generator_has_not_collapsed() {
    let mut variety = Variety::default();
    let mut at = |all: &[f32]| changes(all, |&d| variety.diversity(d, &fake::preset()));
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
    let mut at = |all: &[f32]| changes(all, |&d| variety.diversity(d, &fake::preset()));
    assert_eq!(at(&[0.2, 1.4, 0.6, 0.6, 0.6, 0.6]), []);
    assert_eq!(at(&[0.38, 0.38, 0.38]).len(), 1);
    assert_eq!(at(&[0.62, 0.62, 0.62]), [None]);
}

#[test]
fn a_generator_that_never_varies_has_collapsed() {
    let collapses = |all: &[f32]| {
        let mut variety = Variety::default();
        !changes(all, |&d| variety.diversity(d, &fake::preset())).is_empty()
    };
    assert!(!collapses(&[0.05, 1e-4, 0.0, 0.0, 0.0, 1e-5]));
    assert!(collapses(&[0.05, 1e-4, 0.0, 0.0, 0.0, 1e-5, 0.0]));
    assert!(collapses(&[0.0; 7]));
    // `cifar10` starts with this diversity, and its averaged G keeps it for long.
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
        changes(figures, |scores| variety.scores(&scores, &fake::preset()))
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
        let turned = changes(scores, |scores| variety.scores(&scores, &fake::preset()));
        turned.len()
    };
    assert_eq!(alarms(0..1000, 8), 0);
    assert_eq!(alarms(1000..1250, 2), 0);
    assert_eq!(alarms(1250..1300, 6), 0);
    assert_eq!(alarms(1300..1550, 2), 0);
    assert_eq!(alarms(1550..1600, 2), 1);
}

#[test]
fn samples_concentrated_on_one_mode_are_a_collapse() {
    let mut variety = Variety::default();
    let mut steps = (0..).step_by(500);
    let mut at = |all: &[(f32, f32)]| {
        let figures = all
            .iter()
            .map(|&(quality, kl)| mixture(steps.next().unwrap(), 8, quality, kl));
        changes(figures, |scores| variety.scores(&scores, &fake::preset()))
    };
    // Noise covers all modes, so fewer modes afterwards are no loss.
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
        changes(figures, |scores| variety.scores(&scores, &fake::preset()))
    };
    assert_eq!(at(&[None, Some(0.5), Some(2.2), Some(1.8)]), []);
    let on = at(&[Some(0.7)]);
    let text = on[0].as_ref().unwrap();
    assert!(text.contains("as over 2.0 of 10 classes, 9.0"), "{text}");
    assert_eq!(at(&[Some(1.4), Some(2.1)]), [None]);
}
