//! The gradients of the two losses: the first half of an update.

use dfdx::prelude::*;

use super::{Error, Part, trainer::Trainer};
use crate::{
    nn::{Backend, Matrix, Mode, Network, Scalar, Wants, backend::DeviceError, module::Module},
    preset::Loss,
    random::{self, Stream},
};

/// The gradient of one network's loss, with what is measured on the way. Applying it is a call of its own, so that
/// gradients of several processes can be averaged in between.
pub struct Gradient<B: Backend> {
    /// In the order of the network's parameters.
    pub parts: Vec<B::Buffer>,
    pub loss: Scalar<B::Device>,
    /// 2-norm over all parameters.
    pub norm: Scalar<B::Device>,
    /// (layer key, 2-norm over its weight and bias) of each layer with a weight matrix.
    pub layer_norms: Vec<(String, Scalar<B::Device>)>,
    /// D's output: (1, 2·batch) of a D update, real samples first, (1, batch) of a G update.
    pub scores: Matrix<B::Device>,
    /// Norms of the gradient of D's output with respect to each generated sample, (1, batch); of a G update through a
    /// D without batch normalization only.
    pub sample_norms: Option<Matrix<B::Device>>,
}

impl<B: Backend> Gradient<B> {
    /// Whether loss and gradient are finite, so that the update may be applied. Copies two numbers to the host.
    pub fn is_finite(&self) -> bool {
        let finite = |x: &Scalar<B::Device>| B::read(x).iter().all(|x| x.is_finite());
        finite(&self.loss) && finite(&self.norm)
    }

    fn new(
        device: &B::Device,
        network: &Network<B>,
        gradients: &mut Gradients<f32, B::Device>,
        loss: Scalar<B::Device>,
        scores: Matrix<B::Device>,
        sample_norms: Option<Matrix<B::Device>>,
    ) -> Result<Self, DeviceError<B>> {
        let parts = network
            .parameters()
            .into_iter()
            .map(|parameter| B::gradient(gradients, parameter))
            .collect::<Result<Vec<_>, _>>()?;
        let (layer_norms, norm) = norms::<B>(device, network, &parts)?;
        Ok(Self {
            parts,
            loss,
            norm,
            layer_norms,
            scores,
            sample_norms,
        })
    }
}

/// Norms of the parts of a gradient by layer, and over all of them.
#[allow(clippy::type_complexity)]
fn norms<B: Backend>(
    device: &B::Device,
    network: &Network<B>,
    parts: &[B::Buffer],
) -> Result<(Vec<(String, Scalar<B::Device>)>, Scalar<B::Device>), DeviceError<B>> {
    let (mut keys, mut groups, mut rest) = (Vec::new(), Vec::new(), parts);
    for module in network.parts() {
        let count = module.parameters().into_iter().flatten().count();
        if count == 0 {
            continue;
        }
        let (group, after) = rest.split_at(count);
        rest = after;
        groups.push(group);
        keys.push(match module {
            Module::Affine(layer) => Some(format!("{}.{}", network.name, layer.name)),
            _ => None,
        });
    }
    let (norms, total) = B::norms(device, &groups)?;
    let by_layer = keys.into_iter().zip(norms);
    let by_layer = by_layer.filter_map(|(key, norm)| Some((key?, norm)));
    Ok((by_layer.collect(), total))
}

impl<B: Backend> Trainer<B> {
    /// The gradient of D's loss on `real` (features, batch) and what G makes of `latents` (latent, batch), both numbers
    /// batch-last. Runs D's power iterations first; real and generated samples pass D in one batch.
    pub fn discriminator_gradient(
        &mut self,
        real: Vec<f32>,
        latents: Vec<f32>,
    ) -> Result<Gradient<B>, Error> {
        self.try_discriminator_gradient(real, latents)
            .map_err(Error::device::<B>)
    }

    fn try_discriminator_gradient(
        &mut self,
        real: Vec<f32>,
        latents: Vec<f32>,
    ) -> Result<Gradient<B>, DeviceError<B>> {
        let (gain, batch) = (self.preset.gain, latents.len() / self.preset.latent);
        let features = real.len() / batch;
        let real = self.device.try_tensor_from_vec(real, (features, batch))?;
        let latents = self.latents(latents)?;
        self.lap(Part::Data);
        let nothing = Wants {
            input: false,
            parameters: false,
        };
        let fake = self.g.forward(latents, Mode::Train, nothing)?;
        self.lap(Part::GeneratorForward);
        self.d.iterate()?;
        self.lap(Part::PowerIteration);
        let samples = B::side_by_side(&real, &fake)?;
        let samples = self.noisy(samples, Stream::NoiseD, self.adam_d.updates())?;
        let wants = Wants {
            input: false,
            parameters: true,
        };
        let raw = self.d.forward(samples.leaky_traced(), Mode::Train, wants)?;
        let scores = raw.retaped::<NoneTape>().try_mul(gain)?;
        let sides = [vec![1.0; batch], vec![-1.0; batch]].concat();
        let sides = self.device.try_tensor_from_vec(sides, (1, 2 * batch))?;
        let (loss, slopes) = B::loss(&scores, &sides, self.preset.loss, false, batch)?;
        self.lap(Part::DiscriminatorForward);
        let mut gradients = B::backward(raw, B::buffer(&slopes.try_mul(gain)?)?)?;
        self.lap(Part::DiscriminatorBackward);
        let gradient = Gradient::new(&self.device, &self.d, &mut gradients, loss, scores, None);
        self.lap(Part::Measuring);
        gradient
    }

    /// The gradient of G's loss on `latents` (latent, batch), batch-last. G's power iterations run first, D's do not
    /// run. D's backward pass starts from 1 for each sample, so that the norms of ∇x D can be read off it, and is
    /// scaled by the loss's derivatives only then.
    pub fn generator_gradient(&mut self, latents: Vec<f32>) -> Result<Gradient<B>, Error> {
        self.try_generator_gradient(latents)
            .map_err(Error::device::<B>)
    }

    fn try_generator_gradient(&mut self, latents: Vec<f32>) -> Result<Gradient<B>, DeviceError<B>> {
        let (gain, batch) = (self.preset.gain, latents.len() / self.preset.latent);
        let latents = self.latents(latents)?;
        self.lap(Part::Data);
        self.g.iterate()?;
        self.lap(Part::PowerIteration);
        let wants = Wants {
            input: false,
            parameters: true,
        };
        let fake = self.g.forward(latents.leaky_traced(), Mode::Train, wants)?;
        self.lap(Part::GeneratorForward);
        let samples = fake.retaped::<NoneTape>();
        let samples = self.noisy(samples, Stream::NoiseG, self.adam_g.updates())?;
        let wants = Wants {
            input: true,
            parameters: false,
        };
        let traced = samples.clone().leaky_traced();
        let raw = self.d.forward(traced, Mode::Train, wants)?;
        let scores = raw.retaped::<NoneTape>().try_mul(gain)?;
        let device = self.device.clone();
        let ones = |value: f32| device.try_tensor_from_vec(vec![value; batch], (1, batch));
        let linear = matches!(self.preset.loss, Loss::Hinge | Loss::Wasserstein);
        let (loss, slopes) = B::loss(&scores, &ones(1.0)?, self.preset.loss, linear, batch)?;
        self.lap(Part::DiscriminatorForward);
        let (upstream, sample_norms) = if self.d.has_batch_norm() {
            let mut gradients = B::backward(raw, B::buffer(&slopes.try_mul(gain)?)?)?;
            (B::gradient(&mut gradients, &samples)?, None)
        } else {
            let mut gradients = B::backward(raw, B::buffer(&ones(gain)?)?)?;
            let by_sample = B::gradient(&mut gradients, &samples)?;
            self.lap(Part::DiscriminatorBackward);
            let norms = B::column_norms(&by_sample, &samples)?;
            self.lap(Part::Measuring);
            (B::scale_columns(by_sample, &slopes)?, Some(norms))
        };
        self.lap(Part::DiscriminatorBackward);
        let mut gradients = B::backward(fake, upstream)?;
        self.lap(Part::GeneratorBackward);
        let gradient = Gradient::new(
            &self.device,
            &self.g,
            &mut gradients,
            loss,
            scores,
            sample_norms,
        );
        self.lap(Part::Measuring);
        gradient
    }

    /// Samples (features, count) as D sees them: with the noise of update `index` where there is any.
    fn noisy(
        &self,
        samples: Matrix<B::Device>,
        stream: Stream,
        index: u64,
    ) -> Result<Matrix<B::Device>, DeviceError<B>> {
        let deviation = self.preset.data.noise();
        if deviation == 0.0 {
            return Ok(samples);
        }
        let (features, count) = *samples.shape();
        let noise = random::latents(self.seed, stream, index, features, count);
        let noise = self.device.try_tensor_from_vec(noise, (features, count))?;
        samples.try_add(noise.try_mul(deviation)?)
    }

    fn latents(&self, latents: Vec<f32>) -> Result<Matrix<B::Device>, DeviceError<B>> {
        let batch = latents.len() / self.preset.latent;
        self.device
            .try_tensor_from_vec(latents, (self.preset.latent, batch))
    }
}
