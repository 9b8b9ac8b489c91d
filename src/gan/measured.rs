//! The measures of a step, where they were made.

use dfdx::prelude::Device;

use super::Gradient;
use crate::{
    metric::Measures,
    nn::{Backend, Matrix, Network, Scalar},
    preset::Loss,
};

/// The measures of one step as tensors of the device; reading them is the only copy to the host.
#[derive(Clone)]
pub struct Measured<D: Device<f32>> {
    pub step: u64,
    loss_kind: Loss,
    loss_d: Scalar<D>,
    norm_d: Scalar<D>,
    scores: Matrix<D>,
    layers_d: Vec<Layer<D>>,
    layers_g: Vec<Layer<D>>,
    gradients_d: Vec<(String, Scalar<D>)>,
    generator: Option<Generator<D>>,
}

/// σ and ‖W‖F of one layer.
#[derive(Clone)]
struct Layer<D: Device<f32>> {
    key: String,
    sigma: Scalar<D>,
    weight_norm: Scalar<D>,
}

#[derive(Clone)]
struct Generator<D: Device<f32>> {
    loss: Scalar<D>,
    norm: Scalar<D>,
    sample_norms: Option<Matrix<D>>,
    gradients: Vec<(String, Scalar<D>)>,
}

impl<D: Device<f32>> Measured<D> {
    /// What a D update measures; D's σ and ‖W‖F are those after its power iterations.
    pub fn discriminator<B: Backend<Device = D>>(
        step: u64,
        loss_kind: Loss,
        gradient: &Gradient<B>,
        [d, g]: [&Network<B>; 2],
    ) -> Self {
        Self {
            step,
            loss_kind,
            loss_d: gradient.loss.clone(),
            norm_d: gradient.norm.clone(),
            scores: gradient.scores.clone(),
            layers_d: layers(d, false),
            layers_g: layers(g, true),
            gradients_d: gradient.layer_norms.clone(),
            generator: None,
        }
    }

    /// Adds what the G update measures; G's σ and ‖W‖F are those after its power iterations, too.
    pub fn add_generator<B: Backend<Device = D>>(
        &mut self,
        gradient: &Gradient<B>,
        g: &Network<B>,
    ) {
        self.layers_g = layers(g, true);
        self.generator = Some(Generator {
            loss: gradient.loss.clone(),
            norm: gradient.norm.clone(),
            sample_norms: gradient.sample_norms.clone(),
            gradients: gradient.layer_norms.clone(),
        });
    }

    /// Where D was updated alone: what G's last update measured stands for it, as far as there was one.
    pub fn keep_generator(&mut self, before: Self) {
        self.generator = before.generator;
    }

    /// Where G is updated alone: what D's last update measured goes on standing for it, as that of `step`.
    pub fn keep_discriminator(&mut self, step: u64) {
        self.step = step;
    }

    /// The numbers; those of a G update that was never made are NaN.
    pub fn read<B: Backend<Device = D>>(&self) -> Measures {
        let one = |x: &Scalar<D>| B::read(x).first().copied().unwrap_or(f32::NAN);
        let scores = B::read(&self.scores);
        let (real, fake) = scores.split_at(scores.len() / 2);
        let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
        let share = |x: &[f32], right: &dyn Fn(f32) -> bool| {
            x.iter().filter(|&&x| right(x)).count() as f32 / x.len() as f32
        };
        let border = match self.loss_kind {
            Loss::LeastSquares => 0.5,
            _ => 0.0,
        };
        let generator = self.generator.as_ref();
        let of_samples = |reduce: &dyn Fn(&[f32]) -> f32| {
            let norms = generator?.sample_norms.as_ref()?;
            Some(reduce(&B::read(norms)))
        };
        let column = |pick: &dyn Fn(&Layer<D>) -> f32| {
            self.layers_d
                .iter()
                .chain(&self.layers_g)
                .map(|layer| (layer.key.clone(), pick(layer)))
                .collect()
        };
        Measures {
            step: self.step,
            loss_d: one(&self.loss_d),
            loss_g: generator.map_or(f32::NAN, |g| one(&g.loss)),
            d_real: mean(real),
            d_fake: mean(fake),
            accuracy_real: share(real, &|x| x > border),
            accuracy_fake: share(fake, &|x| x < border),
            grad_d: one(&self.norm_d),
            grad_g: generator.map_or(f32::NAN, |g| one(&g.norm)),
            grad_x_mean: of_samples(&mean),
            grad_x_max: of_samples(&largest),
            sigma: column(&|layer| one(&layer.sigma)),
            weight_norm: column(&|layer| one(&layer.weight_norm)),
            gradient_norm: {
                let of_g = generator.map_or(&[][..], |g| &g.gradients);
                let norms = self.gradients_d.iter().chain(of_g);
                norms.map(|(key, norm)| (key.clone(), one(norm))).collect()
            },
        }
    }
}

/// What is known of the layers of a network that have u and v, of the normalized ones only where asked.
fn layers<B: Backend>(network: &Network<B>, only_enabled: bool) -> Vec<Layer<B::Device>> {
    network
        .affine()
        .filter_map(|layer| {
            let spectral = layer.spectral.as_ref()?;
            (spectral.settings.enabled || !only_enabled).then(|| Layer {
                key: format!("{}.{}", network.name, layer.name),
                sigma: spectral.sigma.clone(),
                weight_norm: spectral.weight_norm.clone(),
            })
        })
        .collect()
}

/// The largest number, or NaN where there is one.
fn largest(x: &[f32]) -> f32 {
    let larger = |a: f32, &b: &f32| if a >= b || a.is_nan() { a } else { b };
    x.iter().fold(f32::NEG_INFINITY, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nan_is_not_lost_among_larger_numbers() {
        assert_eq!(largest(&[1.0, 3.0, 2.0]), 3.0);
        assert!(largest(&[1.0, f32::NAN, 2.0]).is_nan());
        assert!(largest(&[f32::NAN, 2.0]).is_nan());
    }
}
