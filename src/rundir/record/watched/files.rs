//! Updating the snapshot from all files but the journal.

use std::sync::Arc;

use super::{WatchedRun, sizes};
use crate::{
    files::open,
    model::{Spectra, snapshot::Saved},
    rundir::{
        about::About,
        layout,
        metrics::{ReadOutcome, Record},
        record::{CheckpointFile, checkpoints, preset_of, samples},
        summary,
    },
    text::wording::unreadable,
};

/// Calls after which the metrics file is opened again, so that a network file system asks its server.
const REOPEN: u32 = 8;
/// Pictures that are read at once.
const PICTURES: usize = 16;

impl WatchedRun {
    /// Reads run.json and the preset. Returns whether they changed.
    pub(super) fn read_about(&mut self) -> bool {
        let mut news = false;
        if self.is_new(0, layout::ABOUT) {
            if let Some(about) = self.report(About::read_lenient(&self.directory)) {
                self.about = about.unwrap_or_default();
            }
            let (about, snapshot) = (&self.about, &mut self.snapshot);
            snapshot.seed = about.seed();
            snapshot.threads = about.threads.unwrap_or(1);
            snapshot.device = about.device().to_owned();
            if let Some(name) = &about.name {
                snapshot.name.clone_from(name);
            }
            news = true;
        }
        if self.is_new(1, layout::PRESET)
            && let Some(named) = self.report(preset_of(&self.directory))
        {
            self.snapshot.parameters = sizes(&named.preset);
            self.initial_settings = Some(Arc::new(named.preset));
            self.apply(true);
            news = true;
        }
        news
    }

    /// Reads new lines of the metrics. Returns whether there are any.
    pub(super) fn read_metrics(&mut self, each: impl FnMut(&Record)) -> bool {
        self.updates = self.updates.wrapping_add(1);
        if self.updates.is_multiple_of(REOPEN) {
            // An error is reported by the read below.
            let _ = open::no_follow(&self.directory.join(layout::METRICS));
        }
        let before = self.metrics.unreadable;
        let read = self.metrics.read(&mut self.history, each);
        let read = read.map_err(|error| unreadable(layout::METRICS, error));
        let brought = self.report(read).unwrap_or(ReadOutcome::Nothing);
        if self.metrics.unreadable > before {
            let count = self.metrics.unreadable;
            self.notify(
                format!(
                    "{}: {count} lines cannot be read and are left out",
                    layout::METRICS
                ),
                true,
            );
        }
        if brought == ReadOutcome::Nothing {
            return false;
        }
        let last = self.metrics.last.as_ref();
        let snapshot = &mut self.snapshot;
        snapshot.step = last.map_or(0, Record::made);
        snapshot.measures = last.map(|last| Arc::clone(&last.measures));
        snapshot.seconds = self.metrics.seconds();
        snapshot.scores.clone_from(&self.metrics.scores);
        snapshot.outputs.clone_from(&self.metrics.outputs);
        let exact = self.metrics.spectra.as_deref();
        let shown = snapshot.spectra.as_ref().map(|spectra| spectra.step);
        if brought == ReadOutcome::Rebuilt || shown != exact.map(|exact| exact.step) {
            let spectra = exact.map(|exact| Spectra::recorded(exact, &snapshot.settings));
            snapshot.spectra = spectra.map(Arc::new);
        }
        true
    }

    /// Reads the latest samples. Returns whether they changed.
    pub(super) fn read_samples(&mut self) -> bool {
        if !self.is_new(2, layout::LATEST_SAMPLES) {
            return false;
        }
        let read = samples::latest(&self.directory);
        let Some(Some(samples)) = self.report(read) else {
            return false;
        };
        self.snapshot.samples = Some(Arc::new(samples));
        true
    }

    /// Reads some of the pictures of samples that were not read yet. Returns whether there were any.
    pub(crate) fn read_pictures(&mut self) -> bool {
        let settings = Arc::clone(&self.snapshot.settings);
        let any = self.pictures.read(&self.directory, &settings, PICTURES);
        if any {
            self.snapshot.pictures = self.pictures.all();
        }
        any
    }

    /// Reads the summary. Returns whether it changed.
    pub(super) fn read_ending(&mut self) -> bool {
        if !self.is_new(3, layout::SUMMARY) {
            return false;
        }
        self.ending = self.report(summary::read(&self.directory)).flatten();
        if let Some(ending) = &self.ending {
            self.snapshot.step = self.snapshot.step.max(ending.steps);
            self.snapshot.seconds = self.snapshot.seconds.max(ending.seconds);
            if ending.scores.is_some() {
                self.snapshot.scores.clone_from(&ending.scores);
            }
        }
        true
    }

    /// Lists the checkpoints. Returns whether the list changed.
    pub(super) fn read_checkpoints(&mut self) -> bool {
        let files = checkpoints(&self.directory);
        let of = |file: &CheckpointFile| Saved {
            step: file.step,
            marked: file.marked,
        };
        let states: Vec<Saved> = files.iter().map(of).collect();
        let saved = states.iter().map(|state| state.step).max();
        let news = states != self.snapshot.states || saved != self.snapshot.saved;
        self.snapshot.states = states;
        self.snapshot.saved = saved;
        news
    }
}
