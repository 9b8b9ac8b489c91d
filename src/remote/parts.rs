//! The large parts of a snapshot on their way: which are new, what they look like as bytes, and whether what came is
//! sound.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Figures, Interpolation, Plane, Samples, Scores, Snapshot, Spectra},
    preset::{Preset, parse, print},
};

/// Bytes of parts in one answer, at which the others wait for the next.
const ENOUGH: usize = 4 << 20;
/// What an image takes at least, the word before its bytes included.
const LEAST: usize = 16;
/// Most bytes of samples; of more, the first ones go.
const MOST: usize = 12 << 20;

/// A part of a snapshot; none where there is none any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part {
    /// The settings with which the run began, and those in force, as RON.
    Initial(String),
    Settings(String),
    Samples(Option<Arc<Samples>>),
    /// [`Scores`]: step, protocol, figures.
    Scores(Option<(u64, Arc<str>, Figures)>),
    Spectra(Option<Arc<Spectra>>),
    Plane(Option<Arc<Plane>>),
    Interpolation(Option<Arc<Interpolation>>),
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
        let mut taken = 0;
        if !std::mem::replace(&mut self.initial, true) {
            parts.push(Part::Initial(print(initial, "initial")));
        }
        let settings = Some(Arc::clone(&snapshot.settings));
        if changed(&mut self.settings, &settings) {
            parts.push(Part::Settings(print(&snapshot.settings, "settings")));
        }
        if changed(&mut self.scores, &snapshot.scores) {
            let scores = snapshot.scores.as_deref();
            let scores = scores.map(|it| (it.step, Arc::clone(&it.protocol), it.figures));
            parts.push(Part::Scores(scores));
        }
        if taken < ENOUGH && changed(&mut self.samples, &snapshot.samples) {
            let samples = snapshot.samples.as_ref().map(thinned);
            taken += samples.as_deref().map_or(0, bytes);
            parts.push(Part::Samples(samples));
        }
        if taken < ENOUGH && changed(&mut self.interpolation, &snapshot.interpolation) {
            let between = snapshot.interpolation.clone();
            taken += between.as_deref().map_or(0, |it| bytes(&it.samples));
            parts.push(Part::Interpolation(between));
        }
        if taken < ENOUGH && changed(&mut self.plane, &snapshot.plane) {
            parts.push(Part::Plane(snapshot.plane.clone()));
        }
        if taken < ENOUGH && changed(&mut self.spectra, &snapshot.spectra) {
            parts.push(Part::Spectra(snapshot.spectra.clone()));
        }
        let all = same(&self.samples, &snapshot.samples)
            && same(&self.interpolation, &snapshot.interpolation)
            && same(&self.plane, &snapshot.plane)
            && same(&self.spectra, &snapshot.spectra);
        (parts, all)
    }
}

/// Puts a state into a snapshot, whose large parts, settings and directory stay.
pub fn renew(snapshot: &mut Snapshot, state: Snapshot) {
    *snapshot = Snapshot {
        settings: Arc::clone(&snapshot.settings),
        samples: snapshot.samples.take(),
        scores: snapshot.scores.take(),
        spectra: snapshot.spectra.take(),
        plane: snapshot.plane.take(),
        interpolation: snapshot.interpolation.take(),
        directory: std::mem::take(&mut snapshot.directory),
        ..state
    };
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
                it.as_deref().map(sound).transpose()?;
                snapshot.samples = it;
            }
            Self::Scores(it) => {
                let scores = it.map(|(step, protocol, figures)| Scores {
                    step,
                    protocol,
                    figures,
                });
                snapshot.scores = scores.map(Arc::new);
            }
            Self::Spectra(it) => snapshot.spectra = it,
            Self::Plane(it) => {
                it.as_deref().map(sound_plane).transpose()?;
                snapshot.plane = it;
            }
            Self::Interpolation(it) => {
                it.as_deref().map(|it| sound(&it.samples)).transpose()?;
                snapshot.interpolation = it;
            }
        }
        Ok(())
    }
}

/// About the bytes that one sample takes.
fn size(samples: &Samples) -> usize {
    match samples {
        Samples::Images {
            channels,
            height,
            width,
            ..
        } => (channels * height * width).max(LEAST),
        Samples::Points { .. } => 11,
    }
}

/// About the bytes that samples take.
fn bytes(samples: &Samples) -> usize {
    let count = match samples {
        Samples::Images { pixels, real, .. } => pixels.len() + real.len(),
        Samples::Points {
            generated, real, ..
        } => generated.len() + real.len(),
    };
    count * size(samples)
}

/// The first of samples that are too many to be sent: half of the room for the generated ones, half for real ones.
fn thinned(samples: &Arc<Samples>) -> Arc<Samples> {
    let mut samples = Arc::clone(samples);
    if bytes(&samples) > MOST / 2 {
        let most = MOST / 2 / size(&samples);
        match Arc::make_mut(&mut samples) {
            Samples::Images { pixels, real, .. } => {
                pixels.truncate(most);
                real.truncate(most);
            }
            Samples::Points {
                generated, real, ..
            } => {
                generated.truncate(most);
                real.truncate(most);
            }
        }
    }
    samples
}

fn sound(samples: &Samples) -> Result<(), String> {
    let Samples::Images {
        channels,
        height,
        width,
        pixels,
        real,
        ..
    } = samples
    else {
        return Ok(());
    };
    let size = channels
        .checked_mul(*height)
        .and_then(|size| size.checked_mul(*width))
        .filter(|&size| size > 0 && matches!(channels, 1 | 3));
    let mut images = pixels.iter().chain(real);
    match size.is_some_and(|size| images.all(|image| image.len() == size)) {
        true => Ok(()),
        false => Err(format!(
            "there are no images of {height}×{width}×{channels}"
        )),
    }
}

fn sound_plane(plane: &Plane) -> Result<(), String> {
    let (columns, rows) = plane.size;
    match columns.checked_mul(rows) {
        Some(cells) if cells == plane.scores.len() => Ok(()),
        _ => Err(format!(
            "{} scores are no plane of {columns}×{rows}",
            plane.scores.len()
        )),
    }
}
