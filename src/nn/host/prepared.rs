//! What passes keep of a network's weights until these move: the matrices of dense layers that follow each other, in the
//! order in which products read them.

use std::{collections::HashMap, rc::Rc};

use super::{Host, dense::Map};
use crate::nn::{Weights, layer::Affine};

/// Matrices by where their weight stands and the direction of the pass.
pub type Prepared = HashMap<(usize, Direction), Rc<Map>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Backward,
}

/// The matrix of a layer, made where it is not there yet.
pub fn map(layer: &Affine, weights: Weights<Host>, direction: Direction) -> Rc<Map> {
    let make = || {
        let (outputs, inputs) = layer.product.stored();
        let weight = &weights.numbers[layer.weight.clone()];
        Rc::new(match direction {
            Direction::Forward => Map::forward(weight, inputs, outputs),
            Direction::Backward => Map::adjoint(weight, outputs, inputs),
        })
    };
    let mut prepared = weights.prepared.borrow_mut();
    let map = prepared
        .entry((layer.weight.start, direction))
        .or_insert_with(make);
    debug_assert!(
        *map == make(),
        "a weight moved since its matrix was made, and nobody said so"
    );
    map.clone()
}
