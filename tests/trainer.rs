//! The measures and the state after a training step, and the effects of live changes.

#[path = "common/devices.rs"]
mod devices;
#[path = "common/gpu.rs"]
mod gpu;

use sn_tui::{
    engine::{
        gan::{Outcome, Trainer},
        nn::Host,
        random::{Stream, latents},
    },
    files::tensors::StateTensor,
    model::Updates,
    preset::{Preset, builtin::builtin, set_all},
};

use devices::{Device, Slow};

/// A small `ring` with batch normalization in G, unless `settings` change that.
fn preset(settings: &[&str]) -> Preset {
    let mut all = vec![
        "generator.layers=[Linear(out: 8), BatchNorm, ReLU, Linear(out: 2)]",
        "discriminator.layers=[Linear(out: 8), LeakyReLU(0.1), Linear(out: 1)]",
        "batch=16",
        "decay=false",
    ];
    all.extend(settings);
    set_all(&builtin("ring").unwrap(), &all).unwrap()
}

fn trainer<B: Device>(preset: &Preset) -> Trainer<B> {
    Trainer::new(B::open(), preset, 3).unwrap()
}

fn step<B: Device>(trainer: &mut Trainer<B>, batch: usize, scale: f32) -> Outcome {
    step_of(trainer, Updates::Both, batch, scale)
}

fn step_of<B: Device>(
    trainer: &mut Trainer<B>,
    updates: Updates,
    batch: usize,
    scale: f32,
) -> Outcome {
    let mut real = |index| {
        let data = latents(5, Stream::Data, index, 2, batch);
        Ok(data.iter().map(|x| x * scale).collect())
    };
    match trainer.step_of(updates, &mut real).unwrap() {
        Outcome::Applied => trainer.settle().unwrap(),
        Outcome::NonFinite => Outcome::NonFinite,
    }
}

/// The tensors of one network.
fn tensors_of(state: &[StateTensor], network: &str) -> Vec<StateTensor> {
    let own = |tensor: &&StateTensor| tensor.key.starts_with(network);
    state.iter().filter(own).cloned().collect()
}

fn find(state: &[StateTensor], key: &str) -> Vec<f32> {
    let tensor = state.iter().find(|tensor| tensor.key == key);
    tensor.unwrap_or_else(|| panic!("no {key}")).data.clone()
}

/// uᵀWv, or ‖W‖F without u and v.
fn product(w: &[f32], vectors: Option<(&[f32], &[f32])>) -> f32 {
    let Some((u, v)) = vectors else {
        return w.iter().map(|x| x * x).sum::<f32>().sqrt();
    };
    let rows = w.chunks_exact(v.len());
    let row = |w: &[f32]| w.iter().zip(v).map(|(a, b)| a * b).sum::<f32>();
    rows.zip(u).map(|(w, u)| u * row(w)).sum()
}

#[test]
fn sigma_belongs_to_the_weights_used_in_the_step() {
    fn check<B: Device>() {
        let mut trainer = trainer::<B>(&preset(&["spectral.generator=true", "n_dis=1"]));
        step(&mut trainer, 16, 1.0);
        // W as it is before the updates of the second step; u and v as its iterations leave them.
        let before = trainer.state().unwrap();
        step(&mut trainer, 16, 1.0);
        let (after, measures) = (
            trainer.state().unwrap(),
            trainer.measures().unwrap().unwrap(),
        );
        let keys: Vec<&str> = measures.sigma.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["d.0", "d.2", "g.0", "g.3"]);
        for ((key, sigma), (_, norm)) in measures.sigma.iter().zip(&measures.weight_norm) {
            let w = find(&before, &format!("{key}.weight_orig"));
            let [u, v] = ["u", "v"].map(|x| find(&after, &format!("{key}.weight_{x}")));
            assert!((sigma - product(&w, Some((&u, &v)))).abs() < 1e-5, "{key}");
            assert!((norm - product(&w, None)).abs() < 1e-5, "{key}");
        }
    }
    on_each_device!(check());
}

#[test]
fn an_update_that_is_not_applied_leaves_weights_and_running_statistics() {
    fn check<B: Device>(scale: f32, settings: &[&str]) {
        let mut trainer = trainer::<B>(&preset(settings));
        step(&mut trainer, 16, 1.0);
        let before = trainer.state().unwrap();
        assert_eq!(step(&mut trainer, 16, scale), Outcome::NonFinite);
        let (after, steps) = (trainer.state().unwrap(), trainer.steps());
        assert_eq!(steps, 1);
        assert!(trainer.measures().unwrap().unwrap().loss_d.is_nan());
        for tensor in &before {
            let moving = ["weight_u", "weight_v"]
                .iter()
                .any(|x| tensor.key.ends_with(x));
            assert!(
                moving || find(&after, &tensor.key) == tensor.data,
                "{}",
                tensor.key
            );
        }
        assert_eq!(step(&mut trainer, 16, 1.0), Outcome::Applied);
    }
    let d = "discriminator.layers=[Linear(out: 8), BatchNorm, ReLU, Linear(out: 1)]";
    on_each_device!(check(f32::NAN, &[]));
    on_each_device!(check(f32::NAN, &[d]));
}

#[test]
fn switching_off_with_fold_leaves_the_function_and_with_raw_the_weights() {
    fn check<B: Device>() {
        let on = [
            "spectral.generator=true",
            "spectral.layer_gain=1.5",
            "spectral.on_disable=fold",
        ];
        let fixed = latents(1, Stream::FixedSamples, 0, 2, 32);
        for (mode, same) in [("fold", true), ("raw", false)] {
            let mode = format!("spectral.on_disable={mode}");
            let start = preset(&[&on[..], &[&mode]].concat());
            let mut trainer = trainer::<B>(&start);
            step(&mut trainer, 16, 1.0);
            let (state, samples) = (trainer.state().unwrap(), trainer.sample(&fixed).unwrap());
            let off = set_all(
                &start,
                &[
                    "spectral.generator=false",
                    "spectral.layers.d.2.enabled=false",
                ],
            );
            trainer.reconfigure(&off.unwrap()).unwrap();
            let (now, moved) = (trainer.state().unwrap(), trainer.sample(&fixed).unwrap());
            let near = samples
                .iter()
                .zip(&moved)
                .all(|(a, b)| (a - b).abs() < 1e-5);
            assert_eq!(near, same, "{mode}");
            // Only one layer of D is switched off; the other keeps its vectors.
            find(&now, "d.0.weight_orig");
            let (old, new) = (find(&state, "d.2.weight_orig"), find(&now, "d.2.weight"));
            assert_eq!(old == new, !same);
            let [u, v] = ["u", "v"].map(|x| find(&state, &format!("d.2.weight_{x}")));
            let sigma = product(&new, Some((&u, &v)));
            assert!(!same || (sigma - 1.5).abs() < 1e-5, "{sigma}");
            assert_eq!(step(&mut trainer, 16, 1.0), Outcome::Applied);
            assert_eq!(trainer.measures().unwrap().unwrap().sigma.len(), 2);
        }
    }
    on_each_device!(check());
}

#[test]
fn every_loss_and_live_setting_can_be_applied() {
    fn check<B: Device>() {
        let mut settings = preset(&[]);
        let mut trainer = trainer::<B>(&settings);
        for changes in [
            ["loss=hinge", "batch=5"],
            ["loss=wasserstein", "gain=2"],
            ["loss=least_squares", "n_dis=3"],
            ["ema=0", "batch=2"],
            ["spectral.iterations=0", "spectral.generator=true"],
            ["spectral.enabled=false", "batch=33"],
        ] {
            settings = set_all(&settings, &changes).unwrap();
            trainer.reconfigure(&settings).unwrap();
            assert_eq!(step(&mut trainer, settings.batch, 1.0), Outcome::Applied);
            let measures = trainer.measures().unwrap().unwrap();
            assert!(measures.loss_d.is_finite() && measures.grad_x_max.unwrap() > 0.0);
        }
    }
    on_each_device!(check());
}

#[test]
fn the_average_warms_up_and_soon_forgets_the_first_weights() {
    for (ema, decays) in [
        (0.999, [2.0 / 11.0, 3.0 / 12.0, 4.0 / 13.0]),
        (0.2, [2.0 / 11.0, 0.2, 0.2]),
    ] {
        let mut trainer = trainer::<Host>(&preset(&[&format!("ema={ema}")]));
        for decay in decays {
            let before = trainer.state().unwrap();
            step(&mut trainer, 16, 1.0);
            let after = trainer.state().unwrap();
            for own in tensors_of(&after, "ema.") {
                let g = find(&after, &own.key.replacen("ema", "g", 1));
                let old = find(&before, &own.key);
                for ((&now, old), g) in own.data.iter().zip(old).zip(g) {
                    let expected = decay * old + (1.0 - decay) * g;
                    assert!(
                        (now - expected).abs() < 1e-6,
                        "{}: {now}, not {expected}",
                        own.key
                    );
                }
            }
        }
    }
}

#[test]
fn weights_start_as_the_preset_says() {
    let layers = "generator.layers=[Linear(out: 400), BatchNorm, ReLU, Linear(out: 2)]";
    let state = trainer::<Host>(&preset(&[layers, "generator.init=Normal(0.3)"]))
        .state()
        .unwrap();
    let weights = find(&state, "g.0.weight");
    let mean = weights.iter().sum::<f32>() / weights.len() as f32;
    let variance = weights.iter().map(|w| (w - mean).powi(2)).sum::<f32>() / weights.len() as f32;
    assert!(
        mean.abs() < 0.05 && (variance.sqrt() - 0.3).abs() < 0.03,
        "{mean}, {variance}"
    );
    // The share of a normal distribution beyond two standard deviations is 4.6 %.
    let beyond = weights.iter().filter(|w| w.abs() > 0.6).count() as f32 / weights.len() as f32;
    assert!((0.02..0.08).contains(&beyond), "{beyond}");
    assert!(find(&state, "g.0.bias").iter().all(|&bias| bias == 0.0));
    assert!(find(&state, "g.1.weight").iter().all(|&scale| scale == 1.0));
    assert_eq!(find(&state, "ema.0.weight"), weights);

    // D's weights keep PyTorch's initialization: uniform in ±1/√2 for two inputs, and so do the biases.
    let bound = 0.5_f32.sqrt();
    for key in ["d.0.weight_orig", "d.0.bias"] {
        let numbers = find(&state, key);
        assert!(numbers.iter().all(|w| w.abs() <= bound), "{key}");
        assert!(numbers.iter().any(|w| w.abs() > 0.6 * bound), "{key}");
    }
}

#[test]
fn without_an_average_the_average_is_g() {
    let mut trainer = trainer::<Host>(&preset(&["ema=0", "spectral.generator=true"]));
    step(&mut trainer, 16, 1.0);
    let state = trainer.state().unwrap();
    for tensor in state.iter().filter(|tensor| tensor.key.starts_with("g.")) {
        let average = tensor.key.replacen('g', "ema", 1);
        assert_eq!(find(&state, &average), tensor.data, "{average}");
    }
}

#[test]
fn a_step_of_one_network_keeps_the_other_and_its_measures() {
    fn check<B: Device>() {
        let mut trainer = trainer::<B>(&preset(&[]));
        assert_eq!(
            step_of(&mut trainer, Updates::Discriminator, 16, 1.0),
            Outcome::Applied
        );
        assert_eq!(trainer.steps(), 1);
        assert!(trainer.measures().unwrap().unwrap().loss_g.is_nan());
        step(&mut trainer, 16, 1.0);

        let (before, both) = (
            trainer.state().unwrap(),
            trainer.measures().unwrap().unwrap(),
        );
        step_of(&mut trainer, Updates::Discriminator, 16, 1.0);
        let (after_d, d_alone) = (
            trainer.state().unwrap(),
            trainer.measures().unwrap().unwrap(),
        );
        // Running statistics of G change in D's updates, and G's parameters do not.
        for tensor in tensors_of(&before, "g.") {
            let moves = tensor.key.contains("running");
            assert_eq!(find(&after_d, &tensor.key) == tensor.data, !moves);
        }
        assert_ne!(tensors_of(&after_d, "d."), tensors_of(&before, "d."));
        assert_eq!((d_alone.step, d_alone.loss_g), (3, both.loss_g));
        assert_ne!(d_alone.loss_d, both.loss_d);

        step_of(&mut trainer, Updates::Generator, 16, 1.0);
        let (after_g, g_alone) = (
            trainer.state().unwrap(),
            trainer.measures().unwrap().unwrap(),
        );
        assert_eq!(tensors_of(&after_g, "d."), tensors_of(&after_d, "d."));
        assert_ne!(tensors_of(&after_g, "g."), tensors_of(&after_d, "g."));
        assert_eq!((g_alone.step, g_alone.loss_d), (4, d_alone.loss_d));
        assert_ne!(g_alone.loss_g, d_alone.loss_g);
    }
    on_each_device!(check());
}

#[test]
fn clipping_bounds_all_parameters_of_d() {
    fn check<B: Device>() {
        let layers = "discriminator.layers=[Linear(out: 8), BatchNorm, ReLU, Linear(out: 1)]";
        let start = preset(&[layers, "spectral.enabled=false"]);
        let mut trainer = trainer::<B>(&start);
        step(&mut trainer, 16, 1.0);
        let learned = |trainer: &Trainer<B>| {
            let of_d = tensors_of(&trainer.state().unwrap(), "d.");
            let kept = of_d.into_iter().filter(|t| !t.key.contains("running"));
            kept.flat_map(|t| t.data).map(f32::abs).fold(0.0, f32::max)
        };
        assert!(learned(&trainer) > 0.9, "γ starts at 1");
        let clipped = set_all(&start, &["clip=0.03"]).unwrap();
        trainer.reconfigure(&clipped).unwrap();
        assert!(learned(&trainer) > 0.9, "it acts with the next update");
        step(&mut trainer, 16, 1.0);
        assert_eq!(learned(&trainer), 0.03);
    }
    on_each_device!(check());
}

#[test]
fn noise_changes_only_the_input_of_d() {
    let quiet = preset(&["n_dis=1"]);
    let loud = set_all(&quiet, &["data.noise=0.5"]).unwrap();
    fn run<B: Device>(preset: &Preset) -> (Vec<f32>, Vec<StateTensor>) {
        let mut trainer = trainer::<B>(preset);
        step(&mut trainer, 16, 1.0);
        let measures = trainer.measures().unwrap().unwrap();
        (
            vec![measures.d_real, measures.d_fake],
            trainer.state().unwrap(),
        )
    }
    let (calm, state) = run::<Host>(&quiet);
    let (noisy, moved) = run::<Host>(&loud);
    assert!(calm.iter().zip(&noisy).all(|(a, b)| a != b));
    assert_ne!(state, moved);
    // Noise is the same on every backend, and in a run that repeats it.
    let (slow, _) = run::<Slow>(&loud);
    assert!(noisy.iter().zip(&slow).all(|(a, b)| (a - b).abs() < 1e-5));
    assert_eq!(run::<Host>(&loud), (noisy, moved));
}

#[test]
fn changed_rates_and_betas_keep_the_moments() {
    let start = preset(&[]);
    let other = [
        "discriminator.learning_rate=0.1",
        "generator.betas=(0.9, 0.99)",
    ];
    let other = set_all(&start, &other).unwrap();
    let run = |detour: bool| {
        let mut trainer = trainer::<Host>(&start);
        step(&mut trainer, 16, 1.0);
        if detour {
            trainer.reconfigure(&other).unwrap();
            trainer.reconfigure(&start).unwrap();
        }
        step(&mut trainer, 16, 1.0);
        trainer.state().unwrap()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn norms_of_layers_add_up_to_that_of_their_network() {
    fn check<B: Device>() {
        let plain = "generator.layers=[Linear(out: 8), ReLU, Linear(out: 2)]";
        let mut trainer = trainer::<B>(&preset(&[plain]));
        step(&mut trainer, 16, 1.0);
        let measures = trainer.measures().unwrap().unwrap();
        let keys: Vec<&str> = measures
            .gradient_norm
            .iter()
            .map(|(key, _)| &**key)
            .collect();
        assert_eq!(keys, ["d.0", "d.2", "g.0", "g.2"]);
        for (network, whole) in [("d", measures.grad_d), ("g", measures.grad_g)] {
            let own = measures.gradient_norm.iter();
            let own = own.filter(|(key, _)| key.starts_with(network));
            let sum: f32 = own.map(|(_, norm)| norm * norm).sum();
            assert!((sum.sqrt() / whole - 1.0).abs() < 1e-5, "{network}");
        }
    }
    on_each_device!(check());
}

/// A device replays updates that it has recorded. A trainer that is restored from its own state executes each update
/// for the first time.
#[test]
fn replayed_updates_equal_updates_executed_anew() {
    fn check<B: Device>() {
        let settings = [
            &["n_dis=2"][..],
            &[
                "generator.learning_rate=0.01",
                "discriminator.betas=(0.5, 0.99)",
            ],
            &["gain=3", "ema=0.5"],
            &["clip=0.05"],
            &["clip=None", "n_dis=1"],
            &["spectral.layer_gain=2"],
            &["spectral.iterations=3"],
            &["spectral.generator=true", "loss=hinge"],
            &["spectral.enabled=false"],
            &["spectral.enabled=true", "data.noise=0.1"],
            &["data.noise=0.2"],
            &["batch=24", "n_dis=3"],
            &["batch=16", "data.noise=0"],
        ];
        let mut now = preset(&[]);
        let (mut repeats, mut anew) = (trainer::<B>(&now), trainer::<B>(&now));
        let mut beside = trainer::<B>(&now);
        for (round, settings) in settings.into_iter().enumerate() {
            now = set_all(&now, settings).unwrap();
            for trainer in [&mut repeats, &mut anew] {
                trainer.reconfigure(&now).unwrap();
            }
            for turn in 0..9 {
                let updates = match (round + turn) % 9 {
                    _ if turn == 8 => Updates::Both,
                    3 | 4 => Updates::Discriminator,
                    6 => Updates::Generator,
                    _ => Updates::Both,
                };
                let state = anew.capture().unwrap();
                anew.restore(&now, &state).unwrap();
                for trainer in [&mut repeats, &mut anew] {
                    assert_eq!(step_of(trainer, updates, now.batch, 1.0), Outcome::Applied);
                }
                if turn % 4 == 1 {
                    repeats
                        .sample(&latents(1, Stream::FixedSamples, 0, 2, 5))
                        .unwrap();
                    let (outputs, _) = repeats.discriminate(&[0.5; 6], 3).unwrap();
                    let judged = repeats.judge(&[0.5; 6], 3).unwrap();
                    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b.abs().max(1.0);
                    assert!(
                        judged.iter().zip(&outputs).all(near),
                        "{judged:?} {outputs:?}"
                    );
                    step(&mut beside, 16, 1.0);
                }
                if turn % 4 == 2 {
                    repeats.judge(&[0.25; 6], 3).unwrap();
                }
            }
            assert_eq!(
                repeats.capture().unwrap(),
                anew.capture().unwrap(),
                "{settings:?}"
            );
            let measures = [&repeats, &anew].map(|trainer| trainer.measures().unwrap());
            assert_eq!(measures[0], measures[1], "{settings:?}");
        }
        // Another trainer on the same device is not affected.
        let mut alone = trainer::<B>(&preset(&[]));
        for _ in 0..beside.steps() {
            step(&mut alone, 16, 1.0);
        }
        assert_eq!(beside.capture().unwrap(), alone.capture().unwrap());
    }
    on_each_fast_device!(check());
}

#[test]
fn steps_after_a_non_finite_one_are_undone_once_the_host_checks() {
    fn check<B: Device>() {
        let preset = preset(&["n_dis=2"]);
        let scales = |scale: f32| {
            move |index| {
                let data = latents(5, Stream::Data, index, 2, 16);
                Ok(data.iter().map(|x| x * scale).collect())
            }
        };
        let mut trainer = trainer::<B>(&preset);
        for _ in 0..6 {
            trainer.step(&mut scales(1.0)).unwrap();
        }
        assert_eq!(trainer.settle().unwrap(), Outcome::Applied);
        let before = trainer.capture().unwrap();
        // Further steps, up to the first that reports a failure.
        let mut outcome = trainer.step(&mut scales(f32::NAN)).unwrap();
        for _ in 0..5 {
            if outcome == Outcome::Applied {
                outcome = trainer.step(&mut scales(1.0)).unwrap();
            }
        }
        if outcome == Outcome::Applied {
            outcome = trainer.settle().unwrap();
        }
        assert_eq!(outcome, Outcome::NonFinite);
        let measures = trainer.measures().unwrap().unwrap();
        assert_eq!((measures.step, measures.loss_d.is_nan()), (7, true));
        let learned = |state: &sn_tui::engine::gan::TrainingState| {
            let vector = |key: &str| key.ends_with("_u") || key.ends_with("_v");
            let tensors = state.tensors.iter().filter(|tensor| !vector(&tensor.key));
            (
                state.steps,
                state.updates_d,
                state.updates_g,
                tensors.cloned().collect::<Vec<_>>(),
            )
        };
        assert_eq!(learned(&trainer.capture().unwrap()), learned(&before));
    }
    on_each_device!(check());
}

/// The device memory in use does not grow when a size is changed and changed back.
#[test]
fn memory_of_former_sizes_is_released() {
    fn check<B: Device>() {
        let small = preset(&[]);
        let mut trainer = trainer::<B>(&small);
        let held = |trainer: &mut Trainer<B>, batch: usize| {
            for _ in 0..4 {
                step(trainer, batch, 1.0);
            }
            trainer.counts().map(|counts| counts.memory)
        };
        let first = held(&mut trainer, 16);
        let state = trainer.capture().unwrap();
        let large = preset(&["batch=4096"]);
        trainer.reconfigure(&large).unwrap();
        let more = held(&mut trainer, 4096);
        assert!(more >= first);
        trainer.restore(&small, &state).unwrap();
        assert_eq!(held(&mut trainer, 16), first);
    }
    on_each_fast_device!(check());
}
