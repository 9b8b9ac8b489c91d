//! The data a preset learns from.

use serde::{Deserialize, Serialize};

/// What real samples are drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Data {
    /// A mixture of isotropic Gaussians of equal weight in the plane.
    Mixture {
        /// Where the modes are, in data units.
        centres: Centres,
        /// Standard deviation of each mode, in data units.
        sigma: f32,
        /// The networks see data units divided by this.
        #[serde(default = "one")]
        scale: f32,
        /// Standard deviation of the Gaussian noise on whatever D sees, real or generated, in network units: instance
        /// noise (Sønderby et al. 2017), drawn anew for each sample of each update of D and G.
        #[serde(default)]
        noise: f32,
    },
    /// Images with values in [−1, 1].
    Images {
        /// Where they come from.
        source: Source,
        /// (channels, height, width); images of another size are resized.
        shape: (usize, usize, usize),
        /// How an image of other proportions takes the shape.
        #[serde(default)]
        fit: Fit,
        /// Whether each real sample is mirrored left to right with probability ½.
        #[serde(default)]
        flip: bool,
        /// Whether the steps between 8-bit values are filled with noise: a value is (byte + u)/128 − 1 with u uniform
        /// in [0, 1), drawn anew for each value of each real sample, in place of byte/127.5 − 1.
        #[serde(default)]
        dequantize: bool,
        /// Instance noise as of a mixture; values lie in [−1, 1].
        #[serde(default)]
        noise: f32,
    },
}

impl Data {
    /// Images of a source as they are, cropped where their proportions are not those of the shape.
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

    /// Standard deviation of the noise on what D sees, in network units.
    pub fn noise(&self) -> f32 {
        match self {
            Data::Mixture { noise, .. } | Data::Images { noise, .. } => *noise,
        }
    }

    /// The same data without noise: what real samples are, apart from how D sees them.
    pub fn without_noise(&self) -> Self {
        let mut data = self.clone();
        let (Data::Mixture { noise, .. } | Data::Images { noise, .. }) = &mut data;
        *noise = 0.0;
        data
    }

    /// Shape of one sample as the networks see it: `[2]` for points, `[channels, height, width]` for images.
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
    /// `modes` centres evenly on a circle of `radius` around the origin, the first on the positive x axis.
    Ring { modes: usize, radius: f32 },
    /// `side` × `side` centres, `spacing` apart, around the origin.
    Grid { side: usize, spacing: f32 },
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
                        (radius as f64 * angle.cos()) as f32,
                        (radius as f64 * angle.sin()) as f32,
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

/// How an image whose sides are in another proportion than those of the shape takes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fit {
    /// Its middle fills the shape; what is beyond is cut off.
    Crop,
    /// The whole of it stands in the middle, with black beside it.
    Pad,
    /// The whole of it fills the shape. A preset that does not say is of a version that knew nothing else.
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
    /// A file or folder of the person's own; see [`crate::data`].
    Path(String),
}

fn one() -> f32 {
    1.0
}
