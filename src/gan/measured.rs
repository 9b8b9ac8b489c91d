//! The measures of a step, where they were made.

use super::Gradient;
use crate::{
    metric::Measures,
    nn::{Backend, Matrix, Network, Scalar},
    preset::Loss,
};

/// The measures of one step as tensors of the device; reading them is the only copy to the host.
pub struct Measured<B: Backend> {
    pub step: u64,
    loss_kind: Loss,
    loss_d: Scalar<B::Device>,
    norm_d: Scalar<B::Device>,
    scores: Matrix<B::Device>,
    layers: Vec<Layer<B>>,
    generator: Option<Generator<B>>,
}

/// σ and ‖W‖F of one layer.
struct Layer<B: Backend> {
    key: String,
    sigma: Scalar<B::Device>,
    weight_norm: Scalar<B::Device>,
}

struct Generator<B: Backend> {
    loss: Scalar<B::Device>,
    norm: Scalar<B::Device>,
    sample_norms: Option<Matrix<B::Device>>,
}

impl<B: Backend> Measured<B> {
    /// What a D update measures; σ and ‖W‖F are those after its power iterations.
    pub fn discriminator(
        step: u64,
        loss_kind: Loss,
        gradient: &Gradient<B>,
        networks: [&Network<B>; 2],
    ) -> Self {
        let [d, g] = networks;
        let layers = |network: &Network<B>, only_enabled: bool| {
            let name = network.name;
            network
                .affine()
                .filter_map(|layer| {
                    let spectral = layer.spectral.as_ref()?;
                    (spectral.settings.enabled || !only_enabled).then(|| Layer {
                        key: format!("{name}.{}", layer.position),
                        sigma: spectral.sigma.clone(),
                        weight_norm: spectral.weight_norm.clone(),
                    })
                })
                .collect::<Vec<_>>()
        };
        let mut measured = layers(d, false);
        measured.extend(layers(g, true));
        Self {
            step,
            loss_kind,
            loss_d: gradient.loss.clone(),
            norm_d: gradient.norm.clone(),
            scores: gradient.scores.clone(),
            layers: measured,
            generator: None,
        }
    }

    /// Adds what the G update measures.
    pub fn add_generator(&mut self, gradient: &Gradient<B>) {
        self.generator = Some(Generator {
            loss: gradient.loss.clone(),
            norm: gradient.norm.clone(),
            sample_norms: gradient.sample_norms.clone(),
        });
    }

    /// The numbers; those of a G update that was never made are NaN.
    pub fn read(&self) -> Measures {
        let one = |x: &Scalar<B::Device>| x.as_vec().first().copied().unwrap_or(f32::NAN);
        let scores = self.scores.as_vec();
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
            Some(reduce(&norms.as_vec()))
        };
        let column = |pick: &dyn Fn(&Layer<B>) -> f32| {
            self.layers
                .iter()
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
            grad_x_max: of_samples(&|x| x.iter().copied().fold(f32::NEG_INFINITY, f32::max)),
            sigma: column(&|layer| one(&layer.sigma)),
            weight_norm: column(&|layer| one(&layer.weight_norm)),
        }
    }
}
