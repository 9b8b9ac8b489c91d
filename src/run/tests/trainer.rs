//! Whole runs of real networks.

use dfdx::prelude::Cpu;

use super::{finish_with, out};
use crate::{
    gan::Trainer,
    metric::Figures,
    nn::Host,
    preset::{Preset, builtin::builtin},
    run::{Ended, Failure, Options, engine::Engine, fake},
};

fn train(name: &str, threads: usize) -> (Ended, Vec<u64>) {
    train_changed(name, threads, |_| {})
}

fn train_changed(
    name: &str,
    threads: usize,
    change: impl FnOnce(&mut Preset),
) -> (Ended, Vec<u64>) {
    let out = out();
    let mut preset = builtin(name).unwrap();
    preset.steps = 3;
    preset.samples.every = 2;
    preset.scores.count = 200;
    change(&mut preset);
    let options = Options {
        preset,
        threads,
        ..fake::options(out.path())
    };
    let finished = finish_with(options, |preset, seed| {
        let trainer = Trainer::<Host>::new(Cpu::default(), preset, seed);
        Ok::<Box<dyn Engine>, Failure>(Box::new(trainer?))
    });
    for file in ["step-000000.png", "step-000002.png", "final.png"] {
        assert!(out.path().join("samples").join(file).is_file());
    }
    finished
}

#[test]
fn networks_learn_the_same_whatever_the_number_of_threads() {
    for name in ["ring", "digits", "dolls"] {
        let (one, lines) = train(name, 1);
        assert_eq!((lines, &one.error), (vec![1, 2, 3], &None), "{name}");
        let two = train(name, 2).0;
        assert!(one.summary.weights_sha256.is_some());
        assert_eq!(one.summary.weights_sha256, two.summary.weights_sha256);
        assert_eq!(one.summary.loss_d, two.summary.loss_d);
        let scores = one.summary.scores.unwrap();
        assert_eq!(scores, two.summary.scores.unwrap());
        match &scores.figures {
            Figures::Mixture(scores) => assert_eq!((name, scores.modes_total), ("ring", 8)),
            Figures::Images(scores) => {
                assert_eq!(scores.frechet.is_some(), name == "digits");
                assert!(scores.diversity > 0.0 && scores.swd > 0.0);
            }
        }
    }
}

#[test]
fn scoring_changes_nothing_of_the_training() {
    for name in ["ring", "digits", "dolls"] {
        let run = |every, count| {
            let ended = train_changed(name, 2, |preset| {
                preset.scores.every = every;
                preset.scores.count = count;
            });
            ended.0.summary
        };
        let (never, always) = (run(0, 200), run(1, 200));
        assert_eq!(never.weights_sha256, always.weights_sha256, "{name}");
        assert_eq!(never.loss_g, always.loss_g);
        assert_eq!(never.scores, always.scores);
        assert_eq!(run(2, 3).weights_sha256, never.weights_sha256);
    }
}
