//! The demo: an experiment that runs by itself on the live screen, while a text tells what is seen and which key does it.
//!
//! It has two runs. In the first one a lane with spectral normalization is split off a run without; in the second one the
//! slope of D grows without end until normalization is switched on. Forks and changes are planned when a run starts, so the
//! figures are those of the same run without a screen. The texts have the numbers that were measured.

mod texts;

use std::sync::Arc;

use super::{App, Effect, action::Action, keys::Mode, view::View};
use crate::model::{
    Command, History, LaneId, RunRequest, Scores, Status, measures::table::GRAD_X_MEAN,
};

/// The preset of both runs.
const PRESET: &str = "ring";
/// The setting that the demo is about.
const NORMALIZATION: &str = "spectral.enabled";

/// The steps of the demo, and how fast it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The step before which a lane with spectral normalization is split off the first run.
    pub fork: u64,
    /// Number of steps of the first run; `None` for those of the preset.
    pub steps: Option<u64>,
    /// The step of the second run before which spectral normalization is switched on.
    pub on: u64,
    /// Number of steps of the second run.
    pub second_steps: u64,
    /// Steps per second of the first and of the second run, so that texts can be read.
    pub paces: [f32; 2],
    /// Settings of both runs besides those of the experiment, as `--set` takes them.
    pub set: Vec<String>,
    /// Seed of both runs.
    pub seed: u64,
}

impl Plan {
    /// The plan of three minutes.
    pub fn new(seed: u64) -> Self {
        Self {
            fork: 2_000,
            steps: None,
            on: 1_001,
            second_steps: 1_500,
            paces: [80.0, 40.0],
            set: Vec::new(),
            seed,
        }
    }

    /// The run of two lanes: without spectral normalization, and with it from the fork on.
    pub fn first(&self) -> RunRequest {
        RunRequest {
            fork: vec![format!("{}:{NORMALIZATION}=true", self.fork)],
            steps: self.steps,
            ..self.without(&[])
        }
    }

    /// The run whose slope grows without end, under the Wasserstein loss.
    pub fn second(&self) -> RunRequest {
        RunRequest {
            at: vec![format!("{}:{NORMALIZATION}=true", self.on)],
            steps: Some(self.second_steps),
            ..self.without(&["loss=wasserstein"])
        }
    }

    fn without(&self, set: &[&str]) -> RunRequest {
        let own = format!("{NORMALIZATION}=false");
        let set = set.iter().map(ToString::to_string);
        RunRequest {
            set: set.chain([own]).chain(self.set.clone()).collect(),
            seed: Some(self.seed),
            ..RunRequest::of(PRESET)
        }
    }
}

/// A part of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One lane, without normalization.
    Without,
    /// A second lane has it.
    Forked,
    /// All steps are made: the view that compares both lanes.
    Compared,
    /// The second run has been asked for.
    Starting,
    /// The slope of D grows without end.
    Exploding,
    /// Normalization holds it.
    Held,
}

/// The state of the demo.
#[derive(Debug)]
pub struct Demo {
    plan: Plan,
    stage: Stage,
    /// Whether the pace of the present run was set.
    is_paced: bool,
    /// The last scores of the second run without normalization.
    exploded: Option<Arc<Scores>>,
}

impl Demo {
    /// The demo before its first step.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            stage: Stage::Without,
            is_paced: false,
            exploded: None,
        }
    }

    /// The present part.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The number of the present part and of all, from 1.
    pub(crate) fn number(&self) -> (usize, usize) {
        let number = match self.stage {
            Stage::Without => 1,
            Stage::Forked => 2,
            Stage::Compared | Stage::Starting => 3,
            Stage::Exploding => 4,
            Stage::Held => 5,
        };
        (number, 5)
    }

    /// Whether Enter goes on.
    pub(crate) fn waits(&self) -> bool {
        self.stage == Stage::Compared
    }

    fn pace(&self) -> f32 {
        let [first, second] = self.plan.paces;
        match self.stage {
            Stage::Without | Stage::Forked | Stage::Compared | Stage::Starting => first,
            Stage::Exploding | Stage::Held => second,
        }
    }
}

impl App {
    /// Lets the demo go on where the run has. Returns what it does.
    pub fn advance_demo(&mut self) -> Option<Effect> {
        let (step, status) = (self.snapshot.step, self.snapshot.status.clone());
        let forked = !self.lanes.others.is_empty();
        let mut others = self.lanes.others.iter();
        let finished = status == Status::Finished
            && others.all(|lane| lane.snapshot.status == Status::Finished);
        let demo = self.demo.as_mut()?;
        if matches!(self.snapshot.status, Status::Starting | Status::Failed(_)) {
            return None;
        }
        if demo.stage == Stage::Exploding {
            let scores = self.snapshot.scores.clone();
            let before = scores.filter(|scores| scores.step < demo.plan.on);
            demo.exploded = before.or(demo.exploded.take());
        }
        match demo.stage {
            Stage::Without if forked && step + 1 >= demo.plan.fork => demo.stage = Stage::Forked,
            Stage::Without | Stage::Forked if finished => {
                demo.stage = Stage::Compared;
                self.view = View::Compare;
                self.full = false;
            }
            Stage::Exploding if step >= demo.plan.on => {
                demo.stage = Stage::Held;
            }
            _ => {}
        }
        if demo.stage == Stage::Starting || std::mem::replace(&mut demo.is_paced, true) {
            return None;
        }
        Some(Effect::SendToAll(Command::Pace(Some(demo.pace()))))
    }

    /// Handles an action of the person for the demo. Returns `None` if it has no use for it.
    #[expect(
        clippy::option_option,
        reason = "whether it was handled, and what follows"
    )]
    pub(super) fn update_demo(&mut self, action: Action) -> Option<Option<Effect>> {
        let is_page = self.mode() == Mode::Page;
        let demo = self.demo.as_mut().filter(|_| is_page)?;
        match (action, demo.stage) {
            (Action::Choose, Stage::Compared) => {
                demo.stage = Stage::Starting;
                Some(Some(Effect::Start(demo.plan.second())))
            }
            (Action::Choose, Stage::Held) => Some(self.leave_demo()),
            _ => None,
        }
    }

    /// Closes the demo: the run is the person's, at full speed.
    pub(super) fn leave_demo(&mut self) -> Option<Effect> {
        self.demo.take()?;
        let text = "The demo is left, and the run goes on at full speed: it is yours now. ? lists all keys.";
        self.say(text, false);
        Some(Effect::SendToAll(Command::Pace(None)))
    }

    /// Leaves the demo if the person changes the experiment: its texts would no longer be true.
    pub(super) fn notice_own_experiment(&mut self, effect: Option<&Effect>) {
        let changes = match effect {
            Some(Effect::Send(command) | Effect::SendToAll(command)) => matches!(
                command,
                Command::Set { .. }
                    | Command::SetAll(_)
                    | Command::Fork { .. }
                    | Command::Join(_)
                    | Command::Rewind(_)
                    | Command::Step { .. }
            ),
            Some(Effect::Start(_)) => {
                let demo = self.demo.as_ref();
                demo.is_some_and(|demo| demo.stage != Stage::Starting)
            }
            _ => false,
        };
        if changes && self.demo.take().is_some() {
            self.tell("The demo is left: it is your experiment now (> goes faster).".to_owned());
        }
    }

    /// Tells the demo that another run has started.
    pub(super) fn demo_run_started(&mut self) {
        let Some(demo) = self.demo.as_mut() else {
            return;
        };
        if demo.stage == Stage::Starting {
            demo.stage = Stage::Exploding;
            demo.is_paced = false;
            // The first run is many times longer.
            self.views.curves.earlier = None;
            self.view = View::Dashboard;
        } else {
            self.demo = None;
        }
    }

    /// Tells the demo that the run that it asked for cannot start.
    pub fn demo_run_refused(&mut self) {
        if let Some(demo) = self
            .demo
            .as_mut()
            .filter(|demo| demo.stage == Stage::Starting)
        {
            demo.stage = Stage::Compared;
        }
    }

    /// The curves of a lane.
    fn curves_of(&self, lane: LaneId) -> Option<&History> {
        if lane == self.lanes.selected {
            return Some(&self.history);
        }
        let other = self.lanes.others.iter().find(|other| other.id == lane);
        other.map(|other| &other.history)
    }

    /// The last slope of D at generated samples in a lane.
    fn slope_of(&self, lane: LaneId) -> Option<f32> {
        self.curves_of(lane)?.get(GRAD_X_MEAN.name)?.last()
    }
}
