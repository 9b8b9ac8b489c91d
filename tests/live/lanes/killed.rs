//! Live runs with lanes that are killed at random moments.

use std::{thread, time::Duration};

use rand::{Rng, SeedableRng};
use rustix::process::Signal;

use super::{QUICK, count, replay_all, run};
use crate::live::Live;

/// Kills a live run with lanes at a random moment after its keys, and resumes it.
fn killed(rng: &mut impl Rng) {
    let ring = ["run", "ring", "--steps", "300", "--out", "out"];
    let set = ["--set", "batch=8", "--set", "checkpoints.every=11"];
    let mut live = Live::start_with(&[&ring[..], &set, &QUICK].concat(), |_| {});
    live.until_shown("running");
    let keys = [
        "Ygain=2\r",
        ":all n_dis=1\r",
        "A:gain=3\r",
        "Y\r",
        ":lane c\r:spectral.enabled=false\r",
        ":join b\r\r",
        ":fork --from b gain=4\r",
        ":join c\r\r",
        "B",
        "Y\r",
    ];
    for keys in keys {
        live.press(keys);
        thread::sleep(Duration::from_millis(rng.random_range(0..120)));
        if rng.random_bool(0.06) {
            break;
        }
    }
    thread::sleep(Duration::from_micros(rng.random_range(0..300_000)));
    live.signal(Signal::KILL);
    live.until_dead();
    let resume = ["resume", "out", "--headless", "--quiet", "--threads", "1"];
    run(live.folder(), &resume);
    let lanes = replay_all(live.folder(), "out");
    let made = count(&live.out(), "fork");
    assert!(lanes > 1 || made == 0, "{made} forks, {lanes} runs");
}

#[test]
fn a_live_run_with_lanes_killed_at_random_moments_goes_on_like_an_unbroken_one() {
    let kills = std::env::var("SN_TUI_KILLS").map_or(3, |kills| kills.parse().unwrap());
    let seed = std::env::var("SN_TUI_SEED").map_or(5, |seed| seed.parse().unwrap());
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..kills {
        killed(&mut rng);
    }
}
