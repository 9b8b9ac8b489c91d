//! Who computes what scores need of images: the processor, or the device that trains.

use super::{
    classifier::{Classifier, Error, See, Set},
    wasserstein::PROJECTIONS,
};
use crate::{
    nn::{Backend, Host, Network, build::Fresh},
    preset::{LayerSpec, Shape, WeightInit},
};

/// Patches that are projected at once.
const TOGETHER: usize = 1 << 14;
/// First part of the name of the projections' weight.
const NAME: &str = "p";

/// Makes what looks at images.
pub trait Instruments {
    /// The classifier of a set.
    ///
    /// # Errors
    /// If the device fails.
    fn classifier(&self, set: Set) -> Result<Box<dyn See>, Error>;

    /// What projects patches of `length` numbers on [`PROJECTIONS`] directions, one after another; none where the processor
    /// does it.
    ///
    /// # Errors
    /// If the device fails.
    fn projector(
        &self,
        directions: &[f32],
        length: usize,
    ) -> Result<Option<Box<dyn Project>>, Error>;
}

/// Projects patches.
pub trait Project {
    /// The scalar products of each direction with all patches, (count, length) row by row: (directions, count).
    ///
    /// # Errors
    /// If the device fails.
    fn project(&self, patches: &[f32]) -> Result<Vec<f32>, Error>;
}

/// The processor.
pub struct Processor;

impl Instruments for Processor {
    fn classifier(&self, set: Set) -> Result<Box<dyn See>, Error> {
        Ok(Box::new(Classifier::bundled(&Host, set)?))
    }

    fn projector(&self, _: &[f32], _: usize) -> Result<Option<Box<dyn Project>>, Error> {
        Ok(None)
    }
}

/// The device that trains.
pub struct OnDevice<B>(pub B);

impl<B: Backend> Instruments for OnDevice<B> {
    fn classifier(&self, set: Set) -> Result<Box<dyn See>, Error> {
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
        // A network of one layer has one tensor.
        match network.load(NAME, |_| Some(directions))?.pop() {
            Some(key) => Err(Error::Missing(key)),
            None => Ok(Some(Box::new(Directions { network, length }))),
        }
    }
}

/// Directions as the weight of a dense layer.
struct Directions<B: Backend> {
    network: Network<B>,
    length: usize,
}

impl<B: Backend> Project for Directions<B> {
    fn project(&self, patches: &[f32]) -> Result<Vec<f32>, Error> {
        let length = self.length.max(1);
        let count = patches.len() / length;
        let mut all = vec![0.0; PROJECTIONS * count];
        for (index, part) in patches.chunks(TOGETHER * length).enumerate() {
            let (first, size) = (index * TOGETHER, part.len() / length);
            let column = |row: usize| part.iter().skip(row).step_by(length);
            let columns: Vec<f32> = (0..length).flat_map(column).copied().collect();
            let made = self.network.evaluate(&columns, size)?;
            let rows = all.chunks_exact_mut(count).zip(made.chunks_exact(size));
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
    use crate::metric::wasserstein::{Slices, distance};

    #[test]
    fn a_device_projects_as_the_processor_does() {
        let shape = (1, 9, 8);
        // More patches than are projected at once.
        let count = TOGETHER / 32 + 3;
        let slices = Slices::new(3, shape, count);
        let images: Vec<f32> = (0..72 * count).map(|i| (i as f32 * 0.7).sin()).collect();
        let patches = slices.cut(0, &images, count);
        let on_device = slices.projector(&OnDevice(Host)).unwrap();
        assert!(on_device.is_some());
        let here = slices.project(&patches, None).unwrap();
        let there = slices.project(&patches, on_device.as_deref()).unwrap();
        assert!(distance(&here, &there) < 1e-5);
        assert!(slices.projector(&Processor).unwrap().is_none());
    }
}
