//! The distance between two trainings speaks of the weights with which their networks compute.

use crate::{
    engine::{gan::Trainer, metric::distance::relative, nn::Host},
    preset::{OnDisable, builtin::builtin, set_all},
};

#[test]
fn switching_normalization_off_with_fold_is_no_distance() {
    for (name, settings) in [
        ("ring", &["spectral.generator=true"][..]),
        ("digits", &["spectral.layer_gain=2"]),
    ] {
        let before = set_all(&builtin(name).unwrap(), settings).unwrap();
        let moved = |on_disable: OnDisable| {
            let mut trainer = Trainer::new(Host, &before, 3).unwrap();
            let from = trainer.in_use().unwrap();
            let mut after = before.clone();
            after.spectral.enabled = false;
            after.spectral.generator = false;
            after.spectral.on_disable = on_disable;
            trainer.reconfigure(&after).unwrap();
            let to = trainer.in_use().unwrap();
            [0, 1].map(|network| relative(&from[network], &to[network]))
        };
        let [d, g] = moved(OnDisable::Fold);
        assert!(d < 1e-6 && g < 1e-6, "{name}: {d} {g}");
        let [d, g] = moved(OnDisable::Raw);
        assert!(d > 0.1, "{name}: {d}");
        assert_eq!(g > 0.1, before.spectral.generator, "{name}: {g}");
    }
}

#[test]
fn the_gain_of_layers_is_part_of_the_weights_in_use() {
    let preset = builtin("ring").unwrap();
    let mut trainer = Trainer::new(Host, &preset, 3).unwrap();
    let from = trainer.in_use().unwrap();
    let doubled = set_all(&preset, &["spectral.layer_gain=2"]).unwrap();
    trainer.reconfigure(&doubled).unwrap();
    let to = trainer.in_use().unwrap();
    let pairs = || from[0].iter().zip(&to[0]);
    // Weights of D are twice as large, biases are not.
    assert!(pairs().all(|(a, b)| *b == 2.0 * a || b == a));
    let doubled = pairs().filter(|(a, b)| a != b).count();
    assert!(doubled > from[0].len() * 9 / 10, "{doubled}");
    assert_eq!(relative(&from[1], &to[1]), 0.0);
}
