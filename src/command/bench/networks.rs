//! The networks that can be timed: those of the PyTorch script, presets and preset files.

use crate::preset::{
    Data, Diagnostic, LayerSpec, Loss, Named, NetworkSpec, Preset, Source, Spectral, WeightInit,
    builtin, load, nearest::nearest,
};

/// The networks of `benches/torch_step.py`, which are timed by default.
pub(crate) const PEERS: [&str; 3] = ["ring", "digits", "cifar"];

/// A network to time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    pub name: String,
    pub preset: Preset,
    pub samples: Samples,
}

/// The source of real samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Samples {
    /// One batch of uniform numbers in [−1, 1), used in every step.
    Uniform,
    /// The preset's data, prepared ahead as in a run.
    Own,
}

/// Returns the network that an argument names: a network of the script, a preset or a file. A preset whose data are
/// missing gets uniform samples.
///
/// # Errors
/// The name is unknown (with the nearest known name), or the preset file is wrong.
pub(crate) fn find(name: &str) -> Result<Subject, Diagnostic> {
    if let Some(preset) = peer(name) {
        return Ok(Subject {
            name: name.to_owned(),
            preset,
            samples: Samples::Uniform,
        });
    }
    let is_file = name.ends_with(".ron") || name.contains('/');
    if !is_file && builtin::text(name).is_none() {
        return Err(unknown(name));
    }
    let Named { name, preset } = load(name)?;
    let missing = match &preset.data {
        Data::Images {
            source: Source::Path(path),
            ..
        } => !std::path::Path::new(path).exists(),
        _ => false,
    };
    Ok(Subject {
        name,
        preset,
        samples: if missing {
            Samples::Uniform
        } else {
            Samples::Own
        },
    })
}

fn unknown(name: &str) -> Diagnostic {
    let known = || PEERS.into_iter().chain(builtin::names());
    let help = match nearest(name, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "the networks are {}, the other presets {}; a file's name ends in .ron or holds a /",
            PEERS.join(", "),
            builtin::names()
                .filter(|name| !PEERS.contains(name))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    Diagnostic::plain(format!("there is no network or preset `{name}`")).with_help(help)
}

/// Returns a network of the script with its settings: hinge loss, Adam at 2e-4 with β (0.5, 0.999), every layer of D
/// normalized with one iteration, gain 1, no moving average.
fn peer(name: &str) -> Option<Preset> {
    let (data, latent, batch, g, d) = match name {
        "ring" => (points(), 2, 256, ring_g(), ring_d()),
        "digits" => (images((1, 28, 28)), 64, 64, digits_g(), digits_d()),
        "cifar" => (images((3, 32, 32)), 128, 64, cifar_g(), cifar_d()),
        _ => return None,
    };
    let network = |layers| NetworkSpec {
        layers,
        learning_rate: 2e-4,
        betas: (0.5, 0.999),
        init: WeightInit::Torch,
    };
    Some(Preset {
        about: String::new(),
        data,
        latent,
        loss: Loss::Hinge,
        generator: network(g),
        discriminator: network(d),
        spectral: Spectral::default(),
        gain: 1.0,
        batch,
        n_dis: 1,
        clip: None,
        ema: 0.0,
        steps: u64::MAX,
        decay: false,
        decay_steps: None,
        samples: Default::default(),
        scores: Default::default(),
        spectra: Default::default(),
        checkpoints: Default::default(),
    })
}

/// Returns data of points. Only the shape of a sample matters, because samples are uniform.
fn points() -> Data {
    Data::Mixture {
        centres: crate::preset::Centres::Points(vec![(0.0, 0.0)]),
        sigma: 1.0,
        scale: 1.0,
        noise: 0.0,
    }
}

/// Returns data of images of this shape.
fn images(shape: (usize, usize, usize)) -> Data {
    Data::images(Source::Digits, shape)
}

const SLOPE: LayerSpec = LayerSpec::LeakyReLU(0.1);

fn linear(out: usize) -> LayerSpec {
    LayerSpec::Linear { out, bias: true }
}

/// Returns a convolution: 3×3 keeps height and width, 4×4 halves them.
fn conv(out: usize, kernel: usize) -> LayerSpec {
    LayerSpec::Conv2d {
        out,
        kernel,
        stride: kernel - 2,
        padding: 1,
        bias: true,
    }
}

/// Returns a transposed convolution that doubles height and width.
fn conv_transpose(out: usize) -> LayerSpec {
    LayerSpec::ConvTranspose2d {
        out,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: true,
    }
}

fn ring_g() -> Vec<LayerSpec> {
    let hidden = [linear(128), LayerSpec::ReLU];
    [hidden.repeat(3), vec![linear(2)]].concat()
}

fn ring_d() -> Vec<LayerSpec> {
    let hidden = [linear(128), SLOPE];
    [hidden.repeat(3), vec![linear(1)]].concat()
}

fn digits_g() -> Vec<LayerSpec> {
    vec![
        linear(64 * 49),
        LayerSpec::Reshape(64, 7, 7),
        LayerSpec::BatchNorm,
        LayerSpec::ReLU,
        conv_transpose(32),
        LayerSpec::BatchNorm,
        LayerSpec::ReLU,
        conv_transpose(1),
        LayerSpec::Tanh,
    ]
}

fn digits_d() -> Vec<LayerSpec> {
    vec![
        conv(32, 4),
        SLOPE,
        conv(64, 4),
        SLOPE,
        LayerSpec::Flatten,
        linear(1),
    ]
}

fn cifar_g() -> Vec<LayerSpec> {
    let mut layers = vec![linear(512 * 16), LayerSpec::Reshape(512, 4, 4)];
    for channels in [256, 128, 64] {
        layers.extend([
            LayerSpec::BatchNorm,
            LayerSpec::ReLU,
            conv_transpose(channels),
        ]);
    }
    layers.extend([
        LayerSpec::BatchNorm,
        LayerSpec::ReLU,
        conv(3, 3),
        LayerSpec::Tanh,
    ]);
    layers
}

fn cifar_d() -> Vec<LayerSpec> {
    let mut layers = Vec::new();
    for (channels, kernel) in [
        (64, 3),
        (64, 4),
        (128, 3),
        (128, 4),
        (256, 3),
        (256, 4),
        (512, 3),
    ] {
        layers.extend([conv(channels, kernel), SLOPE]);
    }
    layers.extend([LayerSpec::Flatten, linear(1)]);
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{Shape, check, parameters};

    #[test]
    fn the_networks_have_the_parameters_of_the_script() {
        for (name, g, d) in [
            ("ring", 33_666, 33_537),
            ("digits", 237_345, 36_513),
            ("cifar", 3_813_379, 2_935_873),
        ] {
            let Preset {
                generator,
                discriminator,
                latent,
                data,
                ..
            } = peer(name).unwrap();
            assert_eq!(
                parameters(&generator.layers, Shape::Flat(latent)),
                Ok(g),
                "{name}"
            );
            assert_eq!(
                parameters(&discriminator.layers, data.sample_shape()),
                Ok(d)
            );
        }
    }

    #[test]
    fn the_networks_are_sound_presets() {
        for name in PEERS {
            assert_eq!(check(&peer(name).unwrap()), Ok(()), "{name}");
        }
    }

    #[test]
    fn presets_without_their_data_get_uniform_samples() {
        assert_eq!(find("dolls").unwrap().samples, Samples::Own);
        assert_eq!(find("stl10").unwrap().samples, Samples::Uniform);
        let wrong = find("cifr").unwrap_err().render(false);
        assert!(wrong.contains("did you mean `cifar`?"), "{wrong}");
        let wrong = find("quux").unwrap_err().render(false);
        assert!(wrong.contains("the networks are ring, digits, cifar"));
        assert!(find("./nothing.ron").is_err());
    }
}
