//! How a worker begins, and how it takes over from the process before it.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::Instant,
};

use super::{Mode, Worker, looks::Looks, saving::Saving, spectra::Exacts};
use crate::{
    feed::Feed,
    model::{Cause, Event, Logged, Request, Status, Stopped, Summary, Updates},
    preset::Preset,
    run::{
        Ended, Options,
        alarm::Detectors,
        device::gpu_name,
        engine::{Engine, Failure},
        lane::Lane,
        publisher::Publisher,
        rate::Rate,
    },
    rundir::{
        about::{self, About},
        directory::RunDirectory,
        journal::Journal,
        lock::Lock,
        metrics::{self, Metrics},
        resume::{self, StartState},
    },
};

/// Does a whole run on the calling thread, or what is left of one.
#[allow(clippy::too_many_arguments)]
pub(crate) fn work<B>(
    options: Options,
    (directory, lock): (RunDirectory, Lock),
    mut start: StartState,
    feed: &Feed,
    requests: Receiver<Request>,
    lines: Sender<Logged>,
    build: B,
) -> Ended
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
{
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
    let made = Lane::new(Arc::clone(&settings), options.seed, build).and_then(|mut lane| {
        if let Some(checkpoint) = &start.checkpoint {
            lane.restore(settings, Some(&checkpoint.state))?;
        }
        Ok(lane)
    });
    let lane = match made {
        Ok(lane) => lane,
        Err(error) => {
            let message = error.to_string();
            tracing::error!("{message}");
            if !start.resumed {
                directory.clear();
                // Nobody is to be told of files that there are not.
                publisher.state.directory = PathBuf::new();
            }
            publisher.status(Status::Failed(message.clone()));
            publisher.publish();
            return Ended {
                summary: Summary::of(&publisher.state, Stopped::Error),
                error: Some(message),
                saved: position.map(|position| position.step),
                directory: directory.path().to_owned(),
            };
        }
    };
    // It is no longer how the run ended.
    let _ = directory.summary().remove();
    publisher.state.parameters = lane.parameters();
    if !start.resumed {
        let data = lane.settings().data.clone();
        if let Err(error) = About::add_fingerprint(directory.about(), data) {
            tracing::warn!("the data have no fingerprint: {error}");
        }
    }
    let lock = Arc::new(lock);
    let (updates, left) = position.map_or((Updates::Both, None), resume::active_updates);
    let paused = options.live && options.paused;
    let saving = Saving::new(start.number, lane.settings().checkpoints.seconds);
    let worker = Worker {
        options,
        lane,
        mode: match paused {
            true => Mode::Paused,
            false => Mode::Running { left, updates },
        },
        going: updates,
        asked: false,
        schedule: std::mem::take(&mut start.schedule),
        journal: Journal::new(directory.journal(), Arc::clone(&lock), start.lines),
        again: std::mem::take(&mut start.expected_lines),
        metrics: Metrics::new(directory.metrics(), Arc::clone(&lock)),
        saving,
        lock,
        detectors: Detectors::default(),
        looks: Looks::default(),
        next_step: Instant::now(),
        updates: Updates::Both,
        directory,
        requests,
        lines,
        last_line: None,
        unnormalized: Vec::new(),
        scored: false,
        scores_in_line: None,
        scores_written: None,
        exacts: Exacts::default(),
        publisher,
        rate: Rate::default(),
        unsaved: Vec::new(),
        weights_sha256: None,
        cut: false,
    };
    worker.run(start)
}

impl Worker<'_> {
    /// Tells what was before this process, and that it goes on.
    pub(super) fn take_over(&mut self, before: StartState) -> Result<(), Failure> {
        for warning in before.warnings {
            self.publisher.notice(warning, true);
        }
        let position = before.checkpoint.map(|saved| saved.position);
        let seconds = position.as_ref().map(|position| position.seconds);
        self.publisher.state.seconds = seconds.unwrap_or(0.0);
        self.publisher.changes(before.changes);
        let step = self.lane.steps();
        let reached = metrics::last_step(&self.directory.metrics()).ok().flatten();
        let last = self.begin_at(step)?;
        if let Some(from) = before.rewound_from {
            let rewind = Event::Rewind {
                lines: position.map_or(0, |position| position.journal),
                from,
                to: step,
            };
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
        let again = reached.filter(|&reached| reached > step && before.rewound_from.is_none());
        self.publisher.notice(
            match again {
                Some(reached) => {
                    format!("goes on from step {step}: steps to {reached} are made again")
                }
                None => format!("goes on from step {step}"),
            },
            false,
        );
        // The process before it was told to pause amid steps of one network.
        if before.requested != self.going && !self.schedule.has_start() {
            self.record(step + 1, Event::Resume, Cause::Resume);
        }
        if before.rewound_from.is_some() {
            self.cut(last);
        }
        Ok(())
    }
}
