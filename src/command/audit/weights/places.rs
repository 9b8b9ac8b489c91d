//! Information about the convolutions of a run, from its preset.

use std::collections::BTreeMap;

use super::LayerInfo;
use crate::preset::{Layer, LayerSpec, Preset, Shape, layers};

/// Returns the information about all convolutions of a run, by their paths in the weights file (`d.0`, `g.3`, `ema.3`).
pub fn layers_of_run(preset: &Preset) -> BTreeMap<String, LayerInfo> {
    let mut infos = BTreeMap::new();
    let (d, g) = (&preset.discriminator.layers, &preset.generator.layers);
    let latent = Shape::Flat(preset.latent);
    add_network(&mut infos, "d.", d, preset.data.sample_shape());
    add_network(&mut infos, "g.", g, latent);
    add_network(&mut infos, "ema.", g, latent);
    infos
}

/// Returns the information about the convolutions of one network (`g`, `d` or `ema`), by their paths without its name.
pub fn layers_of_network(preset: &Preset, network: &str) -> BTreeMap<String, LayerInfo> {
    let prefix = format!("{network}.");
    let all = layers_of_run(preset).into_iter();
    all.filter_map(|(path, info)| Some((path.strip_prefix(&prefix)?.to_owned(), info)))
        .collect()
}

fn add_network(
    infos: &mut BTreeMap<String, LayerInfo>,
    prefix: &str,
    specs: &[LayerSpec],
    input: Shape,
) {
    // A checked preset has only layers that fit.
    for layer in layers(specs, input).unwrap_or_default() {
        if let Some(info) = info(&layer) {
            infos.insert(format!("{prefix}{}", layer.name), info);
        }
    }
}

/// Returns the information about a convolution.
fn info(layer: &Layer) -> Option<LayerInfo> {
    let convolution = layer.weight()?.convolution?;
    let Shape::Image { height, width, .. } = layer.input else {
        return None;
    };
    Some(LayerInfo {
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
        let layers = layers_of_run(&builtin("digits").unwrap());
        let info = |transposed, side| LayerInfo {
            transposed: Some(transposed),
            stride: Some(2),
            padding: Some(1),
            input: Some((side, side)),
            groups: Some(1),
        };
        assert_eq!(layers["d.0"], info(false, 28));
        assert_eq!(layers["d.2"], info(false, 14));
        assert_eq!(layers["g.7"], info(true, 14));
        assert_eq!(layers["ema.4"], info(true, 7));
        assert_eq!(layers.len(), 6);
    }

    #[test]
    fn residual_blocks_have_their_convolutions() {
        let mut preset = builtin("digits").unwrap();
        let layers = "[ResidualDown(out: 4, preactivation: false), Residual(out: 4), ReLU, SumPool, Linear(out: 1)]";
        preset = set_all(&preset, &[format!("discriminator.layers={layers}")]).unwrap();
        let places = layers_of_run(&preset);
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
