//! Single layers of every kind, with and without an activation and normalization.

use proptest::prelude::*;
use sn_tui::{
    engine::nn::Mode,
    preset::{LayerSpec, Shape},
};

use crate::{ALL, Slow, activations, compare, draw, network, normalization, wants};

/// Compares one layer, optionally followed by an activation.
fn layer(
    layer: LayerSpec,
    activation: Option<LayerSpec>,
    input: Shape,
    batch: usize,
    (normalized, wants): (bool, [bool; 2]),
    salt: u64,
) -> Result<(), TestCaseError> {
    let spectral = normalization(normalized, 1.5);
    let built = network::<Slow>(&[layer], input, &spectral, salt);
    prop_assume!(built.is_some());
    let (mut layers, plain) = (vec![layer], built.unwrap());
    layers.extend(activation);
    // Near the kink of an activation, rounding may put the two backends on different sides.
    let kinked = matches!(activation, Some(LayerSpec::ReLU | LayerSpec::LeakyReLU(_)));
    let x = draw(salt ^ 7, input.features() * batch);
    let before = plain.evaluate(&x, batch).unwrap();
    prop_assume!(!kinked || before.iter().all(|x| x.abs() > 1e-5));
    compare(&layers, input, &spectral, batch, (Mode::Train, wants), salt);
    Ok(())
}

fn image((channels, height, width): (usize, usize, usize)) -> Shape {
    Shape::Image {
        channels,
        height,
        width,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn linear(
        (inputs, out) in (1usize..40, 1usize..40), bias: bool, batch in 1usize..140, activation in activations(),
        how in (any::<bool>(), wants()), salt: u64,
    ) {
        layer(LayerSpec::Linear { out, bias }, activation, Shape::Flat(inputs), batch, how, salt)?;
    }

    #[test]
    fn conv(
        sides in (1usize..6, 1usize..10, 1usize..10), (out, bias) in (1usize..7, any::<bool>()),
        (kernel, stride, padding) in (1usize..6, 1usize..4, 0usize..4),
        batch in 1usize..40, activation in activations(), how in (any::<bool>(), wants()), salt: u64,
    ) {
        let spec = LayerSpec::Conv2d { out, kernel, stride, padding, bias };
        layer(spec, activation, image(sides), batch, how, salt)?;
    }

    #[test]
    fn conv_transpose(
        sides in (1usize..7, 1usize..7, 1usize..7), (out, bias) in (1usize..6, any::<bool>()),
        (kernel, stride, padding) in (1usize..6, 1usize..4, 0usize..3),
        batch in 1usize..40, activation in activations(), how in (any::<bool>(), wants()), salt: u64,
    ) {
        let spec = LayerSpec::ConvTranspose2d { out, kernel, stride, padding, bias };
        layer(spec, activation, image(sides), batch, how, salt)?;
    }

    #[test]
    fn consecutive_dense_layers(
        inputs in 1usize..40, layers in proptest::collection::vec((1usize..40, any::<bool>()), 2..5),
        batch in prop_oneof![Just(1usize), Just(31), Just(32), Just(33), Just(64), Just(65), Just(97), Just(140)],
        (normalized, wants) in (any::<bool>(), wants()), salt: u64,
    ) {
        let layers: Vec<LayerSpec> = layers
            .into_iter()
            .flat_map(|(out, bias)| [LayerSpec::Linear { out, bias }, LayerSpec::Tanh])
            .collect();
        let spectral = normalization(normalized, 1.5);
        compare(&layers, Shape::Flat(inputs), &spectral, batch, (Mode::Train, wants), salt);
    }

    #[test]
    fn pooling(sides in (1usize..5, 1usize..6, 1usize..6), factor in 1usize..4, which in 0usize..3, batch in 1usize..9, salt: u64) {
        let (channels, height, width) = sides;
        let (spec, sides) = match which {
            0 => (LayerSpec::Upsample(factor), sides),
            1 => (LayerSpec::AvgPool(factor), (channels, height * factor, width * factor)),
            _ => (LayerSpec::SumPool, sides),
        };
        compare(&[spec], image(sides), &normalization(false, 1.0), batch, (Mode::Train, ALL), salt);
    }

    #[test]
    fn batch_norm(
        sides in (1usize..6, 1usize..6, 1usize..6), batch in 2usize..30, activation in activations(),
        (train, wants) in (any::<bool>(), wants()), salt: u64,
    ) {
        // Two samples in a channel give ±1 and a gradient that cancels completely.
        prop_assume!(sides.1 * sides.2 * batch > 4);
        let layers = [Some(LayerSpec::BatchNorm), activation].into_iter().flatten().collect::<Vec<_>>();
        let mode = if train { Mode::Train } else { Mode::Evaluate };
        compare(&layers, image(sides), &normalization(false, 1.0), batch, (mode, wants), salt);
    }
}

#[test]
fn batch_norm_of_long_rows() {
    let layers = [LayerSpec::BatchNorm, LayerSpec::Tanh];
    for sides in [(3, 40, 41), (1, 1, 1)] {
        let spectral = normalization(false, 1.0);
        compare(&layers, image(sides), &spectral, 33, (Mode::Train, ALL), 4);
    }
}
