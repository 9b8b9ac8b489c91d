//! Files with flipped bits.

use std::fs;

use rand::{Rng, SeedableRng};

use super::{
    folders::{below, copy},
    program, ring, stderr_and_code, text,
};

#[test]
fn flipped_bits_in_any_file_are_reported_and_cause_no_more_damage() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let more = ["--at", "3:gain=8.0", "--set", "checkpoints.every=4"];
    let output = program(&ring(&out, "6", &more)).output().unwrap();
    assert_eq!(stderr_and_code(&output).1, Some(0));

    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    for (number, name) in below(&out).iter().enumerate() {
        let bytes = fs::read(out.join(name)).unwrap();
        if bytes.is_empty() {
            continue;
        }
        for turn in 0..2 {
            let damaged = home.path().join(format!("damaged-{number}-{turn}"));
            copy(&out, &damaged);
            let mut flipped = bytes.clone();
            // The first turn flips one bit, the second many.
            for _ in 0..[1, 200][turn] {
                let at = rng.random_range(0..flipped.len());
                flipped[at] ^= 1 << rng.random_range(0..8);
            }
            fs::write(damaged.join(name), &flipped).unwrap();
            let of = text(&damaged);
            for arguments in [
                vec!["replay", of],
                vec!["show", &format!("{of}/")],
                vec!["resume", of, "--headless", "--steps", "8", "--threads", "1"],
            ] {
                let (words, code) = stderr_and_code(&program(&arguments).output().unwrap());
                assert!(
                    matches!(code, Some(0..=2)),
                    "{name:?} {arguments:?} {code:?}: {words}"
                );
                if code != Some(0) {
                    assert!(!words.trim().is_empty(), "{name:?} {arguments:?}");
                }
            }
            // A new checkpoint may have replaced an old one, but none is modified.
            let now = fs::read(damaged.join(name));
            if let Ok(now) = now
                && name.starts_with("checkpoints")
            {
                assert_eq!(now, flipped, "{name:?}");
            }
        }
    }
}
