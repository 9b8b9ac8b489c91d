//! The worker's copy of the snapshot, and its publication to front ends.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::model::{
    Entry, Measures, Notice, Outputs, Snapshot, Status, Updates,
    feed::{self, Curves, Feed, Stage, closing::Closing},
    snapshot::CHANGES,
};

/// Time between two snapshots without urgent changes.
const INTERVAL: Duration = Duration::from_millis(33);

/// Collects changes and publishes them: urgent ones at once, others at regular intervals.
pub(super) struct Publisher {
    feed: Arc<Feed>,
    /// The next snapshot.
    pub state: Snapshot,
    curves: Curves,
    /// Whether the state has changes that are published before the regular interval.
    urgent: bool,
    /// Time of the last publication.
    published: Instant,
}

impl Publisher {
    /// A publisher that starts with the current snapshot of `feed`.
    pub(super) fn new(feed: Arc<Feed>) -> Self {
        Self {
            state: (*feed.snapshot()).clone(),
            feed,
            curves: Curves::default(),
            urgent: false,
            published: Instant::now(),
        }
    }

    /// Adds the measures of a step that updated these networks.
    pub(super) fn add_measures(&mut self, measures: Arc<Measures>, updates: Updates) {
        let entry = feed::Entry::Measures(Arc::clone(&measures), updates);
        self.curves.push(&self.feed, entry);
        self.state.measures = Some(measures);
    }

    /// Ends the current branch at `step`, and starts new curves.
    pub(super) fn start_branch(&mut self, step: u64) {
        self.curves.flush(&self.feed);
        self.feed.leave(step);
        self.state.measures = None;
    }

    /// Sets the last entries of the journal that an earlier process wrote.
    pub(super) fn set_changes(&mut self, changes: Vec<Entry>) {
        self.state.changes = changes;
        self.urgent = true;
    }

    /// Adds values after a step to the curves with these names.
    pub(super) fn add_figures<N: Into<String>>(&mut self, step: u64, figures: Vec<(N, f32)>) {
        let figures = figures.into_iter();
        let figures = figures.map(|(name, value)| (name.into(), value)).collect();
        let entry = feed::Entry::Figures(step, figures);
        self.curves.push(&self.feed, entry);
    }

    /// Adds recorded histograms of D's output.
    pub(super) fn add_outputs(&mut self, outputs: Arc<Outputs>) {
        self.curves.push(&self.feed, feed::Entry::Outputs(outputs));
    }

    /// Publishes the state at the next tick.
    pub(super) fn mark_urgent(&mut self) {
        self.urgent = true;
    }

    /// The shared state of the end of the run.
    pub(super) fn closing(&self) -> &Closing {
        self.feed.closing()
    }

    /// Sets the current stage of the worker.
    pub(super) fn set_stage(&self, stage: Stage) {
        self.closing().enter(stage);
    }

    /// Sets the number of completed steps.
    pub(super) fn set_steps(&mut self, steps: u64) {
        self.state.step = steps;
        self.feed.stepped(steps);
    }

    /// Sets the status of the run.
    pub(super) fn set_status(&mut self, status: Status) {
        self.state.status = status;
        self.urgent = true;
    }

    /// Marks request `id` as executed or refused.
    pub(super) fn acknowledge(&mut self, id: u64) {
        self.state.acknowledged = id;
        self.urgent = true;
    }

    /// Shows a message to the user and writes it to the log.
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

    /// Adds an entry of the journal to the snapshot and to the log.
    pub(super) fn add_entry(&mut self, entry: Entry) {
        let cause = entry.cause.name();
        match entry.event.words() {
            [kind, key, old, new] if !key.is_empty() || !new.is_empty() => {
                tracing::info!(step = entry.step, cause, "{kind} {key} {old} -> {new}");
            }
            _ => tracing::info!(step = entry.step, cause, "{}", entry.event),
        }
        let changes = &mut self.state.changes;
        changes.push(entry);
        changes.drain(..changes.len().saturating_sub(CHANGES));
        self.urgent = true;
    }

    /// Publishes if the state is urgent or the interval has passed. Skips this if a reader holds the feed.
    pub(super) fn tick(&mut self) {
        let due = self.urgent || self.published.elapsed() >= INTERVAL;
        if due && self.feed.try_publish(self.state.clone()) {
            self.urgent = false;
            self.published = Instant::now();
        }
    }

    /// Publishes urgent changes. It may wait for readers, so it is called only between steps.
    pub(super) fn publish_urgent(&mut self) {
        if self.urgent {
            self.publish();
        }
    }

    /// Publishes all changes. It may wait for readers, so it is called only between steps.
    pub(super) fn publish(&mut self) {
        self.curves.flush(&self.feed);
        self.feed.publish(self.state.clone());
        self.urgent = false;
        self.published = Instant::now();
    }
}
