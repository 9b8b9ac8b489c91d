//! What the files of a watched run bring to its snapshot; its journal stands in a file of its own.

use std::sync::Arc;

use super::{Watched, sizes};
use crate::{
    files::open,
    model::{Spectra, snapshot::Saved},
    rundir::{
        about::About,
        layout,
        metrics::{Brought, Record},
        record::{CheckpointFile, checkpoints, preset_of, samples},
        summary,
    },
    text::wording::unreadable,
};

/// Looks after which the metrics are opened: a network file system then asks its server anew.
const REOPEN: u32 = 8;

impl Watched {
    pub(super) fn read_about(&mut self) -> bool {
        let mut news = false;
        if self.is_new(0, layout::ABOUT) {
            if let Some(about) = self.told(About::of(&self.directory)) {
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
            && let Some(named) = self.told(preset_of(&self.directory))
        {
            self.snapshot.parameters = sizes(&named.preset);
            self.made_from = Some(Arc::new(named.preset));
            self.apply(true);
            news = true;
        }
        news
    }

    pub(super) fn read_metrics(&mut self, each: impl FnMut(&Record)) -> bool {
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(REOPEN) {
            // Whether it is there is asked elsewhere.
            let _ = open::no_follow(&self.directory.join(layout::METRICS));
        }
        let before = self.metrics.unreadable;
        let read = self.metrics.read(&mut self.history, each);
        let read = read.map_err(|error| unreadable(layout::METRICS, error));
        let brought = self.told(read).unwrap_or(Brought::Nothing);
        if self.metrics.unreadable > before {
            let count = self.metrics.unreadable;
            self.say(
                format!(
                    "{}: {count} lines make no sense and are left out",
                    layout::METRICS
                ),
                true,
            );
        }
        if brought == Brought::Nothing {
            return false;
        }
        let last = self.metrics.last.as_ref();
        let snapshot = &mut self.snapshot;
        snapshot.step = last.map_or(0, Record::made);
        snapshot.measures = last.map(|last| Arc::clone(&last.measures));
        snapshot.seconds = self.metrics.seconds();
        snapshot.scores.clone_from(&self.metrics.scores);
        let exact = self.metrics.spectra.as_deref();
        let shown = snapshot.spectra.as_ref().map(|spectra| spectra.step);
        if brought == Brought::Anew || shown != exact.map(|exact| exact.step) {
            let spectra = exact.map(|exact| Spectra::recorded(exact, &snapshot.settings));
            snapshot.spectra = spectra.map(Arc::new);
        }
        true
    }

    pub(super) fn read_samples(&mut self) -> bool {
        if !self.is_new(2, layout::LATEST_SAMPLES) {
            return false;
        }
        let read = samples::latest(&self.directory);
        let Some(Some(samples)) = self.told(read) else {
            return false;
        };
        self.snapshot.samples = Some(Arc::new(samples));
        true
    }

    pub(super) fn read_ending(&mut self) -> bool {
        if !self.is_new(3, layout::SUMMARY) {
            return false;
        }
        self.ending = self.told(summary::read(&self.directory)).flatten();
        if let Some(ending) = &self.ending {
            self.snapshot.step = self.snapshot.step.max(ending.steps);
            self.snapshot.seconds = self.snapshot.seconds.max(ending.seconds);
            if ending.scores.is_some() {
                self.snapshot.scores.clone_from(&ending.scores);
            }
        }
        true
    }

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
