//! The lane from which another one is split off.

use std::path::{Path, PathBuf};

use super::Lane;
use crate::{
    engine::gan::Outcome,
    model::{Cause, Change, Event, LaneId, Parent},
    preset::{Preset, Scheduled},
    run::{Options, engine::Failure, training::Training},
    rundir::{
        fork::{Fork, Forked, forked},
        layout,
    },
};

/// All that a new lane takes over from its parent.
pub(in crate::run) struct ForkPoint {
    /// The options of the new lane.
    pub options: Options,
    /// Its state and changes.
    pub fork: Fork,
    /// Its settings.
    pub settings: Preset,
}

impl Lane {
    /// The current state under the changes `settings` (`KEY=VALUE`), as the start of lane `id` with the planned changes
    /// `at`. The inner error is a message about a change that is refused.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn fork_point(
        &mut self,
        id: LaneId,
        settings: &[String],
        at: Vec<Scheduled>,
        cause: &Cause,
    ) -> Result<Result<ForkPoint, String>, Failure> {
        if self.training.settle()? == Outcome::NonFinite {
            let message = format!("the update of step {} is not finite", self.steps() + 1);
            return Ok(Err(message));
        }
        let start = self.checkpoint()?;
        let Forked {
            start: of_state,
            preset,
            changes,
        } = match forked(&start.position, self.options.preset.steps, settings) {
            Ok(forked) => forked,
            Err(refused) => return Ok(Err(refused.to_string())),
        };
        let options = Options {
            preset: of_state,
            init: None,
            out: Some(
                self.run_directory()
                    .join(layout::LANES)
                    .join(id.to_string()),
            ),
            at,
            forks: Vec::new(),
            paused: false,
            ..self.options.clone()
        };
        let fork = Fork {
            parent: Parent {
                run: match self.id {
                    LaneId::A => "../..".to_owned(),
                    lane => format!("../{lane}"),
                },
                lane: self.id.to_string(),
                step: start.position.step,
                numerics: None,
            },
            start,
            changes,
            preset: preset.clone(),
            cause: cause.clone(),
        };
        Ok(Ok(ForkPoint {
            options,
            fork,
            settings: preset,
        }))
    }

    /// The directory of the run of which this is a lane.
    pub(in crate::run) fn run_directory(&self) -> PathBuf {
        let own = self.directory.folder().current_path();
        match self.id {
            LaneId::A => own,
            _ => own.ancestors().nth(2).map_or(own.clone(), Path::to_owned),
        }
    }

    /// Journals that lane `id` was split off, or brought back, with these changes.
    pub(in crate::run) fn record_fork(&mut self, id: LaneId, changes: Vec<Change>, cause: Cause) {
        let fork = Event::Fork {
            lane: Some(id.to_string()),
            from: None,
            changes,
        };
        self.journal(fork, cause);
    }

    /// Shows a message to the user.
    pub(in crate::run) fn tell(&mut self, message: String) {
        self.publisher.notice(message, false);
    }

    /// Shows a warning to the user.
    pub(in crate::run) fn warn(&mut self, message: String) {
        self.publisher.notice(message, true);
    }

    /// The training, with which a new lane shares its data.
    pub(in crate::run) fn training(&self) -> &Training {
        &self.training
    }
}
