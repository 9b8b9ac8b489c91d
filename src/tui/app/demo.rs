//! The demo: an experiment that runs by itself on the live screen, while a text tells what is seen and which key does it.
//!
//! It has two runs. In the first one a lane with spectral normalization is split off a run without; in the second one the
//! slope of D grows without end until normalization is switched on. Forks and changes are planned when a run starts, so the
//! figures are those of the same run without a screen. The texts have the numbers that were measured.

mod plan;
mod texts;
mod turn;

use super::{App, Effect, action::Action, keys::Mode, view::View};
use crate::{
    model::{Command, Status},
    tui::words::number,
};
pub use plan::Plan;
use turn::Turn;

/// Seconds of training for which news are shown, as nobody needs to press a key.
const NEWS_SECONDS: f32 = 8.0;

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
    /// What the second run shows around its change.
    turn: Turn,
    /// The news in the line of messages, and the step since which they are there.
    news: Option<(String, u64)>,
}

impl Demo {
    /// The demo before its first step.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            stage: Stage::Without,
            is_paced: false,
            turn: Turn::default(),
            news: None,
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

    /// What the run still does by itself after the demo, as it was planned at its start.
    fn rest(&self) -> String {
        match self.stage {
            Stage::Without => format!(
                " A lane with SN still comes at step {}.",
                number::count(self.plan.fork)
            ),
            Stage::Exploding => {
                format!(
                    " SN still comes on at step {}.",
                    number::count(self.plan.on)
                )
            }
            Stage::Forked | Stage::Compared | Stage::Starting | Stage::Held => String::new(),
        }
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
        self.clear_old_news();
        let (step, status) = (self.snapshot.step, self.snapshot.status.clone());
        let forked = !self.lanes.others.is_empty();
        let mut others = self.lanes.others.iter();
        let finished = status == Status::Finished
            && others.all(|lane| lane.snapshot.status == Status::Finished);
        let demo = self.demo.as_mut()?;
        if matches!(self.snapshot.status, Status::Starting | Status::Failed(_)) {
            return None;
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
        if matches!(demo.stage, Stage::Exploding | Stage::Held) {
            let scores = self.snapshot.scores.as_ref();
            demo.turn.observe(demo.plan.on, &self.history, scores);
        }
        if demo.stage == Stage::Starting || std::mem::replace(&mut demo.is_paced, true) {
            return None;
        }
        Some(Effect::SendToAll(Command::Pace(Some(demo.pace()))))
    }

    /// Clears news that have been shown for long.
    fn clear_old_news(&mut self) {
        let shown = self.news();
        let (step, rate) = (self.snapshot.step, self.snapshot.steps_per_second);
        let Some(demo) = &mut self.demo else { return };
        let steps = (NEWS_SECONDS * demo.pace().max(rate)) as u64;
        match (&demo.news, shown) {
            (Some((known, since)), Some(text)) if *known == text => {
                if step.saturating_sub(*since) > steps {
                    self.expire_news();
                }
            }
            (_, text) => demo.news = text.map(|text| (text, step)),
        }
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
        let rest = self.demo.take()?.rest();
        self.say(
            format!("Demo left: the run is yours, at full speed.{rest}"),
            false,
        );
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
        if let Some(demo) = self.demo.take_if(|_| changes) {
            // Another run has no plan.
            let goes_on = !matches!(effect, Some(Effect::Start(_)));
            let rest = if goes_on { demo.rest() } else { String::new() };
            self.tell(format!("Demo left: the run is yours (> is faster).{rest}"));
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
}
