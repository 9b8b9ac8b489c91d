use super::*;
use crate::run::fake;

#[test]
fn a_gradient_dies_and_comes_back() {
    let mut gradient = Gradient::default();
    let mut at = |x: f32| {
        let measures = Measures {
            grad_x_mean: Some(x),
            ..fake::measures(1)
        };
        gradient.take(&measures, &fake::preset(), 100)
    };
    // As low as a healthy run of `grid` gets, and lower for moments.
    for step in 0..1000 {
        assert!(at(if step % 50 == 0 { 1e-7 } else { 5.3e-5 }).is_none());
    }
    let dead = (1..)
        .find_map(|step| at(1e-9).map(|found| (step, found)))
        .unwrap();
    assert!(dead.0 < 60, "{}", dead.0);
    let text = dead.1.text.unwrap();
    assert!(
        text.contains("down to ") && text.contains("e-7") && text.contains("gain"),
        "{text}"
    );
    assert!((0..100).all(|_| at(1e-9).is_none()));
    let back = (1..)
        .find_map(|step| at(0.5).map(|found| (step, found)))
        .unwrap();
    assert_eq!((back.0 > 100, back.1.text), (true, None));
}

#[test]
fn with_batch_normalization_it_is_the_gradient_of_g() {
    let mut gradient = Gradient::default();
    let measures = Measures {
        grad_x_mean: None,
        grad_g: 1e-9,
        ..fake::measures(1)
    };
    let found = (0..100).find_map(|_| gradient.take(&measures, &fake::preset(), 10_000));
    assert!(
        found
            .unwrap()
            .text
            .unwrap()
            .contains("3.00e-11 per parameter")
    );
}

#[test]
fn d_wins_or_loses_after_a_while() {
    let mut winner = Winner::default();
    let mut at = |accuracy: f32, fake: f32| {
        let measures = Measures {
            accuracy_real: 1.0,
            accuracy_fake: accuracy,
            d_fake: fake,
            d_real: 0.0,
            ..fake::measures(1)
        };
        winner.take(&measures, &fake::preset()).pop()
    };
    assert!((0..500).all(|_| at(0.966, -1.0).is_none()));
    let won = (0..500).find_map(|_| at(1.0, -1.0)).unwrap();
    assert_eq!(won.kind, AlarmKind::DiscriminatorWins);
    assert!(won.text.unwrap().starts_with("D tells 98.5 %"));
    let over = (0..500).find_map(|_| at(0.5, -1.0)).unwrap();
    assert!(over.text.is_none());
    let lost = (0..500).find_map(|_| at(0.5, 1.0)).unwrap();
    assert_eq!(
        (lost.kind, lost.text.is_some()),
        (AlarmKind::DiscriminatorLoses, true)
    );
}

#[test]
fn without_a_border_d_does_not_win() {
    let mut winner = Winner::default();
    let won = (0..500).find_map(|_| winner.take(&fake::measures(1), &fake::preset()).pop());
    assert!(won.is_some_and(|found| found.text.is_some()));
    let preset = Preset {
        loss: Loss::Wasserstein,
        ..fake::preset()
    };
    // The loss was changed: what D had won is no win any more.
    let over = winner.take(&fake::measures(1), &preset).pop();
    assert!(over.is_some_and(|found| found.text.is_none()));
    assert!((0..500).all(|_| winner.take(&fake::measures(1), &preset).is_empty()));
}

#[test]
fn the_first_thing_that_is_not_finite_is_named() {
    let broken = Measures {
        loss_d: f32::INFINITY,
        loss_g: f32::NAN,
        ..fake::measures(3)
    };
    assert!(non_finite(Some(&broken)).starts_with("the loss of D is inf; the update"));
    assert!(non_finite(None).starts_with("a loss or gradient"));
}
