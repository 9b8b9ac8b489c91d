//! The PyTorch module of an export, as a Python program.

use std::fmt::Write;

use crate::{
    preset::{LayerSpec, Shape, infer, residual::channels},
    run::weights::{Export, Form},
    text,
};

/// What blocks are made with.
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
const SUM_POOL: &str = "
class SumPool(nn.Module):
    def forward(self, x):
        return x.sum((2, 3))

";
/// A factor on W/σ, which the keys of neither form say.
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
const SCALED_OLD: &str = "
def scaled(layer, factor):
    spectral_norm(layer).register_forward_pre_hook(lambda m, _: setattr(m, \"weight\", factor * m.weight))
    return layer

";

/// A program that builds the network of an export as `net`, loads `path` into it and leaves it in evaluation mode.
pub fn module(export: &Export, path: &str) -> String {
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
    let mut shape = input;
    let after = infer(&spec.layers, input).unwrap_or_default();
    for ((position, layer), output) in spec.layers.iter().enumerate().zip(after) {
        let _ = writeln!(
            text,
            "    {},",
            entry(export, &position.to_string(), layer, shape)
        );
        shape = output;
    }
    text += ")\n";
    let _ = writeln!(text, "net.load_state_dict(load_file({}))", quoted(path));
    text += "net.eval()\n";
    if let Some(gain) = export.gain {
        let _ = writeln!(text, "\n\ndef score(x):\n    return {gain} * net(x)");
    }
    text
}

/// A layer as an entry of the Sequential.
fn entry(export: &Export, name: &str, layer: &LayerSpec, input: Shape) -> String {
    let Some(branches) = layer.branches(channels(input)) else {
        return simple(export, name, layer, input);
    };
    let branch = |layers: &[(&'static str, LayerSpec)]| {
        let specs: Vec<LayerSpec> = layers.iter().map(|(_, layer)| *layer).collect();
        let mut before = input;
        let after = infer(&specs, input).unwrap_or_default();
        let mut entries = String::new();
        for ((own, layer), output) in layers.iter().zip(after) {
            let path = format!("{name}.{own}");
            let _ = writeln!(
                entries,
                "            \"{own}\": {},",
                simple(export, &path, layer, before)
            );
            before = output;
        }
        match entries.is_empty() {
            true => "{}".to_owned(),
            false => format!("{{\n{entries}        }}"),
        }
    };
    let (main, shortcut) = (branch(&branches.main), branch(&branches.shortcut));
    format!("Residual(\n        {main},\n        {shortcut},\n    )")
}

/// A layer that is no block, wrapped where it is normalized.
fn simple(export: &Export, name: &str, layer: &LayerSpec, input: Shape) -> String {
    let module = torch(layer, input);
    if !export
        .normalized
        .iter()
        .any(|normalized| normalized == name)
    {
        return module;
    }
    match export.layer_gain.get(name) {
        Some(gain) => format!("scaled({module}, {gain})"),
        None => format!("spectral_norm({module})"),
    }
}

fn torch(layer: &LayerSpec, input: Shape) -> String {
    let channels = channels(input);
    let convolution = |out: usize, kernel: usize, stride: usize, padding: usize, bias: bool| {
        let mut text = format!("({channels}, {out}, {kernel}");
        for (name, value, usual) in [("stride", stride, 1), ("padding", padding, 0)] {
            if value != usual {
                let _ = write!(text, ", {name}={value}");
            }
        }
        text + without_bias(bias) + ")"
    };
    match *layer {
        LayerSpec::Linear { out, bias } => {
            format!(
                "nn.Linear({}, {out}{})",
                input.features(),
                without_bias(bias)
            )
        }
        LayerSpec::Conv2d {
            out,
            kernel,
            stride,
            padding,
            bias,
        } => format!(
            "nn.Conv2d{}",
            convolution(out, kernel, stride, padding, bias)
        ),
        LayerSpec::ConvTranspose2d {
            out,
            kernel,
            stride,
            padding,
            bias,
        } => format!(
            "nn.ConvTranspose2d{}",
            convolution(out, kernel, stride, padding, bias)
        ),
        LayerSpec::BatchNorm => match input {
            Shape::Flat(_) => format!("nn.BatchNorm1d({channels})"),
            Shape::Image { .. } => format!("nn.BatchNorm2d({channels})"),
        },
        LayerSpec::ReLU => "nn.ReLU()".to_owned(),
        LayerSpec::LeakyReLU(slope) => format!("nn.LeakyReLU({slope})"),
        LayerSpec::Tanh => "nn.Tanh()".to_owned(),
        LayerSpec::Sigmoid => "nn.Sigmoid()".to_owned(),
        LayerSpec::Upsample(factor) => format!("nn.Upsample(scale_factor={factor})"),
        LayerSpec::AvgPool(side) => format!("nn.AvgPool2d({side})"),
        LayerSpec::SumPool => "SumPool()".to_owned(),
        LayerSpec::Reshape(c, h, w) => format!("nn.Unflatten(1, ({c}, {h}, {w}))"),
        LayerSpec::Flatten => "nn.Flatten()".to_owned(),
        // Blocks are made of the others.
        LayerSpec::ResidualUp { .. }
        | LayerSpec::ResidualDown { .. }
        | LayerSpec::Residual { .. } => String::new(),
    }
}

fn without_bias(bias: bool) -> &'static str {
    match bias {
        true => "",
        false => ", bias=False",
    }
}

/// A Python string: that of JSON is one, and has the same escapes.
fn quoted(path: &str) -> String {
    text::escaped(&serde_json::Value::from(path).to_string()).into_owned()
}
