//! A Python program that loads an export into a PyTorch module.

use std::fmt::Write;

use crate::{
    preset::{
        Layer, LayerSpec, Shape, Weight,
        layer::{Entry, entries},
    },
    text,
    weights::{Export, Form},
};

/// The class of residual blocks.
const RESIDUAL: &str = "
class Residual(nn.Module):
    \"\"\"Two branches of named layers whose outputs are added; an empty one is the identity.\"\"\"

    def __init__(self, main, shortcut):
        super().__init__()
        self.branches = list(main), list(shortcut)
        for name, layer in {**main, **shortcut}.items():
            self.add_module(name, layer)

    def forward(self, x):
        y, z = x, x
        for name in self.branches[0]:
            y = getattr(self, name)(y)
        for name in self.branches[1]:
            z = getattr(self, name)(z)
        return y + z

";
/// The class of sum pooling.
const SUM_POOL: &str = "
class SumPool(nn.Module):
    def forward(self, x):
        return x.sum((2, 3))

";
/// A factor on W/σ for `parametrizations.spectral_norm`. No key holds it.
const SCALED_NEW: &str = "
class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, weight):
        return self.factor * weight


def scaled(layer, factor):
    register_parametrization(spectral_norm(layer), \"weight\", Times(factor))
    return layer

";
/// A factor on W/σ for the older `spectral_norm`.
const SCALED_OLD: &str = "
def scaled(layer, factor):
    spectral_norm(layer).register_forward_pre_hook(lambda m, _: setattr(m, \"weight\", factor * m.weight))
    return layer

";

/// Returns a program that builds the network of an export as `net`, loads `path` into it and switches to evaluation mode.
pub(crate) fn module(export: &Export, path: &str) -> String {
    let (spec, input) = export.part.spec(&export.origin.preset);
    let mut text = String::from("from safetensors.torch import load_file\nfrom torch import nn\n");
    let (normalized, scaled) = (!export.normalized.is_empty(), !export.layer_gain.is_empty());
    match export.form {
        Form::TorchOld if normalized => text += "from torch.nn.utils import spectral_norm\n",
        Form::TorchNew if normalized => {
            if scaled {
                text += "from torch.nn.utils.parametrize import register_parametrization\n";
            }
            text += "from torch.nn.utils.parametrizations import spectral_norm\n";
        }
        _ => {}
    }
    let has = |wanted: fn(&LayerSpec) -> bool| spec.layers.iter().any(wanted);
    let classes = [
        (has(|layer| layer.branches(1).is_some()), RESIDUAL),
        (has(|layer| matches!(layer, LayerSpec::SumPool)), SUM_POOL),
        (scaled && export.form == Form::TorchNew, SCALED_NEW),
        (scaled && export.form == Form::TorchOld, SCALED_OLD),
    ];
    for (_, class) in classes.iter().filter(|(used, _)| *used) {
        text += "\n";
        text += class.trim_end();
        text += "\n\n";
    }
    text += "\nnet = nn.Sequential(\n";
    for place in entries(&spec.layers, input).unwrap_or_default() {
        let _ = writeln!(text, "    {},", entry(export, &place));
    }
    text += ")\n";
    let _ = writeln!(text, "net.load_state_dict(load_file({}))", quoted(path));
    text += "net.eval()\n";
    if let Some(gain) = export.gain {
        let _ = writeln!(text, "\n\ndef score(x):\n    return {gain} * net(x)");
    }
    text
}

/// Returns an entry of the `Sequential`: a layer or a block.
fn entry(export: &Export, entry: &Entry) -> String {
    let (main, shortcut) = match entry {
        Entry::Layer(layer) => return simple(export, layer),
        Entry::Block { main, shortcut } => (main, shortcut),
    };
    let branch = |layers: &[Layer]| {
        let mut entries = String::new();
        for layer in layers {
            let (own, layer) = (layer.own_name(), simple(export, layer));
            let _ = writeln!(entries, "            \"{own}\": {layer},");
        }
        if entries.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{\n{entries}        }}")
        }
    };
    let (main, shortcut) = (branch(main), branch(shortcut));
    format!("Residual(\n        {main},\n        {shortcut},\n    )")
}

/// Returns a layer, wrapped in `spectral_norm` if it is normalized.
fn simple(export: &Export, layer: &Layer) -> String {
    let module = torch(layer);
    if !export.normalized.contains(&layer.name) {
        return module;
    }
    match export.layer_gain.get(&layer.name) {
        Some(gain) => format!("scaled({module}, {gain})"),
        None => format!("spectral_norm({module})"),
    }
}

/// Returns the PyTorch module of a layer.
fn torch(layer: &Layer) -> String {
    let name = layer.spec.name();
    match layer.spec {
        LayerSpec::Linear { .. } | LayerSpec::Conv2d { .. } | LayerSpec::ConvTranspose2d { .. } => {
            let sizes = layer
                .weight()
                .map_or_else(String::new, |weight| sizes(layer.input, &weight));
            format!("nn.{name}({sizes})")
        }
        LayerSpec::BatchNorm => match layer.input {
            Shape::Flat(features) => format!("nn.BatchNorm1d({features})"),
            Shape::Image { channels, .. } => format!("nn.BatchNorm2d({channels})"),
        },
        LayerSpec::ReLU | LayerSpec::Tanh | LayerSpec::Sigmoid | LayerSpec::Flatten => {
            format!("nn.{name}()")
        }
        LayerSpec::LeakyReLU(slope) => format!("nn.LeakyReLU({slope})"),
        LayerSpec::Upsample(factor) => format!("nn.Upsample(scale_factor={factor})"),
        LayerSpec::AvgPool(side) => format!("nn.AvgPool2d({side})"),
        LayerSpec::SumPool => "SumPool()".to_owned(),
        LayerSpec::Reshape(c, h, w) => format!("nn.Unflatten(1, ({c}, {h}, {w}))"),
        // `entry` handles blocks.
        LayerSpec::ResidualUp { .. }
        | LayerSpec::ResidualDown { .. }
        | LayerSpec::Residual { .. } => String::new(),
    }
}

/// Returns the arguments of a layer with a weight.
fn sizes(input: Shape, weight: &Weight) -> String {
    let mut text = format!("{}, {}", input.channels(), weight.matrix().rows);
    if let Some(convolution) = weight.convolution {
        let _ = write!(text, ", {}", convolution.kernel);
        let (stride, padding) = (convolution.stride, convolution.padding);
        for (name, value, usual) in [("stride", stride, 1), ("padding", padding, 0)] {
            if value != usual {
                let _ = write!(text, ", {name}={value}");
            }
        }
    }
    if !weight.bias {
        text += ", bias=False";
    }
    text
}

/// Returns a Python string literal: a JSON string, which has the same escapes.
fn quoted(path: &str) -> String {
    text::escaped(&serde_json::Value::from(path).to_string()).into_owned()
}
