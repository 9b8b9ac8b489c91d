//! The measures of a step, on the device.

use std::sync::Arc;

use super::recorded::{Recorded, UpdateMeasures};
use crate::{
    engine::nn::{Backend, backend::Result},
    model::Measures,
    preset::Loss,
};

/// The measures of one step on the device. Only [`Measured::read`] copies them to the host.
pub(super) struct Measured<B: Backend> {
    pub step: u64,
    loss: Loss,
    d: Arc<Recorded<B>>,
    /// Measures of G's last update; `None` before the first one.
    g: Option<Arc<Recorded<B>>>,
    /// Whether G's last update belongs to this step.
    g_is_new: bool,
}

impl<B: Backend> Clone for Measured<B> {
    fn clone(&self) -> Self {
        Self {
            step: self.step,
            loss: self.loss,
            d: self.d.clone(),
            g: self.g.clone(),
            g_is_new: self.g_is_new,
        }
    }
}

impl<B: Backend> Measured<B> {
    /// The measures of an update of D, with those of G's last update from `before`, if given.
    pub(super) fn discriminator(
        step: u64,
        loss: Loss,
        recorded: Recorded<B>,
        before: Option<&Self>,
    ) -> Self {
        Self {
            step,
            loss,
            d: Arc::new(recorded),
            g: before.and_then(|before| before.g.clone()),
            g_is_new: false,
        }
    }

    /// Adds the measures of an update of G.
    pub(super) fn add_generator(&mut self, recorded: Recorded<B>) {
        self.g = Some(Arc::new(recorded));
        self.g_is_new = true;
    }

    /// Assigns the measures to `step`, for a step that updates only G: D's are those of its last update.
    pub(super) fn keep_discriminator(&mut self, step: u64) {
        self.step = step;
    }

    /// Copies the measures to the host. Those of G are NaN before its first update. σ and ‖W‖F of G's layers are from G's
    /// update, or from D's update in a step that updates only D.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn read(&self, backend: &B) -> Result<Measures> {
        let d = self.d.read(backend)?;
        let g = self.g.as_ref().map(|recorded| recorded.read(backend));
        let g = g.transpose()?;
        let (real, fake) = d.scores.split_at(d.scores.len() / 2);
        let share = |x: &[f32], right: &dyn Fn(f32) -> bool| {
            x.iter().filter(|&&x| right(x)).count() as f32 / x.len() as f32
        };
        let border = match self.loss {
            Loss::LeastSquares => 0.5,
            _ => 0.0,
        };
        let of_g = |pick: fn(&UpdateMeasures) -> f32| g.as_ref().map_or(f32::NAN, pick);
        let norms = g.as_ref().map(|g| &g.sample_norms[..]);
        let norms = norms.filter(|norms| !norms.is_empty());
        let now = g.as_ref().filter(|_| self.g_is_new).unwrap_or(&d);
        Ok(Measures {
            step: self.step,
            loss_d: d.loss,
            loss_g: of_g(|g| g.loss),
            d_real: mean(real),
            d_fake: mean(fake),
            accuracy_real: share(real, &|x| x > border),
            accuracy_fake: share(fake, &|x| x < border),
            grad_d: d.norm,
            grad_g: of_g(|g| g.norm),
            grad_x_mean: norms.map(mean),
            grad_x_max: norms.map(largest),
            sigma: [&d.sigma[0][..], &now.sigma[1]].concat(),
            weight_norm: [&d.weight_norm[0][..], &now.weight_norm[1]].concat(),
            gradient_norm: {
                let of_g = g.as_ref().map_or(&[][..], |g| &g.layer_norms);
                [&d.layer_norms[..], of_g].concat()
            },
        })
    }
}

fn mean(x: &[f32]) -> f32 {
    x.iter().sum::<f32>() / x.len() as f32
}

/// The largest number, or NaN if any number is NaN.
fn largest(x: &[f32]) -> f32 {
    let larger = |a: f32, &b: &f32| if a >= b || a.is_nan() { a } else { b };
    x.iter().fold(f32::NEG_INFINITY, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_of_numbers_with_a_nan_is_nan() {
        assert_eq!(largest(&[1.0, 3.0, 2.0]), 3.0);
        assert!(largest(&[1.0, f32::NAN, 2.0]).is_nan());
        assert!(largest(&[f32::NAN, 2.0]).is_nan());
    }
}
