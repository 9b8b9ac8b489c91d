//! Weight gradients of convolutions.
//!
//! Both ways compute map·im2col(image)ᵀ. [`dot_products`] is faster for images with few channels, [`outer_products`]
//! for all others.

pub(crate) mod dot_products;
pub(crate) mod outer_products;

use crate::engine::nn::Geometry;

/// The operands of a weight gradient, in slabs: image (channels·image, samples) and map (out·map, samples).
#[derive(Clone, Copy)]
pub(super) struct Operands<'a> {
    pub geometry: &'a Geometry,
    pub batch: usize,
    pub image: &'a [f32],
    pub map: &'a [f32],
}

/// Overwrites `gradient` (out, channels·taps) with Σ map·im2col(image)ᵀ over positions and samples.
pub(super) fn weight_gradient(operands: Operands, gradient: &mut [f32]) {
    let Operands {
        geometry,
        batch,
        image,
        map,
    } = operands;
    assert_eq!(image.len(), geometry.channels * geometry.image() * batch);
    assert_eq!(map.len(), geometry.out * geometry.map() * batch);
    assert_eq!(gradient.len(), geometry.out * geometry.fan_in());
    if dot_products::is_faster(geometry) {
        dot_products::weight_gradient(operands, gradient);
    } else {
        outer_products::weight_gradient(operands, gradient);
    }
}
