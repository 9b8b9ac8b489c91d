//! Exporting the weights of one network for PyTorch.

use std::collections::BTreeMap;

use super::{
    Error, Origin, Part, WeightsFile,
    about::{self, About},
    network::LayerWeights,
};
use crate::{
    files::tensors::{
        StateTensor,
        encode::{self, Entry},
    },
    preset::Kind,
};

/// The format of normalized layers in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// W, u and v under the keys of `torch.nn.utils.spectral_norm`.
    TorchOld,
    /// W, u and v under the keys of `torch.nn.utils.parametrizations.spectral_norm`.
    TorchNew,
    /// The weight that the layer computes with, layer_gain·W/σ, as a plain weight.
    Baked,
}

impl Form {
    /// The name of the format on the command line and in metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::TorchOld => "torch-old",
            Self::TorchNew => "torch-new",
            Self::Baked => "baked",
        }
    }

    /// The key of a normalized layer's tensor.
    fn key(self, name: &'static str) -> &'static str {
        match (self, name) {
            (Self::TorchOld, "weight") => "weight_orig",
            (Self::TorchNew, "weight") => "parametrizations.weight.original",
            (Self::TorchNew, "weight_u") => "parametrizations.weight.0._u",
            (Self::TorchNew, "weight_v") => "parametrizations.weight.0._v",
            (_, name) => name,
        }
    }
}

/// An export: the bytes of its file, and what its tensors do not say.
#[derive(Clone, Debug)]
pub struct Export {
    /// The network.
    pub part: Part,
    /// The form of its tensors.
    pub form: Form,
    /// The run and the step that it is from.
    pub origin: Origin,
    /// Names of the layers that are normalized in the file.
    pub normalized: Vec<String>,
    /// The layer gain (the factor on W/σ) of each layer whose tensors do not contain it.
    pub layer_gain: BTreeMap<String, f32>,
    /// The gain, a factor on D's output that no layer contains; `None` for G.
    pub gain: Option<f32>,
    /// The bytes of the safetensors file.
    pub file: Vec<u8>,
}

impl Export {
    /// Exports one network of a weights file.
    ///
    /// # Errors
    /// If the file does not have the network, its tensors do not fit the preset's layers, or PyTorch cannot divide by the
    /// σ of a layer.
    pub fn of(file: &mut WeightsFile, part: Part, form: Form) -> Result<Self, Error> {
        let origin = file.origin()?;
        if !file.holds(part) {
            return Err(Error::NoNetwork {
                path: file.path().to_owned(),
                what: part.name(),
                there: file.first_keys(),
            });
        }
        let network = file.network(part, &origin.preset, &origin.name)?;
        network.check_vectors(file.path())?;
        let mut export = Self {
            part,
            form,
            normalized: Vec::new(),
            layer_gain: BTreeMap::new(),
            gain: (part == Part::D).then_some(origin.preset.gain),
            origin,
            file: Vec::new(),
        };
        let mut entries = Vec::new();
        for layer in &network.layers {
            export.layer(layer, &mut entries)?;
        }
        let origin = &export.origin;
        let about = About {
            network: Some(part.name().to_owned()),
            format: Some(form.name().to_owned()),
            gain: export.gain,
            layer_gain: export.layer_gain.clone(),
            ..About::run(
                &origin.name,
                origin.seed,
                origin.step.unwrap_or(0),
                &origin.preset,
            )
        };
        let wrong = |error: &dyn std::fmt::Display| Error::Encode(error.to_string());
        let text = about.text().map_err(|error| wrong(&error))?;
        let about = Some((about::KEY, text));
        export.file = encode::file(entries, about).map_err(|error| wrong(&error))?;
        Ok(export)
    }

    /// Adds the tensors of a layer to `entries`.
    fn layer(&mut self, weights: &LayerWeights, entries: &mut Vec<Entry>) -> Result<(), Error> {
        let LayerWeights {
            layer,
            normalized,
            tensors,
        } = weights;
        let spectral = &self.origin.preset.spectral;
        let gain = spectral
            .layer(&self.part.settings_key(&layer.name))
            .layer_gain;
        let mut keep = |name: &str, shape: Vec<usize>, data: Vec<f32>| {
            entries.push(Entry::floats(StateTensor {
                key: format!("{}.{name}", layer.name),
                shape,
                data,
            }));
        };
        let in_form = *normalized && self.form != Form::Baked;
        if in_form {
            if !weights.has_sigma() {
                let layer = layer.name.clone();
                return Err(Error::NoSigma { layer });
            }
            self.normalized.push(layer.name.clone());
            if gain != 1.0 {
                self.layer_gain.insert(layer.name.clone(), gain);
            }
            let matrix = layer.weight().map(|weight| weight.matrix().size());
            let (rows, columns) = matrix.unwrap_or_default();
            for (name, length) in [("weight_u", rows), ("weight_v", columns)] {
                keep(self.form.key(name), vec![length], tensors[name].clone());
            }
        }
        for (name, shape) in layer.tensors() {
            match name {
                "weight" if in_form => {
                    keep(self.form.key(name), shape, tensors[name].clone());
                }
                "weight" => keep(name, shape, weights.effective(gain)),
                _ => keep(name, shape, tensors[name].clone()),
            }
        }
        if let Kind::Norm { .. } = layer.kind() {
            // PyTorch's strict loading requires it. With a momentum its value has no effect.
            entries.push(Entry::count(
                format!("{}.num_batches_tracked", layer.name),
                0,
            ));
        }
        Ok(())
    }
}
