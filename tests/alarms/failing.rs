//! Runs that fail, one for each alarm.

use sn_tui::model::Cause;

use super::{Plan, keys, on};

/// Trains, and checks that this alarm is raised with these words.
fn raises_alarm(preset: &str, steps: u64, settings: &[&str], key: &str, words: &[&str]) {
    let plan = Plan {
        preset,
        steps,
        settings,
        ..Plan::default()
    };
    plan_raises_alarm(plan, key, words);
}

fn plan_raises_alarm(plan: Plan, key: &str, words: &[&str]) {
    let trained = plan.train();
    let mut alarms = trained.journal.iter().filter_map(|entry| {
        let (its, text) = on(entry)?;
        (its == key).then_some((text, &entry.cause))
    });
    let Some((text, cause)) = alarms.next() else {
        panic!("no {key}: {:#?}\n{}", trained.journal, trained.margins);
    };
    assert_eq!(*cause, Cause::Alarm);
    for word in words.iter().chain(&["Try: "]) {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_tiny_gain_lets_the_gradient_die() {
    raises_alarm(
        "ring",
        110,
        &["gain=1e-6", "batch=32"],
        "dying_gradient",
        &["‖∇xD‖", "gain"],
    );
}

#[test]
fn a_tight_clip_lets_the_gradient_die() {
    let settings = [
        "spectral.enabled=false",
        "loss=wasserstein",
        "clip=0.002",
        "batch=32",
        "gain=1",
    ];
    raises_alarm("ring", 110, &settings, "dying_gradient", &["‖∇xD‖", "clip"]);
}

#[test]
fn without_normalization_gradients_explode_and_with_it_they_do_not() {
    for (preset, steps, settings) in [
        ("ring", 200, &["loss=wasserstein", "batch=64"][..]),
        (
            "digits",
            200,
            &[
                "gain=64",
                "discriminator.learning_rate=0.05",
                "scores.every=0",
            ],
        ),
    ] {
        let off = [settings, &["spectral.enabled=false"]].concat();
        let words = ["times the gain", "spectral normalization on"];
        raises_alarm(preset, steps, &off, "exploding_gradient", &words);
        let plan = Plan {
            preset,
            steps,
            settings,
            ..Plan::default()
        };
        let trained = plan.train();
        let raised = keys(&trained.journal, on);
        assert!(!raised.contains(&"exploding_gradient"), "{raised:?}");
    }
}

#[test]
fn samples_stay_away_from_the_modes() {
    let settings = [
        "spectral.enabled=false",
        "discriminator.learning_rate=0.05",
        "batch=32",
        "scores.every=20",
    ];
    raises_alarm("ring", 400, &settings, "low_quality", &["near a mode"]);
}

#[test]
fn d_wins_against_a_frozen_generator() {
    let settings = ["generator.learning_rate=0", "batch=16", "scores.every=0"];
    raises_alarm(
        "digits",
        200,
        &settings,
        "discriminator_wins",
        &["D tells", "a lower rate of D"],
    );
}

#[test]
fn a_frozen_discriminator_loses() {
    let settings = [
        "discriminator.learning_rate=0",
        "batch=16",
        "scores.every=0",
    ];
    raises_alarm(
        "digits",
        80,
        &settings,
        "discriminator_loses",
        &["above real ones"],
    );
}

#[test]
fn a_generator_with_too_high_a_rate_makes_one_sample() {
    let settings = [
        "generator.learning_rate=0.3",
        "batch=32",
        "samples.every=10",
    ];
    raises_alarm(
        "ring",
        200,
        &settings,
        "mode_collapse",
        &["the diversity of real ones"],
    );
}

#[test]
fn without_normalization_a_spectrum_collapses() {
    let settings = [
        "spectral.enabled=false",
        "loss=wasserstein",
        "discriminator.learning_rate=0.02",
        "batch=64",
    ];
    raises_alarm(
        "ring",
        1500,
        &settings,
        "spectral_collapse.d.4",
        &["effective rank", "of 128"],
    );
}

#[test]
fn frozen_vectors_let_sigma_drift() {
    let settings = [
        "spectral.iterations=0",
        "discriminator.learning_rate=0.01",
        "batch=32",
    ];
    raises_alarm(
        "ring",
        1500,
        &settings,
        "estimate_drift.d.2",
        &["σ of d.2", "0 power iterations"],
    );
}

#[test]
fn an_absurd_rate_gives_numbers_that_are_not_finite() {
    let settings = [
        "spectral.enabled=false",
        "discriminator.learning_rate=1e30",
        "batch=16",
    ];
    raises_alarm("ring", 20, &settings, "non_finite", &["not applied"]);
}

#[test]
fn a_generator_with_too_high_a_rate_loses_modes() {
    let plan = Plan {
        preset: "ring",
        steps: 2100,
        // Without pictures, the score of modes decides.
        settings: &[
            "decay=false",
            "batch=128",
            "scores.every=50",
            "samples.every=100000",
        ],
        at: &[
            "1500:spectral.enabled=false",
            "1500:generator.learning_rate=0.05",
        ],
        ..Plan::default()
    };
    let words = ["modes are left of 8", "spectral normalization on"];
    plan_raises_alarm(plan, "mode_collapse", &words);
}
