//! Updates that the device itself takes back, where the host does not see its numbers in time.

use dfdx::prelude::*;

use super::{
    Error, Gradient, Trainer,
    guard::{self, Attempt},
};
use crate::nn::{
    Backend, Matrix, Network, Scalar, backend::DeviceError, op::batch_norm::Statistics,
};

impl<B: Backend> Trainer<B> {
    /// Lets the device look at a gradient, and remembers where it was made.
    pub(super) fn attempt(&mut self, gradient: &Gradient<B>) -> Result<(), DeviceError<B>> {
        let attempt = Attempt {
            steps: self.steps,
            updates_d: self.adam_d.updates(),
            updates_g: self.adam_g.updates(),
            measured: self.measured.clone(),
        };
        self.guard.see::<B>(&gradient.loss, &gradient.norm, attempt)
    }

    /// A D update that the device takes back where it is not to be applied.
    pub(super) fn masked_discriminator(
        &mut self,
        gradient: &Gradient<B>,
        before: [Vec<Statistics<B::Device>>; 2],
    ) -> Result<(), Error> {
        let (weights, moments) = (copies(self.d.parameters()), self.adam_d.moments());
        self.apply_to_discriminator(gradient)?;
        let flag = self.guard.flag();
        guard::keep::<B>(flag, self.d.parameters_mut(), &weights)
            .and_then(|()| self.adam_d.keep(flag, &moments))
            .and_then(|()| self.keep_statistics(before))
            .map_err(Error::device::<B>)
    }

    /// The same of a G update, the average of G included.
    pub(super) fn masked_generator(
        &mut self,
        gradient: &Gradient<B>,
        before: [Vec<Statistics<B::Device>>; 2],
    ) -> Result<(), Error> {
        let (weights, moments) = (copies(self.g.parameters()), self.adam_g.moments());
        let average = copies(self.average.parameters());
        let running = self.average.statistics();
        self.apply_to_generator(gradient)?;
        let flag = self.guard.flag();
        guard::keep::<B>(flag, self.g.parameters_mut(), &weights)
            .and_then(|()| self.adam_g.keep(flag, &moments))
            .and_then(|()| guard::keep::<B>(flag, self.average.parameters_mut(), &average))
            .and_then(|()| keep_running(flag, &mut self.average, running))
            .and_then(|()| self.keep_statistics(before))
            .map_err(Error::device::<B>)
    }

    fn keep_statistics(
        &mut self,
        [g, d]: [Vec<Statistics<B::Device>>; 2],
    ) -> Result<(), DeviceError<B>> {
        let flag = self.guard.flag();
        keep_running(flag, &mut self.g, g)?;
        keep_running(flag, &mut self.d, d)
    }
}

fn copies<D: Device<f32>>(of: Vec<&Matrix<D>>) -> Vec<Matrix<D>> {
    of.into_iter().cloned().collect()
}

/// Running statistics become `old` ones where `flag` is 0.
fn keep_running<B: Backend>(
    flag: &Scalar<B::Device>,
    network: &mut Network<B>,
    old: Vec<Statistics<B::Device>>,
) -> Result<(), DeviceError<B>> {
    let mut new = network.statistics();
    for (new, old) in new.iter_mut().zip(&old) {
        B::keep(flag, &mut new.mean, &old.mean)?;
        B::keep(flag, &mut new.variance, &old.variance)?;
    }
    network.set_statistics(new);
    Ok(())
}
