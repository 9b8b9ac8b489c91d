//! The large parts of a snapshot in messages: which ones are new to a peer, and checks of received ones.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::{
    model::{Figures, Interpolation, Plane, Samples, Scores, Snapshot, Spectra},
    preset::{Preset, parse, print},
};

/// Bytes of parts in one answer. The remaining parts wait for the next answer.
const ANSWER_BYTES: usize = 4 << 20;
/// Bytes of the smallest image in a message, its header included.
const MIN_IMAGE_BYTES: usize = 16;
/// Bytes of a point in a message.
const POINT_BYTES: usize = 11;
/// Bytes of samples in a message, at most. Of larger sets only the first samples are sent.
const MAX_SAMPLES_BYTES: usize = 12 << 20;

/// A large part of a snapshot. `None` removes the part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Part {
    /// The settings at the start of the run, as RON.
    Initial(String),
    /// The settings in force, as RON.
    Settings(String),
    Samples(Option<Arc<Samples>>),
    /// [`Scores`] as (step, protocol, figures).
    Scores(Option<(u64, Arc<str>, Figures)>),
    Spectra(Option<Arc<Spectra>>),
    Plane(Option<Arc<Plane>>),
    Interpolation(Option<Arc<Interpolation>>),
}

/// The parts that a peer has received.
#[derive(Debug, Default)]
pub(super) struct SentParts {
    initial: bool,
    settings: Option<Arc<Preset>>,
    samples: Option<Arc<Samples>>,
    scores: Option<Arc<Scores>>,
    spectra: Option<Arc<Spectra>>,
    plane: Option<Arc<Plane>>,
    interpolation: Option<Arc<Interpolation>>,
}

impl SentParts {
    /// Returns the parts of `snapshot` that the peer does not have, as many as fit in one answer, and whether these are all.
    pub(super) fn news(&mut self, snapshot: &Snapshot, initial: &Preset) -> (Vec<Part>, bool) {
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
        if taken < ANSWER_BYTES && changed(&mut self.samples, &snapshot.samples) {
            let samples = snapshot.samples.as_ref().map(truncated);
            taken += samples.as_deref().map_or(0, bytes_of);
            parts.push(Part::Samples(samples));
        }
        if taken < ANSWER_BYTES && changed(&mut self.interpolation, &snapshot.interpolation) {
            let between = snapshot.interpolation.clone();
            taken += between.as_deref().map_or(0, |it| bytes_of(&it.samples));
            parts.push(Part::Interpolation(between));
        }
        if taken < ANSWER_BYTES && changed(&mut self.plane, &snapshot.plane) {
            parts.push(Part::Plane(snapshot.plane.clone()));
        }
        if taken < ANSWER_BYTES && changed(&mut self.spectra, &snapshot.spectra) {
            parts.push(Part::Spectra(snapshot.spectra.clone()));
        }
        let all = same(&self.samples, &snapshot.samples)
            && same(&self.interpolation, &snapshot.interpolation)
            && same(&self.plane, &snapshot.plane)
            && same(&self.spectra, &snapshot.spectra);
        (parts, all)
    }
}

/// Replaces `snapshot` by `state`, except its large parts, settings and directory.
pub(super) fn apply_state(snapshot: &mut Snapshot, state: Snapshot) {
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

fn preset(text: &str) -> Result<Arc<Preset>, Error> {
    let preset = parse(text, "settings of the run");
    preset
        .map(Arc::new)
        .map_err(|wrong| Error::Settings(Box::new(wrong)))
}

/// Replaces `sent` by `now` and returns whether they differ.
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
    /// Returns the settings at the start of the run if this part holds them.
    pub(super) fn initial(&self) -> Option<Result<Arc<Preset>, Error>> {
        match self {
            Self::Initial(text) => Some(preset(text)),
            _ => None,
        }
    }

    /// Stores the part in `snapshot`, or in `initial`.
    ///
    /// # Errors
    /// The settings do not parse, or sizes and data of samples or plane do not agree.
    pub(super) fn apply(
        self,
        snapshot: &mut Snapshot,
        initial: &mut Arc<Preset>,
    ) -> Result<(), Error> {
        match self {
            Self::Initial(text) => *initial = preset(&text)?,
            Self::Settings(text) => snapshot.settings = preset(&text)?,
            Self::Samples(it) => {
                it.as_deref().map(check_samples).transpose()?;
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
                it.as_deref().map(check_plane).transpose()?;
                snapshot.plane = it;
            }
            Self::Interpolation(it) => {
                let samples = it.as_deref().map(|it| &it.samples);
                samples.map(check_samples).transpose()?;
                snapshot.interpolation = it;
            }
        }
        Ok(())
    }
}

/// Returns the estimated bytes of one sample in a message.
fn sample_bytes(samples: &Samples) -> usize {
    match samples {
        Samples::Images {
            channels,
            height,
            width,
            ..
        } => (channels * height * width).max(MIN_IMAGE_BYTES),
        Samples::Points { .. } => POINT_BYTES,
    }
}

/// Returns the estimated bytes of samples in a message.
fn bytes_of(samples: &Samples) -> usize {
    let count = match samples {
        Samples::Images { pixels, real, .. } => pixels.len() + real.len(),
        Samples::Points {
            generated, real, ..
        } => generated.len() + real.len(),
    };
    count * sample_bytes(samples)
}

/// Drops the last samples if there are too many to send. Generated and real samples get half of the limit each.
fn truncated(samples: &Arc<Samples>) -> Arc<Samples> {
    let mut samples = Arc::clone(samples);
    if bytes_of(&samples) > MAX_SAMPLES_BYTES / 2 {
        let most = MAX_SAMPLES_BYTES / 2 / sample_bytes(&samples);
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

/// Checks that every image has height · width · channels bytes.
fn check_samples(samples: &Samples) -> Result<(), Error> {
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
    if size.is_some_and(|size| images.all(|image| image.len() == size)) {
        Ok(())
    } else {
        Err(Error::Images {
            channels: *channels,
            height: *height,
            width: *width,
        })
    }
}

/// Checks that a plane has columns · rows scores.
fn check_plane(plane: &Plane) -> Result<(), Error> {
    let (columns, rows) = plane.size;
    match columns.checked_mul(rows) {
        Some(cells) if cells == plane.scores.len() => Ok(()),
        _ => Err(Error::Plane {
            scores: plane.scores.len(),
            columns,
            rows,
        }),
    }
}
