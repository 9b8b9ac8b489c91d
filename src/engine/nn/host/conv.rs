//! Convolution, and its adjoint.
//!
//! A convolution layer uses the first in the forward pass and the second in the backward pass. A transposed convolution
//! layer does the reverse.

#[cfg(test)]
use super::weight_gradient::{Operands, dot_products, outer_products};
use super::{
    axis::AxisGeometry,
    gather::{Columns, Gather, Weight},
    winograd::Plan,
};
use crate::engine::nn::Geometry;

/// map (out·map, batch) = W∗image, for image (channels·image, batch) and weight (out, channels·taps), all in slabs.
/// Calls `epilogue(channel, offset, part)` for each part of the map.
pub(super) fn correlate(
    geometry: &Geometry,
    batch: usize,
    image: &[f32],
    weight: &[f32],
    map: &mut [f32],
    epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let columns = AxisGeometry::columns(geometry);
    let channels = (geometry.channels, geometry.out);
    Gather {
        weight: Weight {
            numbers: weight,
            output_step: geometry.fan_in(),
            input_step: geometry.taps(),
        },
        inputs: geometry.channels,
        outputs: geometry.out,
        rows: AxisGeometry::rows(geometry).correlation(),
        columns: Columns::new(columns.correlation(), channels, || {
            Plan::correlation(&columns)
        }),
        kernel: geometry.kernel,
        batch,
    }
    .product(image, map, epilogue);
}

/// image (channels·image, batch) = Wᵀ∗map, for map (out·map, batch) and weight (out, channels·taps), all in slabs.
/// Calls `epilogue(channel, offset, part)` for each part of the image.
pub(super) fn adjoint(
    geometry: &Geometry,
    batch: usize,
    map: &[f32],
    weight: &[f32],
    image: &mut [f32],
    epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let columns = AxisGeometry::columns(geometry);
    let channels = (geometry.out, geometry.channels);
    Gather {
        weight: Weight {
            numbers: weight,
            output_step: geometry.taps(),
            input_step: geometry.fan_in(),
        },
        inputs: geometry.out,
        outputs: geometry.channels,
        rows: AxisGeometry::rows(geometry).adjoint(),
        columns: Columns::new(columns.adjoint(), channels, || Plan::adjoint(&columns)),
        kernel: geometry.kernel,
        batch,
    }
    .product(map, image, epilogue);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::nn::host::slab::{to_matrix, to_slabs};

    /// Pseudorandom values in ±1.
    fn draw(count: usize, salt: usize) -> Vec<f32> {
        let mix = |i: usize| (i + salt).wrapping_mul(2_654_435_761) >> 7 & 1023;
        (0..count).map(|i| mix(i) as f32 / 512.0 - 1.0).collect()
    }

    /// An image, a weight and a map, and the products by the definition: Wᵀ∗map, map·imageᵀ, W∗image. All are batch
    /// last.
    struct Case {
        geometry: Geometry,
        batch: usize,
        operands: [Vec<f32>; 3],
        products: [Vec<f32>; 3],
    }

    fn case(geometry: Geometry, batch: usize) -> Case {
        let g = &geometry;
        let sizes = [
            g.channels * g.image() * batch,
            g.out * g.fan_in(),
            g.out * g.map() * batch,
        ];
        let operands = [0, 1, 2].map(|i| draw(sizes[i], 77 * i));
        let mut products = sizes.map(|size| vec![0.0f32; size]);
        for out in 0..g.out {
            for (channel, tap) in (0..g.channels).flat_map(|c| (0..g.taps()).map(move |t| (c, t))) {
                let weight = out * g.fan_in() + channel * g.taps() + tap;
                for place in 0..g.map() {
                    let Some(source) = g.source(place, tap) else {
                        continue;
                    };
                    for sample in 0..batch {
                        let image = (channel * g.image() + source) * batch + sample;
                        let map = (out * g.map() + place) * batch + sample;
                        products[0][image] += operands[1][weight] * operands[2][map];
                        products[1][weight] += operands[2][map] * operands[0][image];
                        products[2][map] += operands[1][weight] * operands[0][image];
                    }
                }
            }
        }
        Case {
            geometry,
            batch,
            operands,
            products,
        }
    }

    type WeightGradient = fn(Operands, &mut [f32]);

    impl Case {
        /// The three products by the kernels, in the order of `products`.
        fn kernels(&self, weight_gradient: WeightGradient) -> [Vec<f32>; 3] {
            let Case {
                geometry,
                batch,
                operands: [image, weight, map],
                ..
            } = self;
            let slabs = |matrix: &[f32]| {
                let mut slabs = vec![0.0; matrix.len()];
                to_slabs(matrix, *batch, &mut slabs);
                slabs
            };
            let matrix = |slabs: &[f32]| {
                let mut matrix = vec![0.0; slabs.len()];
                to_matrix(slabs, *batch, &mut matrix);
                matrix
            };
            let (cut_image, cut_map) = (slabs(image), slabs(map));
            let mut to_image = vec![f32::NAN; image.len()];
            let mut to_map = vec![f32::NAN; map.len()];
            let mut gradient = vec![f32::NAN; weight.len()];
            let twice = |_, _, part: &mut [f32]| part.iter_mut().for_each(|x| *x *= 2.0);
            correlate(geometry, *batch, &cut_image, weight, &mut to_map, twice);
            adjoint(geometry, *batch, &cut_map, weight, &mut to_image, twice);
            let operands = Operands {
                geometry,
                batch: *batch,
                image: &cut_image,
                map: &cut_map,
            };
            weight_gradient(operands, &mut gradient);
            let half = |mut x: Vec<f32>| {
                x.iter_mut().for_each(|x| *x *= 0.5);
                x
            };
            [half(matrix(&to_image)), gradient, half(matrix(&to_map))]
        }
    }

    fn cases() -> Vec<Case> {
        let shapes = [
            (1, 5, 3, 3, 1, 1),
            (3, 8, 17, 3, 1, 1),
            (2, 7, 5, 4, 2, 1),
            (40, 6, 33, 4, 2, 1),
            (33, 4, 15, 3, 1, 1),
            (10, 9, 29, 5, 3, 2),
            (12, 6, 2, 2, 3, 0),
            (70, 1, 20, 1, 1, 0),
            (1, 1, 1, 1, 1, 0),
            // Wide enough for Winograd's algorithm, for each number of taps.
            (16, 7, 17, 2, 1, 0),
            (17, 5, 16, 3, 1, 1),
            (16, 9, 16, 4, 2, 1),
            (18, 10, 16, 5, 3, 2),
            (16, 5, 19, 4, 1, 2),
            (16, 6, 16, 5, 1, 2),
            (16, 9, 20, 6, 2, 0),
            (16, 14, 16, 4, 2, 1),
        ];
        let geometries = shapes.map(|(channels, side, out, kernel, stride, padding)| {
            let image = (channels, side, side + side % 2);
            Geometry::convolution(image, out, kernel, stride, padding).unwrap()
        });
        let batches = [1, 31, 32, 33, 70];
        geometries
            .into_iter()
            .flat_map(|geometry| batches.map(|batch| case(geometry, batch)))
            .collect()
    }

    /// Large gradients. Their blocks of input channels form fewer groups than the maximum, with 32 lanes and with 16.
    fn large_cases() -> impl Iterator<Item = Case> {
        let geometries = [(160, 192), (96, 320)]
            .map(|(channels, out)| Geometry::convolution((channels, 4, 4), out, 3, 1, 1).unwrap());
        geometries.into_iter().map(|geometry| case(geometry, 2))
    }

    #[test]
    fn the_three_products_match_the_definition() {
        for case in cases().into_iter().chain(large_cases()) {
            for weight_gradient in [
                outer_products::weight_gradient as WeightGradient,
                dot_products::weight_gradient,
            ] {
                let kernels = case.kernels(weight_gradient);
                for (name, (got, wanted)) in ["image", "weight", "map"]
                    .iter()
                    .zip(kernels.iter().zip(&case.products))
                {
                    let size = wanted.iter().fold(1.0f32, |a, b| a.max(b.abs()));
                    for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
                        assert!(
                            (got - wanted).abs() <= 2e-5 * size,
                            "{:?}, batch {}, {name}[{i}]: {got} for {wanted}",
                            case.geometry,
                            case.batch
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        let geometry = Geometry::convolution((20, 12, 12), 40, 3, 1, 1).unwrap();
        let case = case(geometry, 70);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let gradients = [
                outer_products::weight_gradient as WeightGradient,
                dot_products::weight_gradient,
            ];
            let pool = pool.build().unwrap();
            pool.install(|| gradients.map(|gradient| case.kernels(gradient)))
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(5));
    }
}
