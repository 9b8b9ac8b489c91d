//! A network of a few layers on any backend, and one forward and backward pass through it.

use sn_tui::{
    engine::nn::{
        Knobs, Mode, Network, Node,
        build::{BuildError, Fresh},
        guard,
    },
    preset::{LayerSpec, Shape, Spectral, WeightInit},
};

use crate::devices::Device;

/// A network of these layers with fresh weights; `None` if they do not fit each other.
pub fn network<B: Device>(
    layers: &[LayerSpec],
    input: Shape,
    spectral: &Spectral,
    seed: u64,
) -> Option<Network<B>> {
    let fresh = Fresh {
        init: WeightInit::Torch,
        seed,
    };
    let mut network = match Network::new(&B::open(), "d", layers, input, fresh, 0) {
        Ok(network) => network,
        Err(BuildError::Misfit(_)) => return None,
        Err(BuildError::Device(failure)) => panic!("{failure}"),
    };
    network.reconfigure(spectral, false, seed).unwrap();
    Some(network)
}

/// The results of one pass.
#[derive(Clone, Debug, PartialEq)]
pub struct PassOutput {
    /// (features, batch)
    pub output: Vec<f32>,
    /// The gradient of the input, if requested.
    pub input: Option<Vec<f32>>,
    /// The gradient of each parameter, if requested.
    pub parameters: Vec<Vec<f32>>,
    /// Running statistics after the pass.
    pub statistics: Vec<f32>,
}

/// Runs x (features, batch) forward in this mode, and backward from `upstream`, which is called with the length of the
/// output. `wants` requests the gradients of the input and of the parameters.
pub fn pass<B: Device>(
    network: &Network<B>,
    x: &[f32],
    batch: usize,
    (mode, wants): (Mode, [bool; 2]),
    upstream: impl FnOnce(usize) -> Vec<f32>,
) -> PassOutput {
    let backend = B::open();
    let features = x.len() / batch;
    let x = backend.upload(x, batch, None).unwrap();
    let x = Node::leaf(x.into(), (features, batch), wants[0]).unwrap();
    let seen = x.value().slot.clone();
    let y = network.forward(x.traced(), mode, wants[1]).unwrap();
    let output = backend.download(&y.value().numbers, batch).unwrap();
    let upstream = backend
        .upload(&upstream(output.len()), batch, None)
        .unwrap();
    network.backward(y, upstream).unwrap();
    let input = seen.take();
    let input = input.map(|gradient| backend.download(&gradient, batch).unwrap());
    assert_eq!(input.is_some(), wants[0]);
    if mode == Mode::Train {
        let mut knobs = backend.zeros(sn_tui::engine::nn::knobs::COUNT).unwrap();
        let numbers = Knobs::default();
        backend.write(&mut knobs, 0, numbers.numbers()).unwrap();
        let guard = guard::new(&backend).unwrap();
        network.update_running_statistics(&knobs, &guard).unwrap();
    }
    let statistics = network.numbers().unwrap()[network.sections().statistics()].to_vec();
    let memory = network.memory().borrow();
    let learned = network.sections().learned;
    let parameters = match &memory.gradients {
        Some(gradients) if wants[1] => {
            let gradients = backend.read(gradients, 0..learned).unwrap();
            let parameters = network.parameters().into_iter();
            parameters.map(|p| gradients[p.place].to_vec()).collect()
        }
        _ => Vec::new(),
    };
    PassOutput {
        output,
        input,
        parameters,
        statistics,
    }
}
