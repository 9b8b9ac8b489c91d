//! One network's weights under the keys that PyTorch has for it.

use std::collections::BTreeMap;

use super::{
    Error, Part, Stored,
    about::{self, About},
    network::LayerWeights,
    stored::Origin,
};
use crate::{
    preset::Kind,
    tensors::StateTensor,
    tensors::encode::{self, Entry},
};

/// The keys of layers that are normalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Those of `torch.nn.utils.spectral_norm`.
    TorchOld,
    /// Those of `torch.nn.utils.parametrizations.spectral_norm`.
    TorchNew,
    /// Plain weights, the ones that are computed with: layer_gain·W/σ.
    Baked,
}

impl Form {
    pub fn name(self) -> &'static str {
        match self {
            Self::TorchOld => "torch-old",
            Self::TorchNew => "torch-new",
            Self::Baked => "baked",
        }
    }

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

/// An export, as the bytes of its file and what they cannot say.
#[derive(Clone, Debug)]
pub struct Export {
    pub part: Part,
    pub form: Form,
    pub origin: Origin,
    /// Layers that are normalized in the file.
    pub normalized: Vec<String>,
    /// Factors on W/σ that the file's keys cannot say, by layer.
    pub layer_gain: BTreeMap<String, f32>,
    /// The factor on D's output, which no layer holds; none of G.
    pub gain: Option<f32>,
    /// The bytes of the safetensors file.
    pub file: Vec<u8>,
}

impl Export {
    /// Makes an export of one network in `stored`.
    ///
    /// # Errors
    /// A network that is not there or is not that of the preset; a layer whose σ PyTorch cannot divide by.
    pub fn of(stored: &mut Stored, part: Part, form: Form) -> Result<Self, Error> {
        let origin = stored.origin()?;
        if !stored.holds(part) {
            return Err(Error::NoNetwork {
                path: stored.path().to_owned(),
                what: part.name(),
                there: stored.some_keys(),
            });
        }
        let network = stored.network(part, &origin.preset, &origin.name)?;
        network.with_vectors(stored.path())?;
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
        let about = Some((about::NAME, text));
        export.file = encode::file(entries, about).map_err(|error| wrong(&error))?;
        Ok(export)
    }

    fn layer(&mut self, weights: &LayerWeights, entries: &mut Vec<Entry>) -> Result<(), Error> {
        let LayerWeights {
            layer,
            normalized,
            tensors,
        } = weights;
        let spectral = &self.origin.preset.spectral;
        let gain = spectral.layer(&self.part.setting(&layer.name)).layer_gain;
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
            // PyTorch's strict loading wants it; with a momentum nothing depends on it.
            entries.push(Entry::count(
                format!("{}.num_batches_tracked", layer.name),
                0,
            ));
        }
        Ok(())
    }
}
