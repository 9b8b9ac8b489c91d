//! The normalized weight of a layer. It is never made: the factor gain/σ is applied to what is computed with the raw
//! one.

use crate::{
    nn::{
        host::{Host, buffers::Buffer, read_buffer},
        layer::Affine,
    },
    spectral::{Layout, host as spectral},
};

/// gain/σ with σ = uᵀWv, and what σ's gradient needs.
pub struct Normalization {
    pub factor: f32,
    sigma: f32,
    layout: Layout,
    u: Buffer,
    v: Buffer,
}

impl Normalization {
    /// None where the layer is not normalized, or σ is zero or not finite.
    pub fn of(layer: &Affine<Host>, weight: &[f32]) -> Option<Self> {
        let state = layer.spectral.as_ref()?;
        if !state.settings.enabled {
            return None;
        }
        let (u, v) = (read_buffer(&state.vectors.u), read_buffer(&state.vectors.v));
        let sigma = spectral::sigma(weight, &state.layout, &u, &v);
        Some(Self {
            factor: spectral::factor(sigma, state.settings.layer_gain)?,
            sigma,
            layout: state.layout,
            u,
            v,
        })
    }

    /// From the gradient of the normalized weight to that of the raw one, in place.
    pub fn through(&self, gradient: &mut [f32], weight: &[f32]) {
        let vectors = (&*self.u, &*self.v);
        let (sigma, factor) = (self.sigma, self.factor);
        spectral::weight_gradient(gradient, weight, &self.layout, vectors, sigma, factor);
    }
}
