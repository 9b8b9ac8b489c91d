//! Spectral normalization of one layer: its vectors, its settings, its last σ.

use dfdx::prelude::*;

use super::{Layout, Vectors, WARM_UP, host::unit_vector};
use crate::{
    nn::{Backend, Matrix, Scalar, backend::DeviceError, op::spectral::normalize},
    preset::{NormalizedLayer, OnDisable},
    random::{self, Stream},
};

/// What a layer needs to be spectrally normalized. It exists for every layer of D, normalized or not, so that σ is
/// always measured.
pub struct SpectralLayer<B: Backend> {
    pub settings: NormalizedLayer,
    pub layout: Layout,
    pub vectors: Vectors<B::Device>,
    /// uᵀWv after the last iterations.
    pub sigma: Scalar<B::Device>,
    /// ‖W‖F at the same moment.
    pub weight_norm: Scalar<B::Device>,
}

impl<B: Backend> SpectralLayer<B> {
    /// Random unit vectors, then [`WARM_UP`] iterations. `index` numbers the layer in the stream of start vectors.
    pub fn new(
        weight: &Matrix<B::Device>,
        layout: Layout,
        settings: NormalizedLayer,
        seed: u64,
        index: u64,
    ) -> Result<Self, DeviceError<B>> {
        let mut rng = random::generator(seed, Stream::PowerIteration, index);
        let mut unit = |length: usize| {
            let data = unit_vector(length, &mut rng);
            weight.device().try_tensor_from_vec(data, (length, 1))
        };
        let mut vectors = Vectors {
            u: unit(layout.rows)?,
            v: unit(layout.width())?,
        };
        let (sigma, weight_norm) = B::iterate(weight, &layout, &mut vectors, WARM_UP)?;
        Ok(Self {
            settings,
            layout,
            vectors,
            sigma,
            weight_norm,
        })
    }

    /// The iterations of one update, whether the layer is normalized or not; measures σ and ‖W‖F.
    pub fn iterate(&mut self, weight: &Matrix<B::Device>) -> Result<(), DeviceError<B>> {
        let iterations = self.settings.iterations;
        (self.sigma, self.weight_norm) =
            B::iterate(weight, &self.layout, &mut self.vectors, iterations)?;
        Ok(())
    }

    /// The weight that the portable path computes with, on a tape of its own.
    pub fn effective<T: Tape<f32, B::Device>>(
        &self,
        weight: &Matrix<B::Device>,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        if self.settings.enabled {
            normalize(
                weight,
                &self.layout,
                &self.vectors,
                self.settings.layer_gain,
            )
        } else {
            Ok(weight.retaped())
        }
    }

    /// Takes new settings; where they switch normalization off with `fold`, the weight becomes the normalized one, so
    /// that the function of the layer does not change.
    pub fn reconfigure(
        &mut self,
        weight: &mut Matrix<B::Device>,
        settings: NormalizedLayer,
        on_disable: OnDisable,
    ) -> Result<(), DeviceError<B>> {
        let switched_off = self.settings.enabled && !settings.enabled;
        if switched_off && on_disable == OnDisable::Fold {
            let gain = self.settings.layer_gain;
            *weight = B::normalized(weight, &self.layout, &self.vectors, gain)?;
        }
        self.settings = settings;
        Ok(())
    }
}
