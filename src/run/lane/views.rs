//! Computes what front ends watch (spectra, plane, D's outputs, interpolation, GIF).
//!
//! A separate thread computes singular values with a small share of one core, so training waits only while weights are
//! copied. The plane is small and is computed on the worker, within its own share of time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Lane, Mode};
use crate::{
    model::{Interpolation, Status, Watched},
    run::{
        engine::Failure,
        gif::{GifRecorder, UnfinishedGif},
        observer::{Observer, Task},
    },
};

/// Share of one core for spectra that no front end watches.
const UNWATCHED: f64 = 0.01;
/// Share of one core for spectra that a front end watches.
const WATCHED: f64 = 0.1;
/// Share of one core for spectra of a lane that is shown beside the selected one.
const BESIDE: f64 = 0.02;
/// Share of training time for the plane.
const PLANE: f64 = 0.01;
/// Minimum time between two computations.
pub(super) const MIN_INTERVAL: Duration = Duration::from_millis(250);
/// Maximum work of an SVD that no front end watches, see [`LayerWeight::work`](crate::engine::spectral::LayerWeight::work). It
/// takes much less than a second.
const MAX_UNWATCHED_WORK: f64 = (1u64 << 27) as f64;

/// How much of the spectra front ends watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// Nothing: only alarms need spectra.
    #[default]
    None,
    /// All layers, without the operator norms of convolutions.
    Beside,
    /// Everything.
    Full,
}

/// What front ends watch, and when it is computed next.
#[derive(Debug)]
pub(super) struct Views {
    watched: Vec<Watched>,
    observer: Observer,
    next_spectra: Instant,
    next_plane: Instant,
    pub(super) next_outputs: Instant,
    /// The step after which D's outputs were last measured.
    pub(super) outputs_step: Option<u64>,
    /// What the last spectra have.
    made: Detail,
    /// Indices of the two samples of the interpolation.
    pub ends: Option<(usize, usize)>,
    /// The GIF in progress.
    pub gif: Option<GifRecorder>,
    /// GIFs that are still being written.
    pub(super) unfinished: Vec<UnfinishedGif>,
}

impl Default for Views {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            watched: Vec::new(),
            observer: Observer::default(),
            next_spectra: now,
            next_plane: now,
            next_outputs: now,
            outputs_step: None,
            made: Detail::None,
            ends: None,
            gif: None,
            unfinished: Vec::new(),
        }
    }
}

impl Views {
    /// Whether a front end watches this result.
    pub(super) fn watches(&self, look: Watched) -> bool {
        self.watched.contains(&look)
    }

    /// How much of the spectra front ends watch.
    pub(super) fn detail(&self) -> Detail {
        match () {
            () if self.watches(Watched::Spectra) => Detail::Full,
            () if self.watches(Watched::SpectraBeside) => Detail::Beside,
            () => Detail::None,
        }
    }

    /// Lets what is watched be made again, because what is shown was only recorded and has less.
    pub(super) fn forget_made(&mut self) {
        self.made = Detail::None;
        self.outputs_step = None;
    }
}

impl Lane {
    /// Sets what front ends watch. Newly watched results are computed at once.
    pub(super) fn watch(&mut self, watched: Vec<Watched>) {
        let now = Instant::now();
        let before = self.views.detail();
        if watched.contains(&Watched::Plane) && !self.views.watches(Watched::Plane) {
            self.views.next_plane = now;
        }
        if watched.contains(&Watched::Outputs) && !self.views.watches(Watched::Outputs) {
            self.views.next_outputs = now;
        }
        self.views.watched = watched;
        let detail = self.views.detail();
        if detail > before {
            self.views.next_spectra = now;
        }
        if detail < Detail::Full {
            self.views.observer.skip_norms();
        }
        self.views.made = self.views.made.min(detail);
    }

    /// Whether a paused worker has background work.
    pub(in crate::run) fn has_background_work(&self) -> bool {
        let views = &self.views;
        views.observer.busy()
            || !views.unfinished.is_empty()
            || self.spectra_are_wanted()
            || self.plane_is_wanted()
            || self.outputs_are_wanted()
    }

    /// Handles finished background work, and starts what is due.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn update_views(&mut self) -> Result<(), Failure> {
        while let Some(report) = self.views.observer.report() {
            if report.last {
                let share = self.share();
                let pause = report.elapsed.mul_f64(1.0 / share - 1.0).max(MIN_INTERVAL);
                self.views.next_spectra = Instant::now() + pause;
            }
            self.take_spectra(report.spectra);
        }
        let now = Instant::now();
        if self.spectra_are_wanted()
            && !self.views.observer.busy()
            && now >= self.views.next_spectra
        {
            self.begin_spectra()?;
        }
        if self.plane_is_wanted() && now >= self.views.next_plane {
            self.make_plane()?;
        }
        if self.outputs_are_wanted() && now >= self.views.next_outputs {
            self.show_outputs()?;
        }
        self.take_written_gifs();
        if !matches!(self.mode, Mode::Running { .. }) {
            self.publisher.publish_urgent();
        }
        Ok(())
    }

    /// Share of one core for spectra.
    fn share(&self) -> f64 {
        match self.views.detail() {
            Detail::Full => WATCHED,
            Detail::Beside => BESIDE,
            Detail::None => UNWATCHED,
        }
    }

    fn spectra_are_wanted(&self) -> bool {
        let known = self.publisher.state.spectra.as_ref();
        let old = known.is_none_or(|spectra| spectra.step < self.training.steps());
        // Alarms need new spectra only after new steps.
        match self.views.detail() {
            Detail::None => {
                old && self.publisher.state.status == Status::Running && self.training.steps() > 0
            }
            wanted => old || self.views.made < wanted,
        }
    }

    fn plane_is_wanted(&self) -> bool {
        let known = self.publisher.state.plane.as_ref();
        let is_points = matches!(
            self.publisher.state.samples.as_deref(),
            Some(crate::model::Samples::Points { .. })
        );
        is_points
            && self.views.watches(Watched::Plane)
            && known.is_none_or(|plane| plane.step < self.training.steps())
    }

    fn begin_spectra(&mut self) -> Result<(), Failure> {
        let detail = self.views.detail();
        let watched = detail > Detail::None;
        let mut layers = self.training.weights()?;
        if !watched {
            layers.retain(|layer| layer.key.starts_with("d."));
        }
        self.views.made = detail;
        let task = Task {
            step: self.training.steps(),
            layers,
            max_work: if watched {
                f64::INFINITY
            } else {
                MAX_UNWATCHED_WORK
            },
            operators: detail == Detail::Full,
        };
        if let Err(error) = self.views.observer.begin(task) {
            self.views.next_spectra = Instant::now() + Duration::from_secs(60);
            let message = format!("cannot compute spectra: {error}");
            self.publisher.notice(message, true);
        }
        Ok(())
    }

    fn make_plane(&mut self) -> Result<(), Failure> {
        let start = Instant::now();
        let fixed = self.training.samples()?.0;
        let plane = self.training.plane(&fixed)?;
        self.publisher.state.plane = plane.map(Arc::new);
        let pause = start.elapsed().mul_f64(1.0 / PLANE - 1.0).max(MIN_INTERVAL);
        self.views.next_plane = Instant::now() + pause;
        self.publisher.mark_urgent();
        Ok(())
    }

    /// Computes the interpolation, if it is requested.
    pub(super) fn make_interpolation(&mut self) -> Result<(), Failure> {
        let count = self.training.settings().samples.count;
        let Some(ends) = self.views.ends.filter(|&(a, b)| a.max(b) < count) else {
            self.publisher.state.interpolation = None;
            return Ok(());
        };
        let samples = self.training.interpolation(ends)?;
        let interpolation = Interpolation { ends, samples };
        self.publisher.state.interpolation = Some(Arc::new(interpolation));
        Ok(())
    }
}
