//! The large parts of a snapshot on their way: which are new, what they look like as bytes, and whether what came is
//! sound.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        Figures, ImageScores, Interpolation, MixtureScores, Plane, Samples, Scores, Snapshot,
        Spectra,
    },
    preset::{Preset, parse, print},
};

/// Bytes of parts in one answer, at which the others wait for the next.
const ENOUGH: usize = 4 << 20;
/// Most bytes of samples; of more, the first ones go.
const MOST: usize = 12 << 20;

/// A part of a snapshot; none where there is none any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// The settings with which the run began, and those in force, as RON.
    Initial(String),
    Settings(String),
    Samples(Option<Pictures>),
    Scores(Option<Marks>),
    Spectra(Option<Spectra>),
    Plane(Option<Plane>),
    Interpolation(Option<((usize, usize), Pictures)>),
}

/// [`Samples`] with their bytes in one piece.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pictures {
    Images {
        step: u64,
        channels: usize,
        height: usize,
        width: usize,
        /// Generated images; real ones follow in `bytes`.
        generated: usize,
        bytes: Vec<u8>,
    },
    Points {
        step: u64,
        generated: Vec<[f32; 2]>,
        real: Vec<[f32; 2]>,
    },
}

/// [`Scores`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    step: u64,
    protocol: String,
    figures: Marked,
}

/// [`Figures`]; of images: diversity, swd, then those that may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Marked {
    Mixture(MixtureScores),
    Images(f32, f32, [Option<f32>; 3]),
}

/// The parts that a peer has.
#[derive(Debug, Default)]
pub struct Sent {
    initial: bool,
    settings: Option<Arc<Preset>>,
    samples: Option<Arc<Samples>>,
    scores: Option<Arc<Scores>>,
    spectra: Option<Arc<Spectra>>,
    plane: Option<Arc<Plane>>,
    interpolation: Option<Arc<Interpolation>>,
}

impl Sent {
    /// Parts of `snapshot` that are others than those that were sent, as many as fit an answer, and whether that is all.
    pub fn news(&mut self, snapshot: &Snapshot, initial: &Preset) -> (Vec<Part>, bool) {
        let mut parts = Vec::new();
        let mut bytes = 0;
        if !std::mem::replace(&mut self.initial, true) {
            parts.push(Part::Initial(print(initial, "initial")));
        }
        let settings = Some(Arc::clone(&snapshot.settings));
        if changed(&mut self.settings, &settings) {
            parts.push(Part::Settings(print(&snapshot.settings, "settings")));
        }
        if changed(&mut self.scores, &snapshot.scores) {
            parts.push(Part::Scores(snapshot.scores.as_deref().map(Marks::of)));
        }
        if bytes < ENOUGH && changed(&mut self.samples, &snapshot.samples) {
            let pictures = snapshot.samples.as_deref().map(Pictures::of);
            bytes += pictures.as_ref().map_or(0, Pictures::bytes);
            parts.push(Part::Samples(pictures));
        }
        if bytes < ENOUGH && changed(&mut self.interpolation, &snapshot.interpolation) {
            let between = snapshot.interpolation.as_deref();
            let between = between.map(|it| (it.ends, Pictures::of(&it.samples)));
            bytes += between.as_ref().map_or(0, |(_, it)| it.bytes());
            parts.push(Part::Interpolation(between));
        }
        if bytes < ENOUGH && changed(&mut self.plane, &snapshot.plane) {
            parts.push(Part::Plane(snapshot.plane.as_deref().cloned()));
        }
        if bytes < ENOUGH && changed(&mut self.spectra, &snapshot.spectra) {
            parts.push(Part::Spectra(snapshot.spectra.as_deref().cloned()));
        }
        let all = same(&self.samples, &snapshot.samples)
            && same(&self.interpolation, &snapshot.interpolation)
            && same(&self.plane, &snapshot.plane)
            && same(&self.spectra, &snapshot.spectra);
        (parts, all)
    }
}

fn preset(text: &str) -> Result<Arc<Preset>, String> {
    let preset = parse(text, "settings of the run").map_err(|wrong| wrong.to_string());
    preset.map(Arc::new)
}

fn changed<T>(sent: &mut Option<Arc<T>>, now: &Option<Arc<T>>) -> bool {
    let changed = !same(sent, now);
    sent.clone_from(now);
    changed
}

fn same<T>(sent: &Option<Arc<T>>, now: &Option<Arc<T>>) -> bool {
    match (sent, now) {
        (Some(sent), Some(now)) => Arc::ptr_eq(sent, now),
        (None, None) => true,
        _ => false,
    }
}

impl Part {
    /// The settings with which the run began, where this is what they are.
    pub fn initial(&self) -> Option<Result<Arc<Preset>, String>> {
        match self {
            Self::Initial(text) => Some(preset(text)),
            _ => None,
        }
    }

    /// Puts the part into a snapshot, or into `initial`.
    ///
    /// # Errors
    /// A part that contradicts itself.
    pub fn put(self, snapshot: &mut Snapshot, initial: &mut Arc<Preset>) -> Result<(), String> {
        match self {
            Self::Initial(text) => *initial = preset(&text)?,
            Self::Settings(text) => snapshot.settings = preset(&text)?,
            Self::Samples(it) => {
                snapshot.samples = it.map(Pictures::samples).transpose()?.map(Arc::new);
            }
            Self::Scores(it) => snapshot.scores = it.map(|it| Arc::new(it.scores())),
            Self::Spectra(it) => snapshot.spectra = it.map(Arc::new),
            Self::Plane(it) => snapshot.plane = it.map(sound_plane).transpose()?.map(Arc::new),
            Self::Interpolation(it) => {
                let between = it.map(|(ends, it)| {
                    let samples = it.samples()?;
                    Ok::<_, String>(Arc::new(Interpolation { ends, samples }))
                });
                snapshot.interpolation = between.transpose()?;
            }
        }
        Ok(())
    }
}

impl Pictures {
    fn of(samples: &Samples) -> Self {
        match samples {
            Samples::Images {
                step,
                channels,
                height,
                width,
                pixels,
                real,
            } => {
                let size = (channels * height * width).max(1);
                // Half of the room for each.
                let most = MOST / 2 / size;
                let of = |images: &[Vec<u8>]| images[..images.len().min(most)].concat();
                let (generated, real) = (of(pixels), of(real));
                Self::Images {
                    step: *step,
                    channels: *channels,
                    height: *height,
                    width: *width,
                    generated: generated.len() / size,
                    bytes: [generated, real].concat(),
                }
            }
            Samples::Points {
                step,
                generated,
                real,
            } => {
                let most = MOST / 2 / size_of::<[f32; 2]>();
                let of = |points: &[[f32; 2]]| points[..points.len().min(most)].to_vec();
                Self::Points {
                    step: *step,
                    generated: of(generated),
                    real: of(real),
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Images { bytes, .. } => bytes.len(),
            Self::Points {
                generated, real, ..
            } => size_of_val(&generated[..]) + size_of_val(&real[..]),
        }
    }

    fn samples(self) -> Result<Samples, String> {
        Ok(match self {
            Self::Images {
                step,
                channels,
                height,
                width,
                generated,
                bytes,
            } => {
                let size = channels
                    .checked_mul(height)
                    .and_then(|size| size.checked_mul(width));
                let size = size.filter(|&size| {
                    size > 0 && matches!(channels, 1 | 3) && bytes.len().is_multiple_of(size)
                });
                let Some(size) = size.filter(|size| generated <= bytes.len() / size) else {
                    let form = format!("{height}×{width}×{channels}");
                    return Err(format!("{} bytes are no images of {form}", bytes.len()));
                };
                let mut images = bytes.chunks_exact(size).map(<[u8]>::to_vec);
                Samples::Images {
                    step,
                    channels,
                    height,
                    width,
                    pixels: images.by_ref().take(generated).collect(),
                    real: images.collect(),
                }
            }
            Self::Points {
                step,
                generated,
                real,
            } => Samples::Points {
                step,
                generated,
                real,
            },
        })
    }
}

fn sound_plane(plane: Plane) -> Result<Plane, String> {
    let (columns, rows) = plane.size;
    match columns.checked_mul(rows) {
        Some(cells) if cells == plane.scores.len() => Ok(plane),
        _ => Err(format!(
            "{} scores are no plane of {columns}×{rows}",
            plane.scores.len()
        )),
    }
}

impl Marks {
    fn of(scores: &Scores) -> Self {
        Self {
            step: scores.step,
            protocol: scores.protocol.to_string(),
            figures: match scores.figures {
                Figures::Mixture(mixture) => Marked::Mixture(mixture),
                Figures::Images(images) => Marked::Images(
                    images.diversity,
                    images.swd,
                    [
                        images.classifier_score,
                        images.frechet,
                        images.class_entropy,
                    ],
                ),
            },
        }
    }

    fn scores(self) -> Scores {
        Scores {
            step: self.step,
            protocol: self.protocol.into(),
            figures: match self.figures {
                Marked::Mixture(mixture) => Figures::Mixture(mixture),
                Marked::Images(diversity, swd, [classifier_score, frechet, class_entropy]) => {
                    Figures::Images(ImageScores {
                        diversity,
                        swd,
                        classifier_score,
                        frechet,
                        class_entropy,
                    })
                }
            },
        }
    }
}
