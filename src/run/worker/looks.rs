//! What the worker looks at beside training, and what it warns of.
//!
//! Singular values are taken on a thread of their own, which gets a small share of the time of one processor: training
//! waits for nothing but the copying of weights. The plane is small, and made here within a share of its own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Mode, Worker};
use crate::{
    model::{Cause, Event, Interpolation, Look, Status},
    run::{
        alarm::Turn,
        engine::Failure,
        film::{Developed, Developing, Film},
        observer::{Observer, Task},
    },
    rundir::samples,
};

/// Shares of the time that looking may take: of one processor for spectra, unwatched and watched, and of training for
/// the plane.
const UNWATCHED: f64 = 0.01;
const WATCHED: f64 = 0.1;
const PLANE: f64 = 0.01;
/// Least time between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// Most work of an SVD that nobody watches (see [`LayerWeight::work`](crate::spectral::LayerWeight::work)): well under a
/// second.
const WORK: f64 = (1u64 << 27) as f64;

/// What is looked at, and when next.
#[derive(Debug)]
pub(super) struct Looks {
    watched: Vec<Look>,
    observer: Observer,
    next_spectra: Instant,
    next_plane: Instant,
    /// Whether the last spectra hold all that is watched: every layer, norms of convolutions included.
    whole: bool,
    /// The samples between which others are made.
    pub ends: Option<(usize, usize)>,
    pub film: Option<Film>,
    developing: Vec<Developing>,
}

impl Default for Looks {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            watched: Vec::new(),
            observer: Observer::default(),
            next_spectra: now,
            next_plane: now,
            whole: false,
            ends: None,
            film: None,
            developing: Vec::new(),
        }
    }
}

impl Looks {
    pub(super) fn watches(&self, look: Look) -> bool {
        self.watched.contains(&look)
    }
}

impl Worker<'_> {
    pub(super) fn watch(&mut self, looks: Vec<Look>) {
        let now = Instant::now();
        if looks.contains(&Look::Spectra) && !self.looks.watches(Look::Spectra) {
            self.looks.next_spectra = now;
        }
        if looks.contains(&Look::Plane) && !self.looks.watches(Look::Plane) {
            self.looks.next_plane = now;
        }
        if !looks.contains(&Look::Spectra) {
            self.looks.observer.hurry();
            self.looks.whole = false;
        }
        self.looks.watched = looks;
    }

    /// Whether something goes on beside a paused worker.
    pub(super) fn is_looking(&self) -> bool {
        let looks = &self.looks;
        looks.observer.busy()
            || !looks.developing.is_empty()
            || self.spectra_are_wanted()
            || self.plane_is_wanted()
    }

    /// Takes what came in, and looks at what it is time to look at.
    pub(super) fn look_around(&mut self) -> Result<(), Failure> {
        while let Some(report) = self.looks.observer.report() {
            if report.last {
                let share = self.share();
                let pause = report.took.mul_f64(1.0 / share - 1.0).max(PAUSE);
                self.looks.next_spectra = Instant::now() + pause;
            }
            self.take_spectra(report.spectra);
        }
        let now = Instant::now();
        if self.spectra_are_wanted()
            && !self.looks.observer.busy()
            && now >= self.looks.next_spectra
        {
            self.begin_spectra()?;
        }
        if self.plane_is_wanted() && now >= self.looks.next_plane {
            self.make_plane()?;
        }
        let looks = std::mem::take(&mut self.looks.developing);
        for developing in looks {
            match developing.look() {
                Some(developed) => self.tell_film(developed),
                None => self.looks.developing.push(developing),
            }
        }
        if !matches!(self.mode, Mode::Running { .. }) {
            self.publisher.publish_urgent();
        }
        Ok(())
    }

    fn share(&self) -> f64 {
        match self.looks.watches(Look::Spectra) {
            true => WATCHED,
            false => UNWATCHED,
        }
    }

    fn spectra_are_wanted(&self) -> bool {
        let known = self.publisher.state.spectra.as_ref();
        let old = known.is_none_or(|spectra| spectra.step < self.lane.steps());
        // Paused, and before the first step, only where somebody looks: nothing has changed for the alarms.
        if self.looks.watches(Look::Spectra) {
            old || !self.looks.whole
        } else {
            old && self.publisher.state.status == Status::Running && self.lane.steps() > 0
        }
    }

    fn plane_is_wanted(&self) -> bool {
        let known = self.publisher.state.plane.as_ref();
        let is_points = matches!(
            self.publisher.state.samples.as_deref(),
            Some(crate::model::Samples::Points { .. })
        );
        is_points
            && self.looks.watches(Look::Plane)
            && known.is_none_or(|plane| plane.step < self.lane.steps())
    }

    fn begin_spectra(&mut self) -> Result<(), Failure> {
        let watched = self.looks.watches(Look::Spectra);
        let mut layers = self.lane.weights()?;
        if !watched {
            layers.retain(|layer| layer.key.starts_with("d."));
        }
        self.looks.whole = watched;
        let task = Task {
            step: self.lane.steps(),
            layers,
            most_work: if watched { f64::INFINITY } else { WORK },
            operators: watched,
        };
        if let Err(error) = self.looks.observer.begin(task) {
            self.looks.next_spectra = Instant::now() + Duration::from_secs(60);
            let message = format!("spectra cannot be looked at: {error}");
            self.publisher.notice(message, true);
        }
        Ok(())
    }

    fn make_plane(&mut self) -> Result<(), Failure> {
        let start = Instant::now();
        let fixed = self.lane.samples()?.0;
        let plane = self.lane.plane(&fixed)?;
        self.publisher.state.plane = plane.map(Arc::new);
        let pause = start.elapsed().mul_f64(1.0 / PLANE - 1.0).max(PAUSE);
        self.looks.next_plane = Instant::now() + pause;
        self.publisher.hurry();
        Ok(())
    }

    /// Makes the samples between two others, where they are asked for.
    pub(super) fn make_interpolation(&mut self) -> Result<(), Failure> {
        let count = self.lane.settings().samples.count;
        let Some(ends) = self.looks.ends.filter(|&(a, b)| a.max(b) < count) else {
            self.publisher.state.interpolation = None;
            return Ok(());
        };
        let samples = self.lane.interpolation(ends)?;
        let interpolation = Interpolation { ends, samples };
        self.publisher.state.interpolation = Some(Arc::new(interpolation));
        Ok(())
    }

    /// Makes the present samples a frame of the film that is being taken.
    pub(super) fn add_frame(&mut self) {
        let Some(mut film) = self.looks.film.take() else {
            return;
        };
        let samples = self.publisher.state.samples.as_deref();
        let picture = samples.map(|samples| samples::draw(samples).1);
        if picture.is_none_or(|picture| film.frame(picture)) {
            self.publisher.state.gif = Some(film.frames);
            self.looks.film = Some(film);
        } else {
            self.end_film(film);
        }
    }

    pub(super) fn end_film(&mut self, film: Film) {
        self.publisher.state.gif = None;
        if film.missed > 0 {
            tracing::warn!("the GIF lacks {} pictures: they came too fast", film.missed);
        }
        self.looks.developing.push(film.end());
    }

    /// Waits for all films, that which is being taken included.
    pub(super) fn finish_films(&mut self) {
        if let Some(film) = self.looks.film.take() {
            self.end_film(film);
        }
        for developing in std::mem::take(&mut self.looks.developing) {
            self.tell_film(developing.wait());
        }
    }

    fn tell_film(&mut self, developed: Developed) {
        match developed {
            Ok((path, frames)) => {
                let message = format!(
                    "saved {} ({frames} {})",
                    path.display(),
                    if frames == 1 { "frame" } else { "frames" }
                );
                self.publisher.notice(message, false);
            }
            Err(reason) => self.publisher.notice(reason, true),
        }
    }

    /// Shows and records alarms that went on or off.
    pub(super) fn raise(&mut self, turns: Vec<Turn>) {
        if turns.is_empty() {
            return;
        }
        self.publisher.state.alarms = self.detectors.on().to_vec();
        for turn in turns {
            let (on, alarm) = match turn {
                Turn::On(alarm) => (true, alarm),
                Turn::Off(alarm) => (false, alarm),
            };
            // A live screen has a place of its own for alarms.
            if on && !self.options.live {
                let message = format!("step {}: {}", alarm.step, alarm.text);
                self.publisher.notice(message, true);
            }
            let (key, text) = (alarm.key(), alarm.text);
            let event = match on {
                true => Event::Alarm { key, text },
                false => Event::AlarmEnd { key, text },
            };
            self.record(self.lane.steps().max(alarm.step), event, Cause::Alarm);
        }
    }
}
