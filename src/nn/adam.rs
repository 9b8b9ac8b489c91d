//! Adam (Kingma & Ba 2015) with its moments in the open, so that a run can be saved whole.

use dfdx::prelude::*;

use super::{
    Matrix, Scalar, StateTensor,
    backend::{Backend, DeviceError},
};

/// Adam's settings for one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    pub learning_rate: f32,
    pub betas: (f32, f32),
}

/// What one update needs of the settings and the number of updates made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    pub beta1: f32,
    pub beta2: f32,
    /// learning rate / (1 − β1ᵗ)
    pub step_size: f32,
    /// √(1 − β2ᵗ)
    pub root_correction: f32,
    pub epsilon: f32,
}

/// The moving averages of one parameter's gradient and of its square.
pub struct Moments<B: Backend> {
    pub first: B::Buffer,
    pub second: B::Buffer,
}

/// The optimizer of one network. Moments stand in the order of the network's parameters.
pub struct Adam<B: Backend> {
    updates: u64,
    moments: Vec<Moments<B>>,
}

impl<B: Backend> Adam<B> {
    /// Zero moments for these parameters.
    pub fn new(parameters: &[&Matrix<B::Device>]) -> Result<Self, DeviceError<B>> {
        let moments = parameters
            .iter()
            .map(|parameter| {
                Ok(Moments {
                    first: B::zeros(parameter)?,
                    second: B::zeros(parameter)?,
                })
            })
            .collect::<Result<_, DeviceError<B>>>()?;
        Ok(Self {
            updates: 0,
            moments,
        })
    }

    /// Updates made.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The moments as they are, in the order of the parameters: on a GPU no more than handles.
    pub fn moments(&self) -> Vec<[B::Buffer; 2]> {
        let pair = |m: &Moments<B>| [m.first.clone(), m.second.clone()];
        self.moments.iter().map(pair).collect()
    }

    /// The moments on the host, under the names of PyTorch's optimizer state: `prefix.state.N.exp_avg` and
    /// `prefix.state.N.exp_avg_sq` of the N-th of these parameters, each (rows, columns).
    ///
    /// # Errors
    /// The device's.
    pub fn state(
        &self,
        prefix: &str,
        parameters: &[&Matrix<B::Device>],
    ) -> Result<Vec<StateTensor>, DeviceError<B>> {
        let mut state = Vec::new();
        for (index, (moments, parameter)) in self.moments.iter().zip(parameters).enumerate() {
            let [first, second] = keys(prefix, index);
            for (key, buffer) in [(first, &moments.first), (second, &moments.second)] {
                let (rows, columns) = *parameter.shape();
                state.push(StateTensor {
                    key,
                    shape: vec![rows, columns],
                    data: B::read(&B::matrix(buffer, parameter)?),
                });
            }
        }
        Ok(state)
    }

    /// Takes over a count of updates and what [`Adam::state`] gave; gives back the keys that `find` lacks, or has not as
    /// many numbers of as needed.
    ///
    /// # Errors
    /// The device's.
    pub fn load(
        &mut self,
        prefix: &str,
        parameters: &[&Matrix<B::Device>],
        updates: u64,
        find: impl Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<Vec<String>, DeviceError<B>> {
        let mut missing = Vec::new();
        self.updates = updates;
        for (index, (moments, parameter)) in self.moments.iter_mut().zip(parameters).enumerate() {
            let shape = *parameter.shape();
            let buffers = [&mut moments.first, &mut moments.second];
            for (key, buffer) in keys(prefix, index).into_iter().zip(buffers) {
                match find(&key).filter(|data| data.len() == shape.0 * shape.1) {
                    Some(data) => {
                        let data = parameter.device().try_tensor_from_vec(data, shape)?;
                        *buffer = B::buffer(&data)?;
                    }
                    None => missing.push(key),
                }
            }
        }
        Ok(missing)
    }

    /// Takes back moments where `flag` is 0, see [`Backend::keep`].
    pub fn keep(
        &mut self,
        flag: &Scalar<B::Device>,
        old: &[[B::Buffer; 2]],
    ) -> Result<(), DeviceError<B>> {
        for (moments, [first, second]) in self.moments.iter_mut().zip(old) {
            B::keep_buffer(flag, &mut moments.first, first)?;
            B::keep_buffer(flag, &mut moments.second, second)?;
        }
        Ok(())
    }

    /// Sets the count of updates back to what it was before updates that were masked.
    pub fn rewind(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// One update; gradients stand in the order of the parameters.
    pub fn update(
        &mut self,
        parameters: Vec<&mut Matrix<B::Device>>,
        gradients: &[B::Buffer],
        settings: AdamSettings,
    ) -> Result<(), DeviceError<B>> {
        self.updates += 1;
        let rates = rates(self.updates, settings);
        let moments = self.moments.iter_mut();
        for ((parameter, gradient), moments) in parameters.into_iter().zip(gradients).zip(moments) {
            let moments = (&mut moments.first, &mut moments.second);
            B::adam(parameter, gradient, moments, &rates)?;
        }
        Ok(())
    }
}

fn keys(prefix: &str, index: usize) -> [String; 2] {
    ["exp_avg", "exp_avg_sq"].map(|name| format!("{prefix}.state.{index}.{name}"))
}

fn rates(updates: u64, settings: AdamSettings) -> Rates {
    let (beta1, beta2) = settings.betas;
    let correction = |beta: f32| 1.0 - (beta as f64).powf(updates as f64);
    Rates {
        beta1,
        beta2,
        step_size: (settings.learning_rate as f64 / correction(beta1)) as f32,
        root_correction: correction(beta2).sqrt() as f32,
        epsilon: 1e-8,
    }
}
