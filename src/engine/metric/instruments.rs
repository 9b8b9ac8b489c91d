//! Where the classifier and the projections for scores of images run: on the CPU or on the training device.

use super::{
    classifier::{Classifier, Classify, Error, Set},
    wasserstein::PROJECTIONS,
};
use crate::{
    engine::nn::{Backend, Host, Network, build::Fresh},
    preset::{LayerSpec, Shape, WeightInit},
};

/// Patches in one projection call.
const CHUNK: usize = 1 << 14;
/// Name of the projection network, the prefix of its tensor keys.
const NAME: &str = "p";

/// Builds the instruments for scores of images on one device.
pub trait Instruments {
    /// The bundled classifier of an image set.
    ///
    /// # Errors
    /// If the device fails.
    fn classifier(&self, set: Set) -> Result<Box<dyn Classify>, Error>;

    /// A projector of patches of `length` numbers on `directions`, ([`PROJECTIONS`], length) row-major. `None` on the CPU:
    /// [`Slices::project`](super::wasserstein::Slices::project) then computes the projections itself.
    ///
    /// # Errors
    /// If the device fails.
    fn projector(
        &self,
        directions: &[f32],
        length: usize,
    ) -> Result<Option<Box<dyn Project>>, Error>;
}

/// Projects patches on fixed directions.
pub trait Project: Send + Sync {
    /// The scalar products of each direction with each patch, (directions, count) row-major, for `patches` (count, length)
    /// row-major.
    ///
    /// # Errors
    /// If the device fails.
    fn project(&self, patches: &[f32]) -> Result<Vec<f32>, Error>;
}

/// Instruments on the CPU.
pub struct OnHost;

impl Instruments for OnHost {
    fn classifier(&self, set: Set) -> Result<Box<dyn Classify>, Error> {
        Ok(Box::new(Classifier::bundled(&Host, set)?))
    }

    fn projector(&self, _: &[f32], _: usize) -> Result<Option<Box<dyn Project>>, Error> {
        Ok(None)
    }
}

/// Instruments on the training device.
pub struct OnDevice<B>(pub B);

impl<B: Backend> Instruments for OnDevice<B> {
    fn classifier(&self, set: Set) -> Result<Box<dyn Classify>, Error> {
        Ok(Box::new(Classifier::bundled(&self.0, set)?))
    }

    fn projector(
        &self,
        directions: &[f32],
        length: usize,
    ) -> Result<Option<Box<dyn Project>>, Error> {
        let layers = [LayerSpec::Linear {
            out: PROJECTIONS,
            bias: false,
        }];
        let fresh = Fresh {
            init: WeightInit::Torch,
            seed: 0,
        };
        let mut network = Network::new(&self.0, NAME, &layers, Shape::Flat(length), fresh, 0)
            .map_err(|error| Error::Engine(error.to_string()))?;
        // The network has one layer without bias, hence one tensor.
        match network.load(NAME, |_| Some(directions))?.pop() {
            Some(key) => Err(Error::Missing(key)),
            None => Ok(Some(Box::new(Directions { network, length }))),
        }
    }
}

/// Projection directions as the weight of a dense layer.
struct Directions<B: Backend> {
    network: Network<B>,
    length: usize,
}

impl<B: Backend> Project for Directions<B> {
    fn project(&self, patches: &[f32]) -> Result<Vec<f32>, Error> {
        let length = self.length.max(1);
        let count = patches.len() / length;
        let mut all = vec![0.0; PROJECTIONS * count];
        for (index, part) in patches.chunks(CHUNK * length).enumerate() {
            let (first, size) = (index * CHUNK, part.len() / length);
            let column = |row: usize| part.iter().skip(row).step_by(length);
            let columns: Vec<f32> = (0..length).flat_map(column).copied().collect();
            let projected = self.network.evaluate(&columns, size)?;
            let rows = all
                .chunks_exact_mut(count)
                .zip(projected.chunks_exact(size));
            for (to, from) in rows {
                to[first..first + size].copy_from_slice(from);
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::metric::wasserstein::{Slices, distance};

    #[test]
    fn projections_on_a_device_agree_with_those_on_the_cpu() {
        let shape = (1, 9, 8);
        // More patches than fit into one call.
        let count = CHUNK / 32 + 3;
        let slices = Slices::new(3, shape, count);
        let images: Vec<f32> = (0..72 * count).map(|i| (i as f32 * 0.7).sin()).collect();
        let patches = slices.cut(0, &images, count);
        let on_device = slices.projector(&OnDevice(Host)).unwrap();
        assert!(on_device.is_some());
        let expected = slices.project(&patches, None).unwrap();
        let found = slices.project(&patches, on_device.as_deref()).unwrap();
        assert!(distance(&expected, &found) < 1e-5);
        assert!(slices.projector(&OnHost).unwrap().is_none());
    }
}
