//! Where the convolutions of a run stand, from its preset.

use std::collections::BTreeMap;

use super::Known;
use crate::preset::{LayerSpec, Preset, Shape, infer};

/// What a preset knows of its layers, under their paths in the weights file (`d.0`, `g.3`, `ema.3`).
pub fn places(preset: &Preset) -> BTreeMap<String, Known> {
    let mut known = BTreeMap::new();
    let (d, g) = (&preset.discriminator.layers, &preset.generator.layers);
    let latent = Shape::Flat(preset.latent);
    network(&mut known, "d", d, preset.data.sample_shape());
    network(&mut known, "g", g, latent);
    network(&mut known, "ema", g, latent);
    known
}

fn network(
    known: &mut BTreeMap<String, Known>,
    name: &str,
    layers: &[LayerSpec],
    mut shape: Shape,
) {
    // Layers that do not fit have no place: a preset that was checked has none.
    let Ok(shapes) = infer(layers, shape) else {
        return;
    };
    for (position, (layer, after)) in layers.iter().zip(shapes).enumerate() {
        let transposed = matches!(layer, LayerSpec::ConvTranspose2d { .. });
        if let (
            LayerSpec::Conv2d {
                stride, padding, ..
            }
            | LayerSpec::ConvTranspose2d {
                stride, padding, ..
            },
            Shape::Image { height, width, .. },
        ) = (layer, shape)
        {
            let place = Known {
                transposed,
                stride: Some(*stride),
                padding: Some(*padding),
                input: Some((height, width)),
            };
            known.insert(format!("{name}.{position}"), place);
        }
        shape = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    #[test]
    fn the_digits_are_14_pixels_wide_in_the_middle() {
        let places = places(&builtin("digits").unwrap());
        let place = |transposed, side| Known {
            transposed,
            stride: Some(2),
            padding: Some(1),
            input: Some((side, side)),
        };
        assert_eq!(places["d.0"], place(false, 28));
        assert_eq!(places["d.2"], place(false, 14));
        assert_eq!(places["g.7"], place(true, 14));
        assert_eq!(places["ema.4"], place(true, 7));
        assert_eq!(places.len(), 6);
    }
}
