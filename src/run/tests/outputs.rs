//! Histograms of D's output: recorded with the exact spectra, shown on request, and without effect on the training.

use std::{path::Path, sync::Arc};

use super::{finish_with, out, until};
use crate::{
    engine::{gan::Trainer, nn::Host},
    model::{Command, History, Outputs, Status, Watched},
    preset::{Preset, builtin::builtin},
    run::{
        Engine, Failure, Options,
        fake::{self, Fake},
        start,
    },
    rundir::{Reading, metrics::Record},
};

fn build(preset: &Preset, seed: u64) -> Result<Box<dyn Engine>, Failure> {
    Ok(Box::new(Trainer::new(Host, preset, seed)?))
}

fn small(name: &str, every: u64) -> Preset {
    let mut preset = builtin(name).unwrap();
    preset.steps = 4;
    preset.batch = 8;
    preset.samples.count = 24;
    preset.scores.every = 0;
    preset.scores.count = 8;
    preset.spectra.every = every;
    preset
}

/// Trains, and returns the recorded histograms and the weights.
fn trained(preset: Preset, threads: usize) -> (Vec<Arc<Outputs>>, Option<String>) {
    let out = out();
    let options = Options {
        preset,
        threads,
        ..fake::options(out.path())
    };
    let (ended, _) = finish_with(options, build);
    assert_eq!(ended.error, None);
    let recorded = records(out.path());
    assert_eq!(recorded.len(), 4);
    let outputs = recorded.into_iter().filter_map(|record| record.outputs);
    (outputs.collect(), ended.summary.weights_sha256)
}

fn records(out: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(out.join("metrics.jsonl")).unwrap();
    let read = |line: &str| Record::read(line.as_bytes(), Reading::Strict).unwrap();
    text.lines().map(read).collect()
}

#[test]
fn they_are_recorded_with_the_spectra_whatever_the_threads_and_change_no_bit() {
    for name in ["ring", "digits"] {
        let (outputs, weights) = trained(small(name, 2), 1);
        let steps: Vec<u64> = outputs.iter().map(|outputs| outputs.step).collect();
        assert_eq!(steps, [2, 4], "{name}");
        for outputs in &outputs {
            assert_eq!(
                (outputs.real.total(), outputs.generated.total()),
                (24, 24),
                "{name}"
            );
        }
        assert_eq!(trained(small(name, 2), 2).0, outputs, "{name}");
        let (none, without) = trained(small(name, 0), 2);
        assert_eq!((none.len(), without), (0, weights), "{name}");
    }
}

#[test]
fn they_are_those_of_the_discriminator_in_evaluation_mode() {
    for name in ["ring", "digits"] {
        let engine = build(&small(name, 0), 5).unwrap();
        let latents: Vec<f32> = (0..24 * small(name, 0).latent)
            .map(|i| (i as f32).sin())
            .collect();
        let samples = engine.sample(&latents).unwrap();
        let (outputs, _) = engine.discriminate(&samples, 24).unwrap();
        let judged = engine.judge(&samples, 24).unwrap();
        assert_eq!(judged.len(), 24);
        assert!(judged.iter().any(|output| *output != judged[0]));
        for (a, b) in judged.iter().zip(&outputs) {
            assert!((a - b).abs() <= 1e-5 * b.abs().max(1.0), "{name} {a} {b}");
        }
    }
}

#[test]
fn a_front_end_gets_those_of_the_present_step_and_of_recorded_ones() {
    let out = out();
    let mut options = fake::options(out.path());
    options.live = true;
    options.log_every = None;
    options.preset.spectra.every = 5;
    let handle = start(options, Fake::default().build()).unwrap();
    let end = until(&handle, |s| s.status == Status::Finished);
    let recorded = end.outputs.unwrap();
    assert_eq!(recorded.step, 20);
    let history = handle.history();
    let at = |history: &History, step| history.outputs_at(step).map(|it| it.step);
    assert_eq!(
        [4, 5, 9, 20].map(|step| at(&history, step)),
        [None, Some(5), Some(5), Some(20)]
    );
    // Rewound, it has those up to its step.
    handle.send(Command::Mark).unwrap();
    handle.send(Command::Rewind(0)).unwrap();
    until(&handle, |s| s.step == 0 && s.outputs.is_none());
    assert_eq!(at(&handle.history(), 20), None);
    handle.send(Command::Watch(vec![Watched::Outputs])).unwrap();
    let shown = until(&handle, |s| s.outputs.is_some());
    assert_eq!(shown.outputs.unwrap().step, 0);
}
