//! Recording of the samples as a GIF.

use super::Lane;
use crate::{
    run::gif::{GifRecorder, GifResult},
    rundir::samples,
};

impl Lane {
    /// Reports the GIFs that were written since the last call.
    pub(super) fn take_written_gifs(&mut self) {
        for unfinished in std::mem::take(&mut self.views.unfinished) {
            match unfinished.poll() {
                Some(result) => self.report_gif(result),
                None => self.views.unfinished.push(unfinished),
            }
        }
    }

    /// Adds the current samples to the GIF in progress, if there is one.
    pub(super) fn add_frame(&mut self) {
        let Some(mut recorder) = self.views.gif.take() else {
            return;
        };
        let samples = self.publisher.state.samples.as_deref();
        let picture = samples.map(|samples| samples::draw(samples).1);
        if picture.is_none_or(|picture| recorder.push(picture)) {
            self.publisher.state.gif = Some(recorder.frames);
            self.views.gif = Some(recorder);
        } else {
            self.finish_gif(recorder);
        }
    }

    /// Ends the recording of a GIF.
    pub(super) fn finish_gif(&mut self, recorder: GifRecorder) {
        self.publisher.state.gif = None;
        if recorder.dropped > 0 {
            tracing::warn!(
                "{} pictures are missing in the GIF: they came too fast",
                recorder.dropped
            );
        }
        self.views.unfinished.push(recorder.finish());
    }

    /// Finishes the GIF in progress, and waits until all GIFs are written.
    pub(super) fn finish_gifs(&mut self) {
        if let Some(recorder) = self.views.gif.take() {
            self.finish_gif(recorder);
        }
        for unfinished in std::mem::take(&mut self.views.unfinished) {
            self.report_gif(unfinished.wait());
        }
    }

    /// Reports a written GIF or its error to the user.
    fn report_gif(&mut self, result: GifResult) {
        match result {
            Ok((path, frames)) => {
                let message = format!(
                    "saved {} ({frames} {})",
                    path.display(),
                    if frames == 1 { "frame" } else { "frames" }
                );
                self.publisher.notice(message, false);
            }
            Err(error) => self.publisher.notice(error.to_string(), true),
        }
    }
}
