use super::*;
use crate::{preset::set_all, run::fake};

/// Evaluates values of ‖∇xD‖, and returns the number of the value with which the alarm changed.
fn turned(explosion: &mut Explosion, values: &[f32], settings: &[&str]) -> Option<(usize, Found)> {
    let settings = set_all(&fake::preset(), settings).unwrap();
    let mut values = values.iter().enumerate();
    values.find_map(|(number, &x)| {
        let measures = Measures {
            grad_x_mean: Some(x),
            ..fake::measures(1)
        };
        Some((number, explosion.take(&measures, &settings)?))
    })
}

/// Growth from 1 by this factor a step.
fn growth(factor: f32, steps: i32) -> Vec<f32> {
    (0..steps).map(|step| factor.powi(step)).collect()
}

#[test]
fn a_gradient_that_grows_without_end_explodes_and_a_repair_ends_it() {
    let mut explosion = Explosion::default();
    let off = ["spectral.enabled=false", "gain=4"];
    let (number, found) = turned(&mut explosion, &growth(1.1, 300), &off).unwrap();
    // 40 is passed at step 39, by the mean some 25 steps later.
    assert!((50..100).contains(&number), "{number}");
    let text = found.text.unwrap();
    for part in [
        "times its least",
        "times the gain",
        "Try: spectral normalization on",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (number, found) = turned(&mut explosion, &[0.5; 100], &["gain=4"]).unwrap();
    assert_eq!((number as u32, found.text), (STEPS_OFF - 1, None));
}

#[test]
fn a_large_gradient_is_no_explosion_unless_it_grew_beyond_the_bound() {
    let off = ["spectral.enabled=false", "gain=4"];
    for values in [
        // As without spectral normalization on `ring`, whose gain is 16: to 8 times the gain, and back.
        [growth(1.01, 348), growth(1.0 / 1.01, 348)].concat(),
        // Large from the start.
        vec![1e5; 500],
        // Single spikes.
        (0..500)
            .map(|step| if step % 20 == 0 { 1e6 } else { 1.0 })
            .collect(),
        vec![f32::NAN; 100],
    ] {
        assert!(turned(&mut Explosion::default(), &values, &off).is_none());
    }
    // A larger gain allows more.
    let gain = ["spectral.enabled=false", "gain=64"];
    let values = [growth(1.02, 314), vec![500.0; 500]].concat();
    assert!(turned(&mut Explosion::default(), &values, &gain).is_none());
    assert!(turned(&mut Explosion::default(), &values, &off).is_some());
}

#[test]
fn with_normalization_on_the_estimate_is_blamed() {
    let mut explosion = Explosion::default();
    let (_, found) = turned(&mut explosion, &growth(1.1, 300), &["gain=4"]).unwrap();
    assert!(found.text.unwrap().contains("spectral.iterations"));
}
