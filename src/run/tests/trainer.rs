//! Complete runs of real networks.

use std::path::Path;

use super::{finish_with, out, until};
use crate::{
    engine::{gan::Trainer, nn::Host, spectral::LayerWeight},
    model::{Command, Exact, Figures, Status, Watched},
    preset::{Layout, Preset, Spectral, builtin::builtin, set_all},
    run::{Ended, Failure, Options, engine::Engine, fake, start},
    rundir::{Reading, metrics::Record},
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
        let trainer = Trainer::new(Host, preset, seed);
        Ok::<Box<dyn Engine>, Failure>(Box::new(trainer?))
    });
    for file in ["step-000000.png", "step-000002.png", "final.png"] {
        assert!(out.path().join("samples").join(file).is_file());
    }
    finished
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
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

fn records(out: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(out.join("metrics.jsonl")).unwrap();
    let read = |line: &str| Record::read(line.as_bytes(), Reading::Strict).unwrap();
    text.lines().map(read).collect()
}

#[test]
fn exact_measures_match_the_weights_and_do_not_depend_on_threads() {
    let measured = |name: &str, threads: usize| {
        let out = out();
        let mut preset = builtin(name).unwrap();
        preset.steps = 4;
        preset.batch = 8;
        preset.samples.count = 8;
        preset.scores.every = 0;
        preset.scores.count = 8;
        preset.spectra.every = 2;
        preset.spectral.generator = name == "ring";
        let options = Options {
            preset,
            threads,
            ..fake::options(out.path())
        };
        let (ended, _) = finish_with(options, |preset, seed| {
            let trainer = Trainer::new(Host, preset, seed);
            Ok::<Box<dyn Engine>, Failure>(Box::new(trainer?))
        });
        assert_eq!(ended.error, None);
        let points = records(out.path()).into_iter();
        let exact: Vec<_> = points.filter_map(|point| point.spectra).collect();
        let weights = std::fs::read(out.path().join("weights.safetensors")).unwrap();
        (exact, weights)
    };
    for name in ["ring", "digits"] {
        let (exact, weights) = measured(name, 1);
        assert_eq!(exact, measured(name, 2).0, "{name}");
        assert_eq!(exact.iter().map(|e| e.step).collect::<Vec<_>>(), [2, 4]);
        let weights = safetensors::SafeTensors::deserialize(&weights).unwrap();
        let last = &exact[1].layers;
        let g = last.iter().any(|(key, _)| key.starts_with("g."));
        assert_eq!(g, name == "ring");
        // All but the last layers of D and of G; D of `digits` has convolutions.
        let aligned = last.iter().filter(|(_, it)| it.cosine_next.is_some());
        assert_eq!(aligned.count(), if g { last.len() - 2 } else { 0 });
        for (key, exact) in last {
            let again = again(&weights, key);
            assert!(exact.sigma_svd.unwrap() > 0.0 && exact.sigma_error.unwrap() < 0.5);
            let without_norm = Exact {
                operator_norm: None,
                cosine_next: None,
                ..*exact
            };
            assert_eq!(without_norm, again, "{name} {key}");
            let convolution = name == "digits" && key != "d.5";
            assert_eq!(exact.operator_norm.is_some(), convolution, "{name} {key}");
        }
    }
}

#[test]
fn no_slope_is_above_the_lipschitz_bound() {
    for (name, settings, at_gain) in [
        ("ring", &["spectral.iterations=20"][..], true),
        ("ring", &["spectral.enabled=false"], false),
        ("digits", &["discriminator.learning_rate=0.01"], false),
        ("digits", &["spectral.enabled=false", "gain=7"], false),
    ] {
        let out = out();
        let changes = [
            "steps=12",
            "batch=8",
            "samples.count=4",
            "scores.every=0",
            "spectra.every=1",
        ];
        let preset = set_all(&builtin(name).unwrap(), &[&changes, settings].concat()).unwrap();
        let gain = f64::from(preset.gain);
        let options = Options {
            preset,
            ..fake::options(out.path())
        };
        let (ended, lines) = finish_with(options, |preset, seed| {
            let trainer = Trainer::new(Host, preset, seed);
            Ok::<Box<dyn Engine>, Failure>(Box::new(trainer?))
        });
        assert_eq!((ended.error, lines.len()), (None, 12));
        for line in records(out.path()) {
            let bound = line.spectra.unwrap().lipschitz.unwrap();
            let most = f64::from(line.measures.grad_x_max.unwrap());
            assert!(!bound.of_matrices && most > 0.0);
            assert!(
                most <= bound.value * 1.0001,
                "{name} {settings:?}: {most} {bound:?}"
            );
            let is_gain = (bound.value / gain - 1.0).abs() < 0.02;
            assert_eq!(is_gain, at_gain, "{name} {settings:?}: {bound:?}");
        }
    }
}

/// Exact measures of a raw weight in a file, with its u and v.
fn again(weights: &safetensors::SafeTensors, key: &str) -> Exact {
    let numbers = |name: &str| -> (Vec<usize>, Vec<f32>) {
        let tensor = weights.tensor(&format!("{key}.{name}")).unwrap();
        let bytes = tensor.data().chunks_exact(4);
        let numbers = bytes.map(|four| f32::from_le_bytes(four.try_into().unwrap()));
        (tensor.shape().to_vec(), numbers.collect())
    };
    let (shape, weight) = numbers("weight_orig");
    let layer = LayerWeight {
        key: key.to_owned(),
        kind: String::new(),
        layout: Layout::plain(shape[0], weight.len() / shape[0]),
        weight,
        settings: Spectral::default().layer(key),
        vectors: Some((numbers("weight_u").1, numbers("weight_v").1)),
        convolution: None,
    };
    layer.measured().exact
}

#[test]
fn the_diversity_of_images_is_that_of_their_scores() {
    let out = out();
    let mut preset = builtin("digits").unwrap();
    preset.steps = 2;
    preset.batch = 4;
    preset.samples.every = 1;
    preset.samples.count = 8;
    preset.scores.every = 2;
    preset.scores.count = 8;
    let options = Options {
        preset,
        ..fake::options(out.path())
    };
    let handle = start(options, |preset, seed| {
        let trainer = Trainer::new(Host, preset, seed);
        Ok::<Box<dyn Engine>, Failure>(Box::new(trainer?))
    });
    let mut handle = handle.unwrap();
    // The channel closes when the worker ends.
    let lines = handle.take_lines().unwrap().iter().count();
    assert_eq!(lines, 2);
    let end = handle.snapshot();
    let Figures::Images(scores) = end.scores.as_ref().unwrap().figures else {
        panic!("not images");
    };
    let history = handle.history();
    let plotted = &history.get("diversity").unwrap().recent;
    assert_eq!(plotted, &[(2, scores.diversity)]);
    assert_eq!(history.get("spread").unwrap().recent.len(), 3);
}

#[test]
fn scoring_does_not_affect_the_training() {
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

#[test]
fn watching_does_not_affect_the_training() {
    fn build(preset: &Preset, seed: u64) -> Result<Box<dyn Engine>, Failure> {
        let trainer = Trainer::new(Host, preset, seed);
        Ok(Box::new(trainer?))
    }
    for name in ["ring", "digits"] {
        let run = |commands: &[Command]| {
            let out = out();
            let mut preset = builtin(name).unwrap();
            preset.steps = 6;
            preset.samples.every = 1;
            preset.scores.every = 0;
            preset.batch = 16;
            preset.spectral.generator = true;
            let options = Options {
                preset,
                live: true,
                log_every: None,
                ..fake::options(out.path())
            };
            let handle = start(options, build).unwrap();
            for command in commands {
                handle.send(command.clone()).unwrap();
            }
            let end = until(&handle, |s| s.status == Status::Finished);
            // The results are computed while paused and after the last step.
            if !commands.is_empty() {
                let looked = until(&handle, |s| {
                    s.spectra.as_ref().is_some_and(|s| s.step == 6)
                        && s.outputs.as_ref().is_some_and(|o| o.step == 6)
                        && (name != "ring" || s.plane.as_ref().is_some_and(|p| p.step == 6))
                });
                assert!(looked.interpolation.is_some());
                let layers = &looked.spectra.as_ref().unwrap().layers;
                assert!(layers.iter().any(|layer| layer.key.starts_with("g.")));
                assert!(layers.iter().all(|layer| layer.exact.sigma_svd.is_some()));
                assert!(
                    layers
                        .iter()
                        .all(|layer| layer.exact.sigma_error.unwrap() < 0.5)
                );
            }
            handle.send(Command::Quit).unwrap();
            assert_eq!(handle.wait().error, None);
            assert_eq!(end.step, 6);
            let file = std::fs::read(out.path().join("weights.safetensors"));
            file.unwrap()
        };
        let looked = run(&[
            Command::Pace(Some(20.0)),
            Command::Watch(vec![Watched::Spectra, Watched::Plane, Watched::Outputs]),
            Command::Interpolate(Some((0, 1))),
            Command::StartGif,
            Command::SavePicture,
        ]);
        assert!(run(&[]) == looked, "{name}");
    }
}
