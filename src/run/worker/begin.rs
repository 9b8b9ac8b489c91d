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
    model::{Change, Logged, Request, Status, Stopped, Summary, Updates},
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
        journal::{Journal, lineage},
        lock::Lock,
        metrics::{self, Metrics},
        resume::{self, Beginning},
    },
};

/// Does a whole run on the calling thread, or what is left of one.
#[allow(clippy::too_many_arguments)]
pub fn work<B>(
    options: Options,
    (directory, lock): (RunDirectory, Lock),
    beginning: Beginning,
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
    let position = beginning.checkpoint.as_ref().map(|it| &it.position);
    publisher.state.saved = position.map(|position| position.step);
    let made = Lane::new(Arc::clone(&settings), options.seed, build).and_then(|mut lane| {
        if let Some(checkpoint) = &beginning.checkpoint {
            lane.restore(settings, Some(&checkpoint.state))?;
        }
        Ok(lane)
    });
    let lane = match made {
        Ok(lane) => lane,
        Err(error) => {
            let message = error.to_string();
            tracing::error!("{message}");
            if !beginning.resumed {
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
    if !beginning.resumed {
        let data = lane.settings().data.clone();
        if let Err(error) = About::add_fingerprint(directory.about(), data) {
            tracing::warn!("the data have no fingerprint: {error}");
        }
    }
    let lock = Arc::new(lock);
    let (updates, left) = position.map_or((Updates::Both, None), resume::going);
    let paused = options.live && options.paused;
    let saving = Saving::new(beginning.number, lane.settings().checkpoints.seconds);
    let worker = Worker {
        options,
        lane,
        mode: match paused {
            true => Mode::Paused,
            false => Mode::Running { left, updates },
        },
        going: updates,
        asked: false,
        schedule: beginning.schedule,
        journal: Journal::new(directory.journal(), Arc::clone(&lock), beginning.lines),
        again: beginning.again,
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
    worker.run(beginning.resumed.then_some(Taken {
        changes: beginning.changes,
        warnings: beginning.warnings,
        seconds: position.map_or(0.0, |position| position.seconds),
        rewound: beginning.rewound,
        asked: beginning.asked,
        lines: position.map_or(0, |position| position.journal),
        device: beginning.device,
        total: beginning.total,
    }))
}

/// What a worker tells of the process before it.
pub(super) struct Taken {
    changes: Vec<Change>,
    warnings: Vec<String>,
    seconds: f64,
    /// Where the run got to before it is taken back.
    rewound: Option<u64>,
    /// The networks whose steps had last been asked for at the checkpoint.
    asked: Updates,
    /// Lines of the journal at the checkpoint.
    lines: u64,
    /// The device that the state was made on.
    device: Option<String>,
    /// Steps to which it was last asked to go.
    total: Option<u64>,
}

impl Worker<'_> {
    /// Tells what was before this process, and that it goes on.
    pub(super) fn take_over(&mut self, taken: Taken) -> Result<(), Failure> {
        for warning in taken.warnings {
            self.publisher.notice(warning, true);
        }
        self.publisher.state.seconds = taken.seconds;
        self.publisher.changes(taken.changes);
        let step = self.lane.steps();
        let reached = metrics::last_step(&self.directory.metrics()).ok().flatten();
        let last = self.begin_at(step)?;
        let line = |kind: &str, key: String, old: String, new: String| Change {
            step: step + 1,
            kind: kind.to_owned(),
            key,
            old,
            new,
            cause: "resume".to_owned(),
        };
        let none = String::new;
        if let Some(from) = taken.rewound {
            let key = lineage::key(taken.lines);
            self.record(line("rewind", key, from.to_string(), step.to_string()));
        }
        self.record_with(
            line("continue", none(), none(), step.to_string()),
            &about::environment(),
        );
        let total = self.options.preset.steps;
        if let Some(before) = taken.total.filter(|&before| before != total) {
            let (before, total) = (before.to_string(), total.to_string());
            self.record(line(lineage::STEPS, none(), before, total));
        }
        let device = self.options.device.to_string();
        let other = |before: &String| gpu_name(before) != gpu_name(&device);
        if let Some(before) = taken.device.filter(other) {
            self.record(line(lineage::DEVICE, none(), before, device));
        }
        let again = reached.filter(|&reached| reached > step && taken.rewound.is_none());
        self.publisher.notice(
            match again {
                Some(reached) => {
                    format!("goes on from step {step}: steps to {reached} are made again")
                }
                None => format!("goes on from step {step}"),
            },
            false,
        );
        // The process before it was told to rest amid steps of one network.
        if taken.asked != self.going && !self.schedule.goes() {
            self.record(line("resume", none(), none(), none()));
        }
        if taken.rewound.is_some() {
            self.cut(last);
        }
        Ok(())
    }
}
