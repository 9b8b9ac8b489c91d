//! Healthy runs at full length.

use sn_tui::preset::builtin::names;

use super::{Plan, keys, on};

/// Settings that replace data a user would have to provide with bundled data. They allow a short run, not real
/// training.
const SHORT_RUN: &[&str] = &[
    "data.source=Dolls",
    "n_dis=1",
    "scores.count=2",
    "samples.every=1",
];

/// (preset, steps, settings, seeds)
const SWEEP: &[(&str, u64, &[&str], &[u64])] = &[
    ("ring", 0, &[], &[0, 1, 2, 3, 4]),
    ("grid", 0, &[], &[0, 1, 2, 3, 4]),
    ("digits", 0, &[], &[0]),
    ("fashion", 0, &[], &[0]),
    ("dolls", 0, &[], &[0]),
    ("cifar10", 20, SHORT_RUN, &[0]),
    ("cifar10-resnet", 20, SHORT_RUN, &[0]),
    ("stl10", 20, SHORT_RUN, &[0]),
];

#[test]
fn the_sweep_has_every_preset() {
    let swept: Vec<&str> = SWEEP.iter().map(|row| row.0).collect();
    for name in names() {
        assert!(swept.contains(&name), "{name}");
    }
}

/// Checks all runs of the sweep. `SN_TUI_SWEEP` selects presets and seeds, separated by blanks: `dolls`, `ring:3`.
#[test]
#[ignore = "minutes: every preset with bundled data at full length"]
fn healthy_runs_raise_no_alarm() {
    let only = std::env::var("SN_TUI_SWEEP").unwrap_or_default();
    let wanted = |preset: &str, seed: u64| {
        let mut words = only.split_whitespace();
        only.trim().is_empty() || words.any(|w| w == preset || w == format!("{preset}:{seed}"))
    };
    let mut false_alarms = Vec::new();
    for &(preset, steps, settings, seeds) in SWEEP {
        for &seed in seeds.iter().filter(|&&seed| wanted(preset, seed)) {
            let plan = Plan {
                preset,
                seed,
                steps,
                settings,
                at: &[],
            };
            let trained = plan.train();
            println!("{preset}, seed {seed}\n{}", trained.margins);
            if !keys(&trained.journal, on).is_empty() {
                println!("{:#?}", trained.journal);
                false_alarms.push((preset, seed, trained.journal));
            }
        }
    }
    assert!(false_alarms.is_empty(), "{false_alarms:#?}");
}
