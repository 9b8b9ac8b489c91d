//! Sliced Wasserstein distance between patches of images (Rabin et al. 2011; on patches: Karras et al. 2018).
//!
//! Patches have 7×7 pixels with all channels, at full resolution, with values in [−1, 1]. Unlike Karras et al., there is
//! no Laplacian pyramid and no normalization of patches: distances compare only within this protocol.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::{
    classifier::Error,
    instruments::{Instruments, Project},
};
use crate::engine::random::{Stream, generator};

/// Height and width of a patch, in pixels; less if the image is smaller.
pub const PATCH: usize = 7;
/// Number of patches of each image.
pub const PATCHES: usize = 32;
/// Number of random directions that patches are projected on.
pub const PROJECTIONS: usize = 128;

/// Index of the draw of patch positions in [`Stream::Scoring`].
const POSITIONS: u64 = 2;
/// Index of the draw of directions in [`Stream::Scoring`].
const DIRECTIONS: u64 = 3;

/// Positions of patches and projection directions. They depend only on the seed, the shape and the number of images.
#[derive(Clone, Debug)]
pub struct Slices {
    /// For each image the feature index of the top left pixel of each patch.
    corners: Vec<[usize; PATCHES]>,
    /// Feature index of each number of a patch, relative to its top left pixel.
    offsets: Vec<usize>,
    /// Unit vectors, ([`PROJECTIONS`], patch length) row-major.
    directions: Vec<f32>,
}

/// Projections of patches on each direction, sorted in ascending order.
#[derive(Clone, Debug)]
pub struct Projected(Vec<Vec<f32>>);

impl Slices {
    /// Draws positions and directions for `count` images of `shape`, (channels, height, width).
    pub fn new(seed: u64, (channels, height, width): (usize, usize, usize), count: usize) -> Self {
        let (rows, columns) = (PATCH.min(height), PATCH.min(width));
        let mut rng = generator(seed, Stream::Scoring, POSITIONS);
        let mut corner = || {
            let row = rng.random_range(0..=(height - rows) as u32) as usize;
            let column = rng.random_range(0..=(width - columns) as u32) as usize;
            row * width + column
        };
        let corners = (0..count)
            .map(|_| std::array::from_fn(|_| corner()))
            .collect();
        let mut offsets = Vec::with_capacity(channels * rows * columns);
        for channel in 0..channels {
            for row in 0..rows {
                let first = (channel * height + row) * width;
                offsets.extend(first..first + columns);
            }
        }
        let mut rng = generator(seed, Stream::Scoring, DIRECTIONS);
        let mut directions = Vec::with_capacity(PROJECTIONS * offsets.len());
        for _ in 0..PROJECTIONS {
            let direction: Vec<f32> = offsets
                .iter()
                .map(|_| StandardNormal.sample(&mut rng))
                .collect();
            let length = direction.iter().map(|x| x * x).sum::<f32>().sqrt();
            directions.extend(direction.iter().map(|x| x / length));
        }
        Self {
            corners,
            offsets,
            directions,
        }
    }

    /// The patches of images `first` to `first + size`, (size·[`PATCHES`], patch length) row-major, for `images`
    /// (features, size) batch-last.
    pub fn cut(&self, first: usize, images: &[f32], size: usize) -> Vec<f32> {
        let value = |image: usize, feature: usize| images[feature * size + image];
        (0..size)
            .flat_map(|image| self.corners[first + image].map(|corner| (image, corner)))
            .flat_map(|(image, corner)| {
                let offsets = self.offsets.iter();
                offsets.map(move |&offset| value(image, corner + offset))
            })
            .collect()
    }

    /// A projector on these directions; `None` if the CPU projects.
    ///
    /// # Errors
    /// If the device fails.
    pub fn projector(&self, on: &dyn Instruments) -> Result<Option<Box<dyn Project>>, Error> {
        on.projector(&self.directions, self.offsets.len())
    }

    /// Projects patches (count, patch length) row-major, with `projector` if given, else on the CPU.
    ///
    /// # Errors
    /// If the projector fails.
    pub fn project(
        &self,
        patches: &[f32],
        projector: Option<&dyn Project>,
    ) -> Result<Projected, Error> {
        let length = self.offsets.len();
        let count = patches.len() / length.max(1);
        if let (Some(projector), 1..) = (projector, count) {
            let lines = projector.project(patches)?;
            let sorted = |line: &[f32]| {
                let mut line = line.to_vec();
                line.sort_unstable_by(f32::total_cmp);
                line
            };
            return Ok(Projected(
                lines.par_chunks_exact(count).map(sorted).collect(),
            ));
        }
        let project = |direction: &[f32]| {
            let mut line: Vec<f32> = patches
                .chunks_exact(length.max(1))
                .map(|patch| dot(patch, direction))
                .collect();
            line.sort_unstable_by(f32::total_cmp);
            line
        };
        let directions = self.directions.par_chunks_exact(length.max(1));
        Ok(Projected(directions.map(project).collect()))
    }
}

/// The scalar product, in eight partial sums that the compiler can vectorize.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail = a_tail.iter().zip(b_tail).map(|(a, b)| a * b);
    sums.iter().sum::<f32>() + tail.sum::<f32>()
}

/// The mean over directions of the Wasserstein-1 distance between two sets of projections of equal size. NaN without
/// projections or if a value is not finite.
pub fn distance(a: &Projected, b: &Projected) -> f32 {
    let total: f64 =
        a.0.iter()
            .zip(&b.0)
            .map(|(a, b)| {
                let distances = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()));
                distances.sum::<f64>() / a.len() as f64
            })
            .sum();
    let mean = total / a.0.len() as f64;
    if mean.is_finite() {
        mean as f32
    } else {
        f32::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: (usize, usize, usize) = (3, 9, 8);

    fn project(slices: &Slices, patches: &[f32]) -> Projected {
        slices.project(patches, None).unwrap()
    }

    fn projected(slices: &Slices, images: &[f32]) -> Projected {
        project(slices, &slices.cut(0, images, slices.corners.len()))
    }

    fn noise(seed: u64, count: usize) -> Vec<f32> {
        let mut rng = generator(seed, Stream::Data, 0);
        (0..3 * 9 * 8 * count)
            .map(|_| StandardNormal.sample(&mut rng))
            .collect()
    }

    #[test]
    fn a_constant_shift_of_all_values_has_a_known_distance() {
        let slices = Slices::new(4, SHAPE, 50);
        let images = noise(1, 50);
        let unshifted = projected(&slices, &images);
        assert_eq!(distance(&unshifted, &unshifted), 0.0);
        // A constant added to each value shifts every projection by the constant times the sum of the direction.
        let shifted: Vec<f32> = images.iter().map(|x| x + 0.5).collect();
        let expected: f32 = slices
            .directions
            .chunks_exact(147)
            .map(|direction| 0.5 * direction.iter().sum::<f32>().abs())
            .sum::<f32>()
            / PROJECTIONS as f32;
        let found = distance(&projected(&slices, &shifted), &unshifted);
        assert!(
            (found - expected).abs() < 1e-4 * expected,
            "{found} {expected}"
        );
    }

    #[test]
    fn samples_of_one_distribution_are_near_and_of_another_far() {
        let slices = Slices::new(0, SHAPE, 400);
        let a = projected(&slices, &noise(1, 400));
        let b = noise(2, 400);
        let wide: Vec<f32> = b.iter().map(|x| 2.0 * x).collect();
        let (near, far) = (
            distance(&a, &projected(&slices, &b)),
            distance(&a, &projected(&slices, &wide)),
        );
        // E|N(0, 2²)| − E|N(0, 1)| = √(2/π) is W1 of the two normals.
        assert!(near < 0.08 && (far - 0.798).abs() < 0.08, "{near} {far}");
    }

    #[test]
    fn projections_depend_on_the_seed_and_not_on_the_number_of_threads() {
        let images = noise(3, 20);
        let project = |seed, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap()
                .install(|| projected(&Slices::new(seed, SHAPE, 20), &images).0)
        };
        assert_eq!(project(1, 1), project(1, 3));
        assert_ne!(project(1, 1), project(2, 1));
    }

    #[test]
    fn patches_cut_in_parts_equal_patches_cut_at_once() {
        let slices = Slices::new(7, SHAPE, 5);
        let images = noise(3, 5);
        let part = |first: usize, size: usize| {
            let rows = images.chunks_exact(5).flat_map(|row| &row[first..][..size]);
            slices.cut(first, &rows.copied().collect::<Vec<f32>>(), size)
        };
        assert_eq!([part(0, 2), part(2, 3)].concat(), slices.cut(0, &images, 5));
    }

    #[test]
    fn small_images_are_one_patch_and_non_finite_values_have_no_distance() {
        let slices = Slices::new(0, (1, 2, 3), 2);
        let (a, b) = ([0.0; 12], [1.0; 12]);
        assert!(distance(&projected(&slices, &a), &projected(&slices, &b)) > 0.0);
        let lost = projected(&slices, &[f32::NAN; 12]);
        assert!(distance(&lost, &projected(&slices, &a)).is_nan());
        let none = projected(&Slices::new(0, (1, 2, 3), 0), &[]);
        assert!(distance(&none, &none).is_nan());
    }
}
