//! What a training step measures and leaves behind, and what live changes do to it.

use dfdx::prelude::Cpu;
use sn_tui::{
    gan::{Outcome, Trainer},
    nn::{Backend, Host, Portable, StateTensor},
    preset::{Preset, builtin::builtin, set_all},
    random::{Stream, latents},
};

type Slow = Portable<Cpu>;

/// A small ring with batch normalization in G, unless `settings` say otherwise.
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

fn trainer<B: Backend<Device = Cpu>>(preset: &Preset) -> Trainer<B> {
    Trainer::new(Cpu::default(), preset, 3).unwrap()
}

fn step<B: Backend>(trainer: &mut Trainer<B>, batch: usize, scale: f32) -> Outcome {
    let mut real = |index| {
        let data = latents(5, Stream::Data, index, 2, batch);
        Ok(data.iter().map(|x| x * scale).collect())
    };
    trainer.step(&mut real).unwrap()
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
fn sigma_is_that_of_the_weights_which_the_step_computed_with() {
    fn check<B: Backend<Device = Cpu>>() {
        let mut trainer = trainer::<B>(&preset(&["spectral.generator=true", "n_dis=1"]));
        step(&mut trainer, 16, 1.0);
        // Before the second step's updates move W; u and v as its iterations leave them.
        let before = trainer.state();
        step(&mut trainer, 16, 1.0);
        let (after, measures) = (trainer.state(), trainer.measures().unwrap());
        let keys: Vec<&str> = measures.sigma.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["d.0", "d.2", "g.0", "g.3"]);
        for ((key, sigma), (_, norm)) in measures.sigma.iter().zip(&measures.weight_norm) {
            let w = find(&before, &format!("{key}.weight_orig"));
            let [u, v] = ["u", "v"].map(|x| find(&after, &format!("{key}.weight_{x}")));
            assert!((sigma - product(&w, Some((&u, &v)))).abs() < 1e-5, "{key}");
            assert!((norm - product(&w, None)).abs() < 1e-5, "{key}");
        }
    }
    check::<Host>();
    check::<Slow>();
}

#[test]
fn an_update_that_is_not_applied_leaves_weights_and_running_statistics() {
    fn check<B: Backend<Device = Cpu>>(scale: f32, settings: &[&str]) {
        let mut trainer = trainer::<B>(&preset(settings));
        step(&mut trainer, 16, 1.0);
        let before = trainer.state();
        assert_eq!(step(&mut trainer, 16, scale), Outcome::NonFinite);
        let (after, steps) = (trainer.state(), trainer.steps());
        assert_eq!(steps, 1);
        assert!(trainer.measures().unwrap().loss_d.is_nan());
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
    check::<Host>(f32::NAN, &[]);
    check::<Slow>(f32::NAN, &[]);
    check::<Host>(f32::NAN, &[d]);
    check::<Slow>(f32::NAN, &[d]);
}

#[test]
fn switching_off_with_fold_leaves_the_function_and_with_raw_the_weights() {
    fn check<B: Backend<Device = Cpu>>() {
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
            let (state, samples) = (trainer.state(), trainer.sample(&fixed).unwrap());
            let off = set_all(
                &start,
                &[
                    "spectral.generator=false",
                    "spectral.layers.d.2.enabled=false",
                ],
            );
            trainer.reconfigure(&off.unwrap()).unwrap();
            let (now, moved) = (trainer.state(), trainer.sample(&fixed).unwrap());
            let near = samples
                .iter()
                .zip(&moved)
                .all(|(a, b)| (a - b).abs() < 1e-5);
            assert_eq!(near, same, "{mode}");
            // One layer of D alone: the other keeps its vectors.
            find(&now, "d.0.weight_orig");
            let (old, new) = (find(&state, "d.2.weight_orig"), find(&now, "d.2.weight"));
            assert_eq!(old == new, !same);
            let [u, v] = ["u", "v"].map(|x| find(&state, &format!("d.2.weight_{x}")));
            let sigma = product(&new, Some((&u, &v)));
            assert!(!same || (sigma - 1.5).abs() < 1e-5, "{sigma}");
            assert_eq!(step(&mut trainer, 16, 1.0), Outcome::Applied);
            assert_eq!(trainer.measures().unwrap().sigma.len(), 2);
        }
    }
    check::<Host>();
    check::<Slow>();
}

#[test]
fn every_loss_and_live_setting_can_be_taken_up() {
    fn check<B: Backend<Device = Cpu>>() {
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
            let measures = trainer.measures().unwrap();
            assert!(measures.loss_d.is_finite() && measures.grad_x_max.unwrap() > 0.0);
        }
    }
    check::<Host>();
    check::<Slow>();
}

#[test]
fn without_an_average_the_average_is_g() {
    let mut trainer = trainer::<Host>(&preset(&["ema=0", "spectral.generator=true"]));
    step(&mut trainer, 16, 1.0);
    let state = trainer.state();
    for tensor in state.iter().filter(|tensor| tensor.key.starts_with("g.")) {
        let average = tensor.key.replacen('g', "ema", 1);
        assert_eq!(find(&state, &average), tensor.data, "{average}");
    }
}
