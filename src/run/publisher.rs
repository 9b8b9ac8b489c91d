//! The worker's own state of affairs, and when front ends get to see it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    feed::{self, Curves, Feed, Stage, closing::Closing},
    model::{Entry, Measures, Notice, Snapshot, Status, Updates, snapshot::CHANGES},
};

/// Time between two snapshots while nothing but the step changes.
const PAUSE: Duration = Duration::from_millis(33);

/// Collects what is new and publishes it: at once where a person waits for it, else on a schedule.
pub(super) struct Publisher<'a> {
    feed: &'a Feed,
    /// The state of the run; published with the next snapshot.
    pub state: Snapshot,
    curves: Curves,
    /// Something in the state is worth showing before the next snapshot is due.
    urgent: bool,
    published: Instant,
}

impl<'a> Publisher<'a> {
    pub(super) fn new(feed: &'a Feed) -> Self {
        Self {
            state: (*feed.snapshot()).clone(),
            feed,
            curves: Curves::default(),
            urgent: false,
            published: Instant::now(),
        }
    }

    /// Takes over the measures of a step of these networks.
    pub(super) fn measures(&mut self, measures: Arc<Measures>, updates: Updates) {
        let entry = feed::Entry::Measures(Arc::clone(&measures), updates);
        self.curves.push(self.feed, entry);
        self.state.measures = Some(measures);
    }

    /// Leaves the curves behind as a branch that got as far as `step`.
    pub(super) fn branch(&mut self, step: u64) {
        self.curves.flush(self.feed);
        self.feed.leave(step);
        self.state.measures = None;
    }

    /// Takes over the last entries of the journal that an earlier process wrote.
    pub(super) fn changes(&mut self, changes: Vec<Entry>) {
        self.state.changes = changes;
        self.urgent = true;
    }

    /// Takes over figures after a step, by the names of their curves.
    pub(super) fn figures<N: Into<String>>(&mut self, step: u64, figures: Vec<(N, f32)>) {
        let figures = figures.into_iter();
        let figures = figures.map(|(name, value)| (name.into(), value)).collect();
        let entry = feed::Entry::Figures(step, figures);
        self.curves.push(self.feed, entry);
    }

    /// What is in the state now is worth showing at once.
    pub(super) fn hurry(&mut self) {
        self.urgent = true;
    }

    /// What others have to say about the end of the run, and the worker to them.
    pub(super) fn closing(&self) -> &Closing {
        self.feed.closing()
    }

    /// What the worker is at from now on.
    pub(super) fn enter(&self, stage: Stage) {
        self.closing().enter(stage);
    }

    /// So many steps are made.
    pub(super) fn stepped(&mut self, steps: u64) {
        self.state.step = steps;
        self.feed.stepped(steps);
    }

    pub(super) fn status(&mut self, status: Status) {
        self.state.status = status;
        self.urgent = true;
    }

    /// Request `id` is dealt with.
    pub(super) fn acknowledge(&mut self, id: u64) {
        self.state.acknowledged = id;
        self.urgent = true;
    }

    /// A line for the person and the log.
    pub(super) fn notice(&mut self, text: String, error: bool) {
        if error {
            tracing::error!("{text}");
        } else {
            tracing::info!("{text}");
        }
        let number = self.state.notice.as_ref().map_or(1, |last| last.number + 1);
        let notice = Notice {
            number,
            text,
            error,
        };
        self.feed.notice(notice.clone());
        self.state.notice = Some(notice);
        self.urgent = true;
    }

    /// An entry of the journal.
    pub(super) fn entry(&mut self, entry: Entry) {
        let [kind, key, old, new] = entry.event.words();
        let cause = entry.cause.name();
        tracing::info!(step = entry.step, cause, "{kind} {key} {old} -> {new}");
        let changes = &mut self.state.changes;
        changes.push(entry);
        changes.drain(..changes.len().saturating_sub(CHANGES));
        self.urgent = true;
    }

    /// Publishes if something urgent or enough time has passed, and no reader is in the way.
    pub(super) fn tick(&mut self) {
        let due = self.urgent || self.published.elapsed() >= PAUSE;
        if due && self.feed.try_publish(self.state.clone()) {
            self.urgent = false;
            self.published = Instant::now();
        }
    }

    /// Publishes what is urgent, waiting for readers: for moments at which nothing trains.
    pub(super) fn publish_urgent(&mut self) {
        if self.urgent {
            self.publish();
        }
    }

    /// Publishes everything, waiting for readers: for moments at which nothing trains.
    pub(super) fn publish(&mut self) {
        self.curves.flush(self.feed);
        self.feed.publish(self.state.clone());
        self.urgent = false;
        self.published = Instant::now();
    }
}
