//! Losses, norms, the guard, and updates of weights.

use proptest::prelude::*;
use sn_tui::{
    engine::nn::{Backend, Knobs, Objective, RecordLayout, guard, knobs},
    preset::Loss,
};

use crate::{Device, Slow, assert_near, draw, on_each_device, on_each_fast_device};

fn buffer<B: Backend>(backend: &B, numbers: &[f32]) -> B::Buffer {
    let mut buffer = backend.zeros(numbers.len()).unwrap();
    backend.write(&mut buffer, 0, numbers).unwrap();
    buffer
}

fn numbers<B: Backend>(backend: &B, buffer: &B::Buffer, count: usize) -> Vec<f32> {
    backend.read(buffer, 0..count).unwrap()
}

/// A record with this many scores and sample norms, for a gradient in these parts.
fn record(parts: Vec<std::ops::Range<usize>>, scores: usize, samples: usize) -> RecordLayout {
    RecordLayout {
        parts,
        figures: 0,
        scores,
        samples,
    }
}

/// The loss, the scores and the slopes of raw outputs.
pub fn loss<B: Device>(raw: &[f32], objective: &Objective, gain: f32) -> (f32, Vec<f32>, Vec<f32>) {
    let (backend, count) = (B::open(), raw.len());
    let places = record(Vec::new(), count, 0);
    let mut record = backend.zeros(places.length()).unwrap();
    let knobs = Knobs::default().with(knobs::GAIN, gain);
    let knobs = buffer(&backend, knobs.numbers());
    let raw = backend.upload(raw, count, None).unwrap();
    let slopes = backend.loss(&raw, objective, &knobs, &mut record, &places);
    let slopes = backend.download(&slopes.unwrap(), count).unwrap();
    let record = numbers(&backend, &record, places.length());
    (
        record[RecordLayout::LOSS],
        record[places.scores()].to_vec(),
        slopes,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn losses(batch in 1usize..20, salt: u64, which in 0usize..4, of_g: bool, gain in 0.5f32..3.0) {
        let kind = [Loss::Hinge, Loss::NonSaturating, Loss::Wasserstein, Loss::LeastSquares][which];
        let raw: Vec<f32> = draw(salt, 2 * batch).iter().map(|x| x * 20.0).collect();
        let objective = if of_g {
Objective::generator(kind, 2 * batch)
} else {
Objective::discriminator(kind, batch)
};
        let slow = loss::<Slow>(&raw, &objective, gain);
        for fast in on_each_fast_device!(loss(&raw, &objective, gain)) {
            assert_near("loss", &[fast.0], &[slow.0]);
            assert_near("scores", &fast.1, &slow.1);
            assert_near("slopes", &fast.2, &slow.2);
        }
    }

    #[test]
    fn gradients_by_samples(features in 1usize..20, batch in 1usize..80, salt: u64, gain in 0.5f32..3.0) {
        fn scale<B: Device>(g: &[f32], slopes: &[f32], gain: f32) -> [Vec<f32>; 2] {
            let (backend, batch) = (B::open(), slopes.len());
            let mut gradients = backend.upload(g, batch, None).unwrap();
            let slopes = backend.upload(slopes, batch, None).unwrap();
            let places = record(Vec::new(), 0, batch);
            let mut record = backend.zeros(places.length()).unwrap();
            let knobs = buffer(&backend, Knobs::default().with(knobs::GAIN, gain).numbers());
            backend.scale_samples(&mut gradients, &slopes, batch, &knobs, &mut record, &places).unwrap();
            let record = numbers(&backend, &record, places.length());
            [record[places.sample_norms()].to_vec(), backend.download(&gradients, batch).unwrap()]
        }
        let (g, slopes) = (draw(salt, features * batch), draw(salt ^ 1, batch));
        let slow = scale::<Slow>(&g, &slopes, gain);
        for fast in on_each_fast_device!(scale(&g, &slopes, gain)) {
            assert_near("norms", &fast[0], &slow[0]);
            assert_near("scaled", &fast[1], &slow[1]);
        }
    }

    #[test]
    fn updates(learned in 1usize..200, rest in 0usize..50, clip in prop_oneof![Just(f32::INFINITY), Just(0.5f32)], salt: u64) {
        fn update<B: Device>(learned: usize, rest: usize, clip: f32, salt: u64, up: bool) -> Vec<f32> {
            let backend = B::open();
            let drawn = |salt, count| buffer(&backend, &draw(salt, count));
            let (mut weights, gradients) = (drawn(salt, learned + rest), drawn(salt ^ 1, learned));
            let squares: Vec<f32> = draw(salt ^ 3, learned).iter().map(|x| x * x).collect();
            let (mut m, mut v) = (drawn(salt ^ 2, learned), buffer(&backend, &squares));
            let knobs = [
                (knobs::BETA1, 0.5), (knobs::BETA2, 0.9), (knobs::STEP_SIZE, 0.01), (knobs::ROOT_CORRECTION, 0.3),
                (knobs::CLIP, clip), (knobs::AVERAGE, 0.9),
            ].iter().fold(Knobs::default(), |knobs, &(place, number)| knobs.with(place, number));
            let knobs = buffer(&backend, knobs.numbers());
            let guard = buffer(&backend, &[if up { 1.0 } else { 0.0 }, 0.0]);
            backend.adam(&mut weights, &gradients, [&mut m, &mut v], &knobs, &guard).unwrap();
            let mut average = drawn(salt ^ 4, learned + rest);
            let range = rest..learned + rest;
            backend.blend((&mut average, range), (&weights, rest), (&knobs, knobs::AVERAGE), &guard).unwrap();
            let all = [(&weights, learned + rest), (&m, learned), (&v, learned), (&average, learned + rest)];
            all.map(|(buffer, count)| numbers(&backend, buffer, count)).concat()
        }
        let slow = update::<Slow>(learned, rest, clip, salt, true);
        for fast in on_each_fast_device!(update(learned, rest, clip, salt, true)) {
            assert_near("updates", &fast, &slow);
            prop_assert!(fast[..learned].iter().all(|w| w.abs() <= clip));
            prop_assert_eq!(&fast[learned..learned + rest], &draw(salt, learned + rest)[learned..], "beyond what is learned");
        }
        let still = [
            draw(salt, learned + rest), draw(salt ^ 2, learned), draw(salt ^ 3, learned).iter().map(|x| x * x).collect(),
            draw(salt ^ 4, learned + rest),
        ].concat();
        for got in on_each_device!(update(learned, rest, clip, salt, false)) {
            prop_assert_eq!(&got, &still);
        }
    }
}

/// The record of a gradient in two parts with two figures, stored second in a history of three, and the guard after
/// it.
fn measure<B: Device>(gradient: &[f32], loss: f32) -> (Vec<f32>, Vec<f32>) {
    let backend = B::open();
    let places = RecordLayout {
        figures: 2,
        ..record(vec![0..3, 3..gradient.len()], 1, 0)
    };
    let mut record = buffer(&backend, &vec![loss; places.length()]);
    let mut guard = guard::new(&backend).unwrap();
    let figures = buffer(&backend, &[5.0, 6.0]);
    let gradient = buffer(&backend, gradient);
    let knobs = buffer(
        &backend,
        Knobs::default().with(knobs::HISTORY_ROW, 1.0).numbers(),
    );
    let mut history = buffer(&backend, &vec![0.25; 3 * places.length()]);
    let kept = (&mut history, &knobs);
    backend
        .measure(
            &gradient,
            &[&figures],
            &mut record,
            &places,
            kept,
            &mut guard,
        )
        .unwrap();
    let guard = numbers(&backend, &guard, guard::COUNT);
    let history = numbers(&backend, &history, 3 * places.length());
    let (before, record) = history.split_at(places.length());
    let (record, after) = record.split_at(places.length());
    assert!(before.iter().chain(after).all(|&number| number == 0.25));
    (record.to_vec(), guard)
}

#[test]
fn the_guard_falls_at_numbers_that_are_not_finite() {
    fn check<B: Device>() {
        let (record, guard) = measure::<B>(&[1.0, 2.0, 2.0, 4.0], 0.5);
        assert_eq!(record, [0.5, 5.0, 3.0, 4.0, 5.0, 6.0, 0.5]);
        assert_eq!(guard, [1.0, 1.0]);
        let (record, guard) = measure::<B>(&[1.0, f32::NAN, 2.0, 4.0], 0.5);
        assert!(record[1].is_nan() && record[2].is_nan() && record[3] == 4.0);
        assert_eq!(guard, [0.0, 0.0]);
        assert_eq!(measure::<B>(&[1.0; 4], f32::INFINITY).1, [0.0, 0.0]);
    }
    on_each_device!(check());
}

#[test]
fn two_batches_in_one_buffer_are_independent() {
    fn check<B: Device>(first: usize, second: usize) {
        let backend = B::open();
        let (a, b) = (vec![f32::INFINITY; 2 * first], draw(1, 2 * second));
        let behind = backend.upload(&b, second, None).unwrap();
        let both = backend.upload(&a, first, Some((&behind, second))).unwrap();
        let rows = a.chunks_exact(first).zip(b.chunks_exact(second));
        let expected: Vec<f32> = rows.flat_map(|(a, b)| [a, b].concat()).collect();
        assert!(backend.download(&both, first + second).unwrap() == expected);
    }
    for (first, second) in [
        (1, 1),
        (31, 31),
        (32, 32),
        (64, 64),
        (33, 7),
        (30_000, 30_000),
    ] {
        on_each_device!(check(first, second));
    }
}
