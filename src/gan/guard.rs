//! Updates on a device whose numbers the host does not see: masked there from the first that is not finite, told later.

use dfdx::prelude::*;

use super::measured::Measured;
use crate::nn::{Backend, Matrix, Scalar, backend::DeviceError};

/// Most updates between two readings, so that what is remembered of them stays small.
const MOST: usize = 1000;

/// What the counters were before an update, and what it measured.
pub struct Attempt<D: Device<f32>> {
    pub steps: u64,
    pub updates_d: u64,
    pub updates_g: u64,
    pub measured: Option<Measured<D>>,
}

/// Decides on the device whether updates are applied. From the first that is not finite none is, until
/// [`Guard::settle`]: networks, moments and averages then are those before it.
pub struct Guard<D: Device<f32>> {
    /// 1 while every update was finite, then 0.
    flag: Scalar<D>,
    /// Updates applied since the last reading.
    applied: Scalar<D>,
    attempts: Vec<Attempt<D>>,
}

impl<D: Device<f32>> Guard<D> {
    pub fn new(device: &D) -> Result<Self, D::Err> {
        let zero: Scalar<D> = device.try_zeros_like(&())?;
        Ok(Self {
            flag: zero.clone().try_add(1.0)?,
            applied: zero,
            attempts: Vec::new(),
        })
    }

    /// Takes the loss and the norm of the gradient of the next update into account.
    pub fn see<B: Backend<Device = D>>(
        &mut self,
        loss: &Scalar<D>,
        norm: &Scalar<D>,
        attempt: Attempt<D>,
    ) -> Result<(), DeviceError<B>> {
        self.flag = B::still_finite(&self.flag, loss, norm)?;
        self.applied = self.applied.clone().try_add(self.flag.clone())?;
        self.attempts.push(attempt);
        Ok(())
    }

    /// 1 where updates are applied, else 0.
    pub fn flag(&self) -> &Scalar<D> {
        &self.flag
    }

    /// Whether so many updates wait that a reading is due.
    pub fn is_full(&self) -> bool {
        self.attempts.len() >= MOST
    }

    /// Asks the device: gives the first update that was not applied, if any. Copies a number to the host.
    pub fn settle<B: Backend<Device = D>>(
        &mut self,
        device: &D,
    ) -> Result<Option<Attempt<D>>, DeviceError<B>> {
        if self.attempts.is_empty() {
            return Ok(None);
        }
        let applied = B::read(&self.applied).first().map_or(0, |&n| n as usize);
        let attempts = std::mem::replace(self, Self::new(device)?).attempts;
        Ok(attempts.into_iter().nth(applied))
    }
}

/// `new` matrices become `old` ones where `flag` is 0.
pub fn keep<B: Backend>(
    flag: &Scalar<B::Device>,
    new: Vec<&mut Matrix<B::Device>>,
    old: &[Matrix<B::Device>],
) -> Result<(), DeviceError<B>> {
    let mut pairs = new.into_iter().zip(old);
    pairs.try_for_each(|(new, old)| B::keep(flag, new, old))
}
