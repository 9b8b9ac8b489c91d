//! Packed weights of consecutive dense layers, kept until the weights change.

use std::{collections::HashMap, sync::Arc};

use super::{Host, dense::PackedMatrix};
use crate::engine::nn::{Weights, layer::Affine};

/// Packed matrices by offset of the weight and direction.
pub(super) type Prepared = HashMap<(usize, Direction), Arc<PackedMatrix>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Backward,
}

/// The packed weight of a layer. Packs it at the first use.
pub(super) fn packed(
    layer: &Affine,
    weights: Weights<Host>,
    direction: Direction,
) -> Arc<PackedMatrix> {
    let make = || {
        let (outputs, inputs) = layer.product.stored();
        let weight = &weights.numbers[layer.weight.clone()];
        Arc::new(match direction {
            Direction::Forward => PackedMatrix::forward(weight, inputs, outputs),
            Direction::Backward => PackedMatrix::adjoint(weight, outputs, inputs),
        })
    };
    let mut prepared = weights.prepared.borrow_mut();
    let packed = prepared
        .entry((layer.weight.start, direction))
        .or_insert_with(make);
    debug_assert!(
        *packed == make(),
        "a weight changed after it was packed, without a call of weights_changed"
    );
    packed.clone()
}
