//! Whole runs of real networks.

use dfdx::prelude::Cpu;

use super::{finish_with, out};
use crate::{
    gan::Trainer,
    nn::Host,
    preset::builtin::builtin,
    run::{Ended, Failure, Options, engine::Engine, fake},
};

fn train(name: &str, threads: usize) -> (Ended, Vec<u64>) {
    let out = out();
    let mut preset = builtin(name).unwrap();
    preset.steps = 3;
    preset.samples.every = 2;
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
        assert_eq!(one.summary.scores.is_some(), name == "ring");
    }
}
