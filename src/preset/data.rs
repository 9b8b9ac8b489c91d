//! The data a preset learns from.

use serde::{Deserialize, Serialize};

/// What real samples are drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Data {
    /// A mixture of isotropic Gaussians of equal weight in the plane.
    Mixture {
        /// Centres of the modes, in data units.
        centres: Centres,
        /// Standard deviation of each mode, in data units.
        sigma: f32,
        /// Data units in one network unit: samples are divided by it.
        #[serde(default = "one")]
        scale: f32,
        /// Standard deviation of instance noise (Sønderby et al. 2017), in network units: Gaussian noise added to every
        /// real and generated sample that D sees, drawn again in each update of D and G.
        #[serde(default)]
        noise: f32,
    },
    /// Images with values in [−1, 1].
    Images {
        /// Where they come from.
        source: Source,
        /// (channels, height, width); images of another size are resized.
        shape: (usize, usize, usize),
        /// How an image with another aspect ratio is fitted to the shape.
        #[serde(default)]
        fit: Fit,
        /// Whether each real sample is flipped horizontally with probability ½.
        #[serde(default)]
        flip: bool,
        /// Whether 8-bit values are dequantized: a value is (byte + u)/128 − 1, with u uniform in [0, 1) and drawn for
        /// each value of each real sample, instead of byte/127.5 − 1.
        #[serde(default)]
        dequantize: bool,
        /// Standard deviation of instance noise, as for a mixture. Pixel values lie in [−1, 1].
        #[serde(default)]
        noise: f32,
    },
}

impl Data {
    /// Images of a source without augmentation or noise, cropped to the aspect ratio of the shape.
    pub fn images(source: Source, shape: (usize, usize, usize)) -> Self {
        Data::Images {
            source,
            shape,
            fit: Fit::Crop,
            flip: false,
            dequantize: false,
            noise: 0.0,
        }
    }

    /// Standard deviation of instance noise, in network units.
    pub fn noise(&self) -> f32 {
        match self {
            Data::Mixture { noise, .. } | Data::Images { noise, .. } => *noise,
        }
    }

    /// The data without instance noise.
    pub fn without_noise(&self) -> Self {
        let mut data = self.clone();
        let (Data::Mixture { noise, .. } | Data::Images { noise, .. }) = &mut data;
        *noise = 0.0;
        data
    }

    /// Shape of one sample in network units: 2 features for points, (channels, height, width) for images.
    pub fn sample_shape(&self) -> super::network::Shape {
        use super::network::Shape;
        match self {
            Data::Mixture { .. } => Shape::Flat(2),
            Data::Images { shape, .. } => Shape::Image {
                channels: shape.0,
                height: shape.1,
                width: shape.2,
            },
        }
    }
}

/// Centres of a mixture's modes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Centres {
    /// `modes` centres, evenly spaced on a circle of `radius` around the origin; the first lies on the positive x axis.
    Ring {
        /// Number of centres.
        modes: usize,
        /// Distance of each from the origin.
        radius: f32,
    },
    /// `side` × `side` centres, `spacing` apart, around the origin.
    Grid {
        /// Centres in a row, and rows.
        side: usize,
        /// Distance of neighbours in a row.
        spacing: f32,
    },
    /// The centres one by one: [(x, y), …].
    Points(Vec<(f32, f32)>),
}

impl Centres {
    /// The centres in data units.
    pub fn points(&self) -> Vec<[f32; 2]> {
        match self {
            &Centres::Ring { modes, radius } => (0..modes)
                .map(|i| {
                    let angle = std::f64::consts::TAU * i as f64 / modes as f64;
                    [
                        (f64::from(radius) * angle.cos()) as f32,
                        (f64::from(radius) * angle.sin()) as f32,
                    ]
                })
                .collect(),
            &Centres::Grid { side, spacing } => {
                let at = |i: usize| (i as f32 - (side as f32 - 1.0) / 2.0) * spacing;
                (0..side * side)
                    .map(|i| [at(i % side), at(i / side)])
                    .collect()
            }
            Centres::Points(points) => points.iter().map(|&(x, y)| [x, y]).collect(),
        }
    }
}

/// How an image with another aspect ratio is fitted to a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fit {
    /// Cropped around its centre.
    Crop,
    /// Padded with black.
    Pad,
    /// Stretched. The default for presets that do not name a fit, which older versions wrote.
    #[default]
    Stretch,
}

/// A set of images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// 5,000 handwritten digits of MNIST, 28×28 gray; part of the program.
    Digits,
    /// 3,000 articles of clothing of Fashion-MNIST, 28×28 gray; part of the program.
    Fashion,
    /// 2,000 pixel-art characters, 32×32 RGB; part of the program.
    Dolls,
    /// A file or folder on disk; see [`crate::engine::data`].
    Path(String),
}

fn one() -> f32 {
    1.0
}
