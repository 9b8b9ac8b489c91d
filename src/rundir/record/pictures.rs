//! Reading the pictures of samples in a run's directory, each of one step.

#[cfg(test)]
mod tests;

use std::{fs, io::Cursor, path::Path, sync::Arc};

use ::png::{BitDepth, ColorType, Decoder, Limits};

use crate::{
    engine::picture::{
        Picture as Pixels,
        grid::{GAP, layout as grid_of},
        scatter::points,
    },
    files::open,
    model::{Samples, snapshot::Picture},
    preset::{Preset, Shape},
    rundir::{layout, numbered::Numbered},
};

/// Maximum number of pictures of a run that are read. Of more, some are left out evenly.
pub(super) const MOST: usize = 400;
/// Maximum size of their samples in bytes.
const MOST_BYTES: usize = 24 << 20;
/// Maximum size of a file in bytes.
const MAX_FILE: u64 = 32 << 20;
/// Maximum number of bytes of the pixels of a picture.
const MAX_PIXELS: usize = 64 << 20;

/// The pictures of a run that were read, by step.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    known: Vec<Picture>,
    /// The steps that were tried, also those whose picture cannot be read.
    tried: Vec<u64>,
}

impl Pictures {
    /// Reads at most `most` pictures that were not read yet. Returns whether there was any.
    pub(super) fn read(&mut self, directory: &Path, settings: &Preset, most: usize) -> bool {
        let folder = directory.join(layout::SAMPLES);
        let files = files(&folder);
        let every = files.len().div_ceil(MOST).max(1);
        let new = files.into_iter().step_by(every);
        let new = new.filter(|(step, _)| !self.tried.contains(step));
        let new: Vec<(u64, String)> = new.take(most).collect();
        let mut any = false;
        for (step, name) in new {
            self.tried.push(step);
            if self.bytes() > MOST_BYTES {
                continue;
            }
            if let Some(samples) = read(&folder.join(name), step, settings) {
                let at = self.known.partition_point(|known| known.0 < step);
                self.known.insert(at, (step, Arc::new(samples)));
                any = true;
            }
        }
        any
    }

    /// The pictures, by step.
    pub(super) fn all(&self) -> Arc<[Picture]> {
        self.known.clone().into()
    }

    fn bytes(&self) -> usize {
        let pixels = self.known.iter().map(|(_, samples)| match &**samples {
            Samples::Images { pixels, .. } => pixels.iter().map(Vec::len).sum(),
            Samples::Points {
                real, generated, ..
            } => (real.len() + generated.len()) * size_of::<[f32; 2]>(),
        });
        pixels.sum()
    }
}

/// The steps of the pictures in a folder with their names, by step. Of several of a step the last is taken.
fn files(folder: &Path) -> Vec<(u64, String)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<(u64, u32, String)> = names
        .filter_map(|name| {
            let read = Numbered::read(&name)?;
            let is_own = (read.prefix, read.extension) == ("step", "png");
            is_own.then_some((read.step, read.number, name.clone()))
        })
        .collect();
    files.sort();
    files.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
    let files = files.into_iter();
    files.map(|(step, _, name)| (step, name)).collect()
}

/// The samples on a picture. `None` if it cannot be read: what is missing is missed on the screen.
fn read(path: &Path, step: u64, settings: &Preset) -> Option<Samples> {
    let bytes = open::read(path, MAX_FILE).ok()??;
    let picture = decode(&bytes)?;
    Some(match settings.data.sample_shape() {
        Shape::Image {
            channels,
            height,
            width,
        } => Samples::Images {
            step,
            channels,
            height,
            width,
            pixels: parts(&picture, (channels, height, width), settings.samples.count)?,
            real: Vec::new(),
        },
        Shape::Flat(_) => {
            let [real, generated] = points(&picture)?;
            Samples::Points {
                step,
                real,
                generated,
            }
        }
    })
}

/// Decodes a PNG as this program writes it.
fn decode(bytes: &[u8]) -> Option<Pixels> {
    let limits = Limits { bytes: MAX_PIXELS };
    let mut reader = Decoder::new_with_limits(Cursor::new(bytes), limits)
        .read_info()
        .ok()?;
    let channels = match reader.output_color_type() {
        (ColorType::Grayscale, BitDepth::Eight) => 1,
        (ColorType::Rgb, BitDepth::Eight) => 3,
        _ => return None,
    };
    let size = reader
        .output_buffer_size()
        .filter(|&size| size <= MAX_PIXELS)?;
    let mut pixels = vec![0; size];
    reader.next_frame(&mut pixels).ok()?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    (size == width * height * channels).then_some(Pixels {
        width,
        height,
        channels,
        bytes: pixels,
    })
}

/// Cuts a grid of `count` images into them. `None` if it is not such a grid.
fn parts(
    picture: &Pixels,
    (channels, height, width): (usize, usize, usize),
    count: usize,
) -> Option<Vec<Vec<u8>>> {
    let along = |all: usize, one: usize| {
        let all = all.checked_sub(GAP)?;
        all.is_multiple_of(one + GAP).then_some(all / (one + GAP))
    };
    let (columns, rows) = (along(picture.width, width)?, along(picture.height, height)?);
    if picture.channels != channels || columns * rows == 0 {
        return None;
    }
    // The number of samples may have changed since.
    let count = if grid_of(count) == (columns, rows) {
        count
    } else {
        columns * rows
    };
    let image = |index: usize| {
        let left = GAP + index % columns * (width + GAP);
        let top = GAP + index / columns * (height + GAP);
        let line = |row: usize| {
            let start = ((top + row) * picture.width + left) * channels;
            &picture.bytes[start..start + width * channels]
        };
        (0..height).flat_map(line).copied().collect()
    };
    Some((0..count).map(image).collect())
}
