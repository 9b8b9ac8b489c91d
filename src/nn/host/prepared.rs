//! What passes keep of a network's weights until these move: the matrices of dense layers that follow each other, in the
//! order in which products read them.

use std::{collections::HashMap, rc::Rc};

use super::{Host, dense::Map};
use crate::nn::{Weights, layer::Affine};

/// The matrices of layers that follow each other, by where the first one's weight stands, how many they are, and the
/// direction.
pub type Prepared = HashMap<(usize, usize, Direction), Rc<Vec<Map>>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Backward,
}

/// Those of these layers, made where they are not there yet.
pub fn maps(layers: &[Rc<Affine>], weights: Weights<Host>, direction: Direction) -> Rc<Vec<Map>> {
    let first = layers.first().map_or(0, |layer| layer.weight.start);
    let make = || Rc::new(made(layers, weights, direction));
    let mut prepared = weights.prepared.borrow_mut();
    let maps = prepared
        .entry((first, layers.len(), direction))
        .or_insert_with(make);
    debug_assert!(
        *maps == make(),
        "weights moved since their matrices were made"
    );
    maps.clone()
}

fn made(layers: &[Rc<Affine>], weights: Weights<Host>, direction: Direction) -> Vec<Map> {
    let map = |layer: &Rc<Affine>| {
        let (outputs, inputs) = layer.product.stored();
        let weight = &weights.numbers[layer.weight.clone()];
        match direction {
            Direction::Forward => Map::forward(weight, inputs, outputs),
            Direction::Backward => Map::adjoint(weight, outputs, inputs),
        }
    };
    layers.iter().map(map).collect()
}
