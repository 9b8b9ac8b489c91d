//! A run that is killed again and again.

use std::{thread, time::Duration};

use rand::{Rng, SeedableRng};

use super::{program, program::Running, resume, ring, stderr_and_code, summary, waiting::until};

const KILLS: usize = 50;
const STEPS: &str = "3000";

#[test]
fn a_run_killed_at_fifty_moments_ends_like_an_uninterrupted_one() {
    let home = tempfile::tempdir().unwrap();
    let (whole, killed) = (home.path().join("whole"), home.path().join("killed"));
    let more = [
        "--set",
        "checkpoints.every=7",
        "--at",
        "40:spectral.enabled=false",
        "--at",
        "90:spectral.enabled=true",
        "--at",
        "200:n_dis=1",
    ];
    let output = program(&ring(&whole, STEPS, &more)).output().unwrap();
    assert_eq!(stderr_and_code(&output), (String::new(), Some(0)));

    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut child = Running::start(&mut program(&ring(&killed, STEPS, &more)));
    // Only a run that has been recorded can be resumed.
    until("run.json", || killed.join("run.json").exists());
    let mut finished = 0;
    for _ in 0..KILLS {
        thread::sleep(Duration::from_micros(rng.random_range(0..120_000)));
        finished += usize::from(child.try_wait().unwrap().is_some());
        let _ = child.kill();
        child.wait().unwrap();
        child = Running::start(&mut program(&resume(&killed, &[])));
    }
    assert!(
        finished < KILLS / 2,
        "{finished} of them had ended by themselves"
    );
    let output = child.output();
    assert_eq!(
        stderr_and_code(&output).1,
        Some(0),
        "{}",
        stderr_and_code(&output).0
    );
    for key in [
        "steps",
        "weights_sha256",
        "loss_d",
        "loss_g",
        "high_quality",
    ] {
        assert_eq!(summary(&killed)[key], summary(&whole)[key], "{key}");
    }
    let output = program(&["replay", super::text(&killed)]).output().unwrap();
    let (verdict, code) = stderr_and_code(&output);
    assert_eq!(code, Some(0), "{verdict}");
    assert!(verdict.contains("the same to the bit"), "{verdict}");
}
