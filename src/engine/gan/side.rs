//! Which of the two networks an update trains.

use super::Trainer;
use crate::{
    engine::{
        nn::{Adam, Backend, Network},
        random::Stream,
    },
    preset::NetworkSpec,
};

/// One of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Discriminator,
    Generator,
}

impl Side {
    /// The network that an update of this one does not train.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Discriminator => Self::Generator,
            Self::Generator => Self::Discriminator,
        }
    }

    /// The random stream of the noise on the samples of its updates.
    pub(super) fn noise(self) -> Stream {
        match self {
            Self::Discriminator => Stream::NoiseD,
            Self::Generator => Stream::NoiseG,
        }
    }
}

impl<B: Backend> Trainer<B> {
    pub(super) fn network(&self, side: Side) -> &Network<B> {
        match side {
            Side::Discriminator => &self.d,
            Side::Generator => &self.g,
        }
    }

    pub(super) fn adam(&self, side: Side) -> &Adam<B> {
        match side {
            Side::Discriminator => &self.adam_d,
            Side::Generator => &self.adam_g,
        }
    }

    pub(super) fn spec(&self, side: Side) -> &NetworkSpec {
        match side {
            Side::Discriminator => &self.preset.discriminator,
            Side::Generator => &self.preset.generator,
        }
    }
}
