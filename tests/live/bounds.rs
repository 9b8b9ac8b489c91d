//! What a long session costs: threads, descriptors, memory, time.

use std::fs;

use crate::live::Live;

/// A mixture that trains quickly whatever the program was built for.
pub const TINY: &str = "(
    about: \"two Gaussians, networks of a few numbers\",
    data: Mixture(centres: Ring(modes: 2, radius: 1), sigma: 0.05, scale: 1),
    latent: 2,
    loss: non_saturating,
    generator: (layers: [Linear(out: 8), ReLU, Linear(out: 2)], learning_rate: 2e-3, betas: (0, 0.9)),
    discriminator: (layers: [Linear(out: 8), ReLU, Linear(out: 1)], learning_rate: 2e-3, betas: (0, 0.9)),
    gain: 16,
    batch: 8,
    n_dis: 1,
    ema: 0.99,
    steps: 100000000,
    samples: (every: 1000, count: 64),
)";

/// The tiny run on a live screen, once it runs.
pub fn tiny(arguments: &[&str]) -> Live {
    let run = ["run", "tiny.ron", "--out", "out"];
    let live = Live::start_with(&[&run[..], arguments].concat(), |folder| {
        fs::write(folder.join("tiny.ron"), TINY).unwrap();
    });
    live.until_shown("running");
    live
}

#[test]
fn runs_that_ended_leave_nothing_but_their_curves() {
    let mut live = tiny(&["--threads", "2"]);
    let switch = |live: &mut Live, seed: u32| {
        live.press(&format!(":preset tiny.ron --seed {seed}\r"));
        live.until("the next run", |screen| {
            let text = screen.contents();
            text.contains(&format!("seed {seed} ")) && text.contains("running")
        });
    };
    // What comes with the first switch stays: curves of a run before.
    (1..=3).for_each(|seed| switch(&mut live, seed));
    let sockets = |live: &Live| {
        let runs = fs::read_dir(live.folder()).unwrap().flatten();
        runs.filter(|run| run.path().join("socket").exists())
            .count()
    };
    live.wait_for("the end of the runs before", || sockets(&live) == 1);
    let (threads, files) = (live.threads(), live.descriptors());
    let memory = live.memory();
    (11..=35).for_each(|seed| switch(&mut live, seed));
    live.wait_for("the end of the runs before", || {
        sockets(&live) == 1 && live.threads() <= threads + 2
    });
    let after = live.descriptors();
    assert!(after <= files + 8, "{files} descriptors, then {after}");
    let after = live.memory();
    let limit = memory + (15 << 20);
    assert!(after <= limit, "{memory} bytes, then {after}");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}
