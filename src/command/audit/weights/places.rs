//! Where the convolutions of a run stand, from its preset.

use std::collections::BTreeMap;

use super::Known;
use crate::preset::{Layer, LayerSpec, Preset, Shape, layers};

/// What a preset knows of its layers, under their paths in the weights file (`d.0`, `g.3`, `ema.3`).
pub fn places(preset: &Preset) -> BTreeMap<String, Known> {
    let mut known = BTreeMap::new();
    let (d, g) = (&preset.discriminator.layers, &preset.generator.layers);
    let latent = Shape::Flat(preset.latent);
    network(&mut known, "d.", d, preset.data.sample_shape());
    network(&mut known, "g.", g, latent);
    network(&mut known, "ema.", g, latent);
    known
}

/// The same of one network alone, whose layers have no network's name before them: `g`, `d` or `ema`.
pub fn places_of(preset: &Preset, network: &str) -> BTreeMap<String, Known> {
    let prefix = format!("{network}.");
    let all = places(preset).into_iter();
    all.filter_map(|(path, known)| Some((path.strip_prefix(&prefix)?.to_owned(), known)))
        .collect()
}

fn network(known: &mut BTreeMap<String, Known>, prefix: &str, specs: &[LayerSpec], input: Shape) {
    // Layers that do not fit have no place: a preset that was checked has none.
    for layer in layers(specs, input).unwrap_or_default() {
        if let Some(place) = place(&layer) {
            known.insert(format!("{prefix}{}", layer.name), place);
        }
    }
}

fn place(layer: &Layer) -> Option<Known> {
    let convolution = layer.weight()?.convolution?;
    let Shape::Image { height, width, .. } = layer.input else {
        return None;
    };
    Some(Known {
        transposed: Some(convolution.transposed),
        stride: Some(convolution.stride),
        padding: Some(convolution.padding),
        input: Some((height, width)),
        groups: Some(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{builtin::builtin, set_all};

    #[test]
    fn the_digits_are_14_pixels_wide_in_the_middle() {
        let places = places(&builtin("digits").unwrap());
        let place = |transposed, side| Known {
            transposed: Some(transposed),
            stride: Some(2),
            padding: Some(1),
            input: Some((side, side)),
            groups: Some(1),
        };
        assert_eq!(places["d.0"], place(false, 28));
        assert_eq!(places["d.2"], place(false, 14));
        assert_eq!(places["g.7"], place(true, 14));
        assert_eq!(places["ema.4"], place(true, 7));
        assert_eq!(places.len(), 6);
    }

    #[test]
    fn residual_blocks_have_their_convolutions() {
        let mut preset = builtin("digits").unwrap();
        let layers = "[ResidualDown(out: 4, preactivation: false), Residual(out: 4), ReLU, SumPool, Linear(out: 1)]";
        preset = set_all(&preset, &[format!("discriminator.layers={layers}")]).unwrap();
        let places = places(&preset);
        let sizes = |path: &str| (places[path].input, places[path].padding);
        assert_eq!(sizes("d.0.conv1"), (Some((28, 28)), Some(1)));
        assert_eq!(sizes("d.1.conv2"), (Some((14, 14)), Some(1)));
        let shortcut = places
            .keys()
            .filter(|path| path.starts_with("d.0."))
            .count();
        assert_eq!(shortcut, 3, "two convolutions and the shortcut's");
        assert_eq!(
            places
                .keys()
                .filter(|path| path.starts_with("d.1."))
                .count(),
            2
        );
    }
}
