//! Estimates against measured memory.

use super::{allowance::Limit, lane::within, *};
use crate::preset::{builtin::builtin, set_all};

fn with(name: &str, settings: &[&str]) -> Preset {
    set_all(&builtin(name).unwrap(), settings).unwrap()
}

/// The measured values are peaks of resident memory in units of 2²⁰ bytes, for two steps with scores and files.
#[test]
fn estimates_are_above_measured_peaks_but_not_far_above() {
    for (name, settings, measured) in [
        ("ring", &["batch=4096"] as &[&str], 69),
        ("ring", &["batch=65536"], 726),
        ("digits", &[], 93),
        ("digits", &["batch=512"], 221),
        ("digits", &["batch=2048"], 652),
        ("digits", &["latent=4096", "batch=2"], 970),
        ("digits", &["latent=16384", "batch=2"], 3637),
        ("cifar10", &["batch=64"], 778),
        ("cifar10", &["batch=256"], 1382),
        ("cifar10-resnet", &["batch=2", "n_dis=1"], 999),
        ("cifar10-resnet", &["batch=32", "n_dis=1"], 1259),
    ] {
        let estimate = Need::of(&with(name, settings)).unwrap().total() >> 20;
        let rest = REST >> 20;
        assert!(
            (measured..measured * 2 + rest).contains(&estimate),
            "{name} {settings:?}: {estimate} MB, measured {measured}"
        );
    }
}

#[test]
fn excessive_settings_are_refused_and_smaller_ones_never() {
    let (small, large) = (with("digits", &[]), with("digits", &["batch=8192"]));
    let allowance = |megabytes: u64| Allowance {
        bytes: megabytes << 20,
        limit: Limit::AddressSpace,
    };
    let tight = allowance(500);
    check_within(&small, None, tight).unwrap();
    let refused = check_within(&large, None, tight).unwrap_err().to_string();
    for part in ["activations", "ulimit -v", "525 MB", "smaller batch"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let refused = check_within(&large, Some(&small), tight).unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains(" more of memory"), "{refused}");
    check_within(&large, Some(&small), allowance(4000)).unwrap();
    check_within(&small, Some(&large), allowance(0)).unwrap();
}

/// The measured values are differences of peak resident memory in units of 10⁶ bytes, of runs with one to four lanes on
/// two threads (`benches/lanes.py --memory`; batches of other sizes than a preset's were measured in the same way).
#[test]
fn estimates_of_lanes_are_within_a_tenth_of_measured_memory() {
    for (name, settings, steps, measured) in [
        ("ring", "batch=256", 300, [7.8, 6.3, 5.8]),
        ("ring", "batch=4096", 50, [34.3, 6.8, 5.5]),
        ("digits", "batch=64", 30, [27.6, 10.2, 9.2]),
        ("digits", "batch=512", 6, [148.1, 11.4, 11.5]),
        ("cifar10", "batch=64", 3, [396.8, 53.8, 245.2]),
    ] {
        let mut preset = with(name, &[settings]);
        preset.steps = steps;
        let lasting = |lanes: usize| {
            let sets = sets(preset.batch, &vec![preset.batch; lanes], 2);
            LaneNeed::of(&preset, sets).unwrap().lasting() as f64 / 1e6
        };
        let estimated: f64 = (1..4).map(lasting).sum();
        let measured: f64 = measured.iter().sum();
        let ratio = estimated / measured;
        assert!(
            (0.9..1.1).contains(&ratio),
            "{name} {settings}: {estimated:.1} MB, measured {measured:.1}"
        );
    }
}

#[test]
fn a_lane_is_refused_with_what_it_needs_and_what_is_left() {
    let allowance = |megabytes: u64| Allowance {
        bytes: megabytes * 1_000_000,
        limit: Limit::ControlGroup,
    };
    let need = LaneNeed::of(&with("digits", &[]), 1).unwrap();
    assert_eq!(within(need, allowance(100)).unwrap(), need);
    let refused = within(need, allowance(21)).unwrap_err().to_string();
    for part in [
        "28.9 MB: networks",
        "29 MB must be free",
        "leaves 21 MB",
        "memory.max",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    // All threads step already: activations take the place of those of another lane.
    let third = LaneNeed::of(&with("digits", &[]), 0).unwrap();
    assert_eq!(third.activations, 0);
    within(third, allowance(21)).unwrap();
    within(third, allowance(10)).unwrap_err();
}

#[test]
fn each_thread_that_steps_keeps_activations_of_every_size() {
    for (batch, others, threads, expected) in [
        (64, &[64][..], 1, 0),
        (64, &[64], 2, 1),
        (64, &[64, 64], 2, 0),
        (64, &[64, 64], 8, 1),
        (32, &[64], 1, 1),
        (32, &[64], 2, 2),
        (32, &[64, 32, 64], 2, 0),
    ] {
        let found = sets(batch, others, threads);
        assert_eq!(found, expected, "{batch} {others:?} {threads}");
    }
}
