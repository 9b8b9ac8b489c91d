//! How far the strongest output direction of a layer is the input direction that the next layer amplifies most.

use super::LayerWeight;

/// The key of each layer, with |cos| of the angle between its u and the v of the next layer with a weight.
///
/// u has a component for each output of the layer, v one for each input of the next. Pairs without such a
/// correspondence are left out: where the next layer is a convolution with a kernel larger than 1×1, where the lengths
/// differ (a convolution whose map is flattened), in residual blocks, whose branches are added, and where u or v is
/// missing, zero or not finite.
pub(crate) fn cosines(layers: &[LayerWeight]) -> impl Iterator<Item = (&str, f64)> {
    layers.windows(2).filter_map(|pair| {
        let (layer, next) = (&pair[0], &pair[1]);
        let in_sequence = match (place(&layer.key), place(&next.key)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        };
        let by_inputs = next
            .convolution
            .as_ref()
            .is_none_or(|([_, _, height, width], _)| (*height, *width) == (1, 1));
        if !in_sequence || !by_inputs {
            return None;
        }
        let (u, v) = (&layer.vectors.as_ref()?.0, &next.vectors.as_ref()?.1);
        Some((&*layer.key, cosine(u, v)?))
    })
}

/// The network of a layer that is no part of a residual block: `d` of `d.2`, `None` of `d.2.conv1`.
fn place(key: &str) -> Option<&str> {
    key.split_once('.')
        .filter(|(_, position)| !position.contains('.'))
        .map(|(network, _)| network)
}

/// |cos| of the angle between two vectors. `None` if their lengths differ, or if one is zero or not finite.
fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let product = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let cosine = product(a, b) / (product(a, a) * product(b, b)).sqrt();
    cosine.is_finite().then_some(cosine.abs().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::spectral::operator::Place,
        preset::{Layout, NormalizedLayer},
    };

    fn layer(key: &str, u: &[f32], v: &[f32]) -> LayerWeight {
        LayerWeight {
            key: key.into(),
            kind: String::new(),
            weight: Vec::new(),
            layout: Layout::plain(u.len(), v.len()),
            settings: NormalizedLayer {
                enabled: true,
                iterations: 1,
                layer_gain: 1.0,
            },
            vectors: Some((u.to_vec(), v.to_vec())),
            convolution: None,
        }
    }

    fn convolution(key: &str, kernel: usize, u: &[f32], v: &[f32]) -> LayerWeight {
        let place = Place {
            stride: 1,
            padding: (0, 0),
            input: (4, 4),
            transposed: false,
        };
        LayerWeight {
            convolution: Some(([u.len(), v.len(), kernel, kernel], place)),
            ..layer(key, u, v)
        }
    }

    fn found(layers: &[LayerWeight]) -> Vec<(String, f64)> {
        cosines(layers)
            .map(|(key, value)| (key.to_owned(), (value * 1e6).round() / 1e6))
            .collect()
    }

    #[test]
    fn cosines_of_dense_layers_are_known_and_have_no_sign() {
        let layers = [
            layer("d.0", &[3.0, 4.0], &[1.0]),
            layer("d.2", &[0.0, 2.0], &[-1.0, 0.0]),
            layer("d.4", &[1.0], &[0.0, -7.0]),
            // G follows D in the list, and is no next layer.
            layer("g.0", &[1.0], &[1.0]),
        ];
        let expected = [("d.0".to_owned(), 0.6), ("d.2".to_owned(), 1.0)];
        assert_eq!(found(&layers), expected);
        assert_eq!(found(&layers[..1]), []);
    }

    #[test]
    fn pairs_whose_components_do_not_correspond_are_left_out() {
        let one = layer("d.0", &[1.0, 0.0], &[1.0]);
        let kept = |next| found(&[one.clone(), next]).len();
        let (u, v) = ([1.0], [1.0, 1.0]);
        assert_eq!(kept(convolution("d.1", 1, &u, &v)), 1);
        assert_eq!(kept(convolution("d.1", 4, &u, &v)), 0);
        assert_eq!(kept(layer("d.1.conv1", &u, &v)), 0);
        assert_eq!(kept(layer("d.1", &u, &[1.0; 3])), 0);
        assert_eq!(kept(layer("d.1", &u, &[0.0; 2])), 0);
        assert_eq!(kept(layer("d.1", &u, &[f32::NAN; 2])), 0);
        let mut without = layer("d.1", &u, &v);
        without.vectors = None;
        assert_eq!(kept(without), 0);
        let block = layer("d.0.shortcut", &[1.0, 0.0], &[1.0]);
        assert_eq!(found(&[block, layer("d.1", &u, &v)]), []);
        // A convolution's channels feed the inputs of a dense layer behind a pooling to one pixel.
        let pooled = convolution("d.0", 3, &[1.0, 0.0], &[1.0]);
        assert_eq!(found(&[pooled, layer("d.1", &u, &v)]).len(), 1);
    }
}
