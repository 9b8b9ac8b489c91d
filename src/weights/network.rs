//! The weights of one network in memory.

use std::{collections::BTreeMap, path::Path};

use super::Error;
use crate::preset::Layer;

/// The layers of a network with their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkWeights {
    pub layers: Vec<LayerWeights>,
}

/// A layer's tensors by name, row-major in PyTorch's shapes: `weight`, `bias`, …, and `weight_u` and `weight_v` if there
/// are any.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    pub layer: Layer,
    /// Whether the layer divides its weight by σ.
    pub normalized: bool,
    pub tensors: BTreeMap<&'static str, Vec<f32>>,
}

impl NetworkWeights {
    /// Checks that every normalized layer has u and v; `path` is for the error message.
    ///
    /// # Errors
    /// If one is missing; the error names the first such layer.
    pub fn check_vectors(&self, path: &Path) -> Result<(), Error> {
        let lacks = |layer: &&LayerWeights| {
            let vectors = ["weight_u", "weight_v"];
            layer.normalized && !vectors.iter().all(|name| layer.tensors.contains_key(name))
        };
        match self.layers.iter().find(lacks) {
            None => Ok(()),
            Some(layer) => Err(Error::NoVectors {
                path: path.to_owned(),
                layer: layer.layer.name.clone(),
            }),
        }
    }

    /// All tensors by key: `prefix` followed by `0.weight`.
    pub fn tensors(&self, prefix: &str) -> BTreeMap<String, Vec<f32>> {
        let mut tensors = BTreeMap::new();
        for layer in &self.layers {
            for (name, data) in &layer.tensors {
                tensors.insert(format!("{prefix}{}.{name}", layer.layer.name), data.clone());
            }
        }
        tensors
    }
}

impl LayerWeights {
    /// σ = uᵀWv, in double precision; `None` without u and v.
    pub fn sigma(&self) -> Option<f64> {
        let layout = self.layer.weight()?.matrix();
        let (weight, u, v) = (
            self.tensors.get("weight")?,
            self.tensors.get("weight_u")?,
            self.tensors.get("weight_v")?,
        );
        let product = |a: f32, b: f32| f64::from(a) * f64::from(b);
        let columns = layout.columns.max(1);
        let blocks = weight.chunks_exact((layout.rows * columns).max(1));
        let blocks = blocks.zip(v.chunks_exact(columns));
        Some(
            blocks
                .flat_map(|(block, v)| {
                    block.chunks_exact(columns).zip(u).map(move |(row, &u)| {
                        let along: f64 = row.iter().zip(v).map(|(&w, &v)| product(w, v)).sum();
                        along * f64::from(u)
                    })
                })
                .sum(),
        )
    }

    /// Whether there is a σ that is finite and not zero.
    pub fn has_sigma(&self) -> bool {
        self.sigma().is_some_and(usable)
    }

    /// The weight that the layer computes with: `gain`·W/σ in a normalized layer with a usable σ, else W.
    pub fn effective(&self, gain: f32) -> Vec<f32> {
        let weight = self.tensors.get("weight").map_or(&[][..], Vec::as_slice);
        match self
            .sigma()
            .filter(|&sigma| self.normalized && usable(sigma))
        {
            None => weight.to_vec(),
            Some(sigma) => {
                let factor = f64::from(gain) / sigma;
                weight
                    .iter()
                    .map(|&w| (f64::from(w) * factor) as f32)
                    .collect()
            }
        }
    }
}

/// Whether training divides by this σ: finite and not zero, in single precision.
fn usable(sigma: f64) -> bool {
    (sigma as f32).is_finite() && sigma as f32 != 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{LayerSpec, Shape, layers};

    fn of(layer: Layer, weight: &[f32], u: &[f32], v: &[f32]) -> LayerWeights {
        LayerWeights {
            layer,
            normalized: true,
            tensors: BTreeMap::from([
                ("weight", weight.to_vec()),
                ("weight_u", u.to_vec()),
                ("weight_v", v.to_vec()),
            ]),
        }
    }

    fn only(spec: LayerSpec, input: Shape) -> Layer {
        layers(&[spec], input).unwrap().remove(0)
    }

    fn linear(out: usize, inputs: usize) -> Layer {
        only(LayerSpec::Linear { out, bias: false }, Shape::Flat(inputs))
    }

    #[test]
    fn the_rows_of_a_transposed_convolution_are_its_output_channels() {
        // (in 2, out 3, 2, 2): row o of the matrix is w[0, o], then w[1, o].
        let spec = LayerSpec::ConvTranspose2d {
            out: 3,
            kernel: 2,
            stride: 1,
            padding: 0,
            bias: false,
        };
        let image = Shape::Image {
            channels: 2,
            height: 1,
            width: 1,
        };
        let weight: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let one = |at: usize, of: usize| -> Vec<f32> {
            (0..of).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
        };
        for (out, column, expected) in [(0, 0, 0.0), (2, 1, 9.0), (1, 4, 16.0), (2, 7, 23.0)] {
            let transposed = of(only(spec, image), &weight, &one(out, 3), &one(column, 8));
            assert_eq!(transposed.sigma(), Some(expected));
        }
        let plain = of(linear(3, 4), &weight[..12], &one(2, 3), &one(1, 4));
        assert_eq!(plain.sigma(), Some(9.0));
        assert_eq!(plain.effective(3.0)[4], 4.0 * 3.0 / 9.0);
    }

    #[test]
    fn without_a_usable_sigma_the_weight_is_unchanged() {
        let zero = of(linear(1, 2), &[1.0, 1.0], &[1.0], &[1.0, -1.0]);
        assert!(!zero.has_sigma());
        assert_eq!(zero.effective(2.0), [1.0, 1.0]);
        let off = LayerWeights {
            normalized: false,
            ..of(linear(1, 2), &[1.0, 1.0], &[1.0], &[1.0, 0.0])
        };
        assert!(off.has_sigma() && off.effective(2.0) == [1.0, 1.0]);
    }
}
