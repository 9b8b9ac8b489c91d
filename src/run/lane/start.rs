//! The start of a lane: new, resumed or split off.

use std::{
    path::PathBuf,
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

use tracing::Dispatch;

use super::{Lane, Mode, saving::Saving, spectra::ExactMeasures, views::Views};
use crate::{
    model::{Cause, Event, LaneId, Logged, Status, Stopped, Summary, Updates, feed::Feed},
    preset::Preset,
    run::{
        Ended, Options, alarm::Detectors, device::gpu_name, engine::Failure,
        on_alarm::RaisedAlarms, publisher::Publisher, rate::Rate, training::Training,
    },
    rundir::{
        about::{self, About},
        checkpoint::Position,
        directory::RunDirectory,
        journal::Journal,
        lock::Lock,
        metrics::{self, Metrics, Past},
        resume::{self, StartState},
    },
};

/// What a lane starts with, besides its training.
pub(in crate::run) struct Origin {
    /// The name of the lane.
    pub id: LaneId,
    /// Whether lines name the lane.
    pub names_lane: bool,
    /// Its options.
    pub options: Options,
    /// Its directory, and the right to write there.
    pub directory: (RunDirectory, Lock),
    /// Where it publishes.
    pub feed: Arc<Feed>,
    /// Where its lines go.
    pub lines: Sender<Logged>,
    /// Where its alarms go, if a command waits for them.
    pub raised: Option<RaisedAlarms>,
    /// Its log.
    pub log: Dispatch,
}

impl Lane {
    /// Builds the training with `build`, in the state of `start`.
    ///
    /// # Errors
    /// If the training cannot be built. The run is then over, and the directory of a new run is removed.
    pub(in crate::run) fn start(
        origin: Origin,
        start: &mut StartState,
        build: impl FnOnce(Arc<Preset>, u64) -> Result<Training, Failure>,
    ) -> Result<Self, Box<Ended>> {
        let Origin {
            id,
            names_lane,
            options,
            directory: (directory, lock),
            feed,
            lines,
            raised,
            log,
        } = origin;
        let mut publisher = Publisher::new(feed);
        tracing::info!(
            preset = options.name,
            seed = options.seed,
            threads = options.threads,
            device = %options.device,
            "start"
        );
        if let Some(warning) = lock.warning() {
            publisher.notice(warning, true);
        }
        let settings = Arc::clone(&publisher.state.settings);
        let position = start.checkpoint.as_ref().map(|it| &it.position);
        publisher.state.saved = position.map(|position| position.step);
        let made = build(Arc::clone(&settings), options.seed).and_then(|mut training| {
            if let Some(checkpoint) = &start.checkpoint {
                training.restore(settings, Some(&checkpoint.state))?;
                training.begin_fork(&checkpoint.position)?;
            }
            Ok(training)
        });
        let training = match made {
            Ok(training) => training,
            Err(error) => {
                let message = error.to_string();
                tracing::error!("{message}");
                if !start.resumed {
                    directory.clear();
                    // The directory no longer exists.
                    publisher.state.directory = PathBuf::new();
                }
                publisher.set_status(Status::Failed(message.clone()));
                publisher.publish();
                return Err(Box::new(Ended {
                    summary: Summary::of(&publisher.state, Stopped::Error),
                    error: Some(message),
                    saved: position
                        .filter(|_| start.resumed)
                        .map(|position| position.step),
                    directory: directory.path().to_owned(),
                    others: Vec::new(),
                }));
            }
        };
        // The summary of the previous end is outdated.
        let _ = directory.summary().remove();
        publisher.state.parameters = training.parameters();
        if !start.resumed {
            let data = training.settings().data.clone();
            if let Err(error) = About::add_fingerprint(directory.about(), data) {
                tracing::warn!("cannot write the fingerprint of the data: {error}");
            }
        }
        let lock = Arc::new(lock);
        let (updates, left) = position.map_or((Updates::Both, None), resume::active_updates);
        let paused = options.live && options.paused;
        let saving = Saving::new(start.number, training.settings().checkpoints.seconds);
        Ok(Self {
            id,
            options,
            training,
            mode: if paused {
                Mode::Paused
            } else {
                Mode::Running { left, updates }
            },
            requested: updates,
            user_steps: false,
            schedule: std::mem::take(&mut start.schedule),
            journal: Journal::new(directory.journal(), Arc::clone(&lock), start.lines),
            again: std::mem::take(&mut start.expected_lines),
            metrics: Metrics::new(directory.metrics(), Arc::clone(&lock)),
            saving,
            lock,
            detectors: Detectors::default(),
            views: Views::default(),
            next_step: Instant::now(),
            attempt: None,
            updates: Updates::Both,
            directory,
            lines,
            raised,
            unsent: Vec::new(),
            log,
            names_lane,
            last_line: None,
            unnormalized: Vec::new(),
            scored: false,
            scores_in_line: None,
            scores_written: None,
            exact: ExactMeasures::default(),
            outputs: None,
            distances: None,
            publisher,
            rate: Rate::default(),
            unsaved: Vec::new(),
            weights_sha256: None,
            incomplete: false,
        })
    }

    /// Shows the state with which a forked run begins.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn begin_fork(&mut self, start: StartState) -> Result<(), Failure> {
        let position = start.checkpoint.map(|saved| saved.position);
        let past = Past::of(position.as_ref());
        self.publisher.state.seconds = position.map_or(0.0, |position| position.seconds);
        let step = self.training.steps();
        let from = start.changes.iter().find_map(|entry| match &entry.event {
            Event::Fork { from, .. } => from.as_ref(),
            _ => None,
        });
        let text = match from {
            Some(from) => format!("forked from {from}"),
            None => format!("forked at step {step}"),
        };
        self.publisher.set_changes(start.changes);
        self.show_from(step, &past)?;
        self.publisher.notice(text, false);
        Ok(())
    }

    /// Shows the earlier part of a resumed run, and records that it continues.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn resume(&mut self, before: StartState) -> Result<(), Failure> {
        for warning in before.warnings {
            self.publisher.notice(warning, true);
        }
        let position = before.checkpoint.map(|saved| saved.position);
        let seconds = position.as_ref().map(|position| position.seconds);
        self.publisher.state.seconds = seconds.unwrap_or(0.0);
        self.publisher.set_changes(before.changes);
        let step = self.training.steps();
        let past = Past::of(position.as_ref());
        let reached = metrics::last_step_after(&self.directory.metrics(), &past);
        let reached = reached.ok().flatten();
        self.show_from(step, &past)?;
        if let Some(from) = before.rewound_from {
            let rewind = Position::rewind(position.as_ref(), from);
            self.record(step + 1, rewind, Cause::Resume);
        }
        self.record_with(
            step + 1,
            Event::Continue { step },
            Cause::Resume,
            &about::environment(),
        );
        let new = self.options.preset.steps;
        if let Some(old) = before.total.filter(|&asked| asked != new) {
            self.record(step + 1, Event::Steps { old, new }, Cause::Resume);
        }
        let new = self.options.device.to_string();
        let other = |made_on: &String| gpu_name(made_on) != gpu_name(&new);
        if let Some(old) = before.device.filter(other) {
            self.record(step + 1, Event::Device { old, new }, Cause::Resume);
        }
        let repeated = reached.filter(|&reached| reached > step && before.rewound_from.is_none());
        self.publisher.notice(
            match repeated {
                Some(reached) => {
                    format!("resumed at step {step}: steps up to {reached} are repeated")
                }
                None => format!("resumed at step {step}"),
            },
            false,
        );
        // The previous process was paused during steps of one network.
        if before.requested != self.requested && !self.schedule.has_start() {
            self.record(step + 1, Event::Resume, Cause::Resume);
        }
        // Lines of steps that are repeated no longer count: a change may come before them.
        let branched = if before.rewound_from.is_some() || repeated.is_some() {
            self.metrics.branch_from(&past)
        } else {
            self.metrics.regain(&past)
        };
        self.report(branched);
        Ok(())
    }
}
