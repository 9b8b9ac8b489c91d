//! The state of the screen, and the actions that change it.

pub mod action;
pub(crate) mod alarms;
pub mod demo;
pub mod keys;
pub mod lanes;
pub(crate) mod picker;
pub mod view;

mod controls;
mod message;
mod mouse;
mod pace;
mod pictures;
mod runs;
pub mod search;
pub(crate) mod targets;
mod typing;
mod update;
mod zoom;

pub use message::Message;

use std::{collections::BTreeMap, sync::Arc};

use super::{
    layout::Pane,
    line::{CommandHistory, CommandLine},
    look::theme::{Glyphs, Look},
    picture::graphics::Graphics,
    plot::{Window, steps::Across},
    settings::panel::Panel,
};
use crate::{
    model::{Command, History, LaneId, Request, RunRequest, Snapshot, Status, feed::Branch},
    preset::Preset,
    run,
};
use keys::{KeyContext, Mode, Table};
use lanes::{Away, Lanes};
use pace::SteadyPace;
use picker::Picker;
use search::Search;
use targets::Targets;
use view::{View, Views, curves::BackgroundRun};

/// The state that the screen is drawn from.
pub struct App {
    /// The state of the run, as the worker last published it.
    pub snapshot: Arc<Snapshot>,
    /// The curves.
    pub history: History,
    /// Whether `history` was fetched after the snapshot. The last measures and scores come with a later snapshot of the
    /// same step.
    has_latest_curves: bool,
    /// The branch that the last rewind left.
    branch: Option<Arc<Branch>>,
    /// The lanes of the run.
    pub lanes: Lanes,
    /// What the screen keeps of the lanes that are not selected.
    away: BTreeMap<LaneId, Away>,
    /// Whether lanes have been observed. Those that were there before are no news.
    knows_lanes: bool,
    /// The other runs that are watched. Their curves are drawn in the background.
    pub other_runs: Vec<BackgroundRun>,
    /// Colours and symbols that the terminal can show.
    pub look: Look,
    /// How pictures are drawn without a protocol for pixels.
    pub glyphs: Glyphs,
    /// The terminal's protocol for pixels. `None` if it has none or has not replied yet.
    pub graphics: Option<Graphics>,
    /// The bindings of keys.
    pub keys: Table,
    /// The current view.
    pub view: View,
    /// The state of each view.
    pub views: Views,
    /// The steps that the curves show.
    pub window: Window,
    /// The focused pane of the dashboard. `None` until the person selects one.
    pub focus: Option<Pane>,
    /// Whether the focused pane fills the screen.
    pub full: bool,
    /// The first visible line of the help, while it is open.
    pub help: Option<u16>,
    /// The search in the help and in the journal.
    pub search: Search,
    /// The panel of settings, while it is open.
    pub panel: Option<Panel>,
    /// The list of presets, while it is open.
    pub picker: Option<Picker>,
    /// The command line, while it is open.
    pub line: Option<CommandLine>,
    /// The request of the first run, whose options the person can reuse for the next one. `None` if the run was resumed
    /// or belongs to another process.
    pub first_request: Option<RunRequest>,
    /// The seed of a next run that is given none. `None` if this screen starts no runs.
    pub seed: Option<u64>,
    /// Whether the run is only watched: nothing of it can be changed from this screen.
    pub is_watching: bool,
    /// Whether the run refuses commands of this screen, as another one controls it.
    pub is_viewer: bool,
    /// The demo, while it is on.
    pub demo: Option<demo::Demo>,
    /// The command lines that were executed.
    command_history: CommandHistory,
    /// The settings with which the run began.
    pub initial: Arc<Preset>,
    /// The looks that the worker was last told to make, of each lane.
    watched: BTreeMap<LaneId, Vec<run::Watched>>,
    /// The requests that the worker has not acknowledged yet.
    pub pending: Vec<Request>,
    /// The screen's own message, shown until the next key.
    message: Option<Message>,
    /// The last news of the run, if they are the message.
    told: Option<String>,
    /// The alarm to which the key for alarms went last: whose it is, its key and its step.
    last_alarm: Option<(alarms::Whose, String, u64)>,
    /// The number of the last notice that a key has dismissed.
    dismissed: u64,
    /// Whether the hint at colours was given.
    hinted: bool,
    /// The mean rate of steps, for the time left.
    steady_pace: SteadyPace,
    /// Where the last frame has what a click can choose.
    pub(crate) targets: Targets,
    /// The chart across which the mouse drags the cursor.
    dragged: Option<Across>,
}

/// A side effect of an action, carried out by the session.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a command to the worker, for the selected lane.
    Send(Command),
    /// Send a command to the worker, for all lanes.
    SendToAll(Command),
    /// Select a lane of the run.
    SelectLane(LaneId),
    /// Start another run.
    Start(RunRequest),
    /// Switch to the next of the watched runs.
    NextRun,
    /// Save a picture of the current screen.
    SaveScreen,
    /// Save the focused pane, or the view if it has no panes: a picture and its numbers.
    SavePane,
    /// Clear the terminal and draw everything anew.
    Redraw,
    /// Stop the process as Ctrl-Z does in a shell.
    Suspend,
    /// Leave the screen.
    Quit,
}

impl App {
    /// The state of a screen that has just been opened.
    pub fn new(snapshot: Arc<Snapshot>, look: Look) -> Self {
        let mut views = Views::default();
        views.observe(&snapshot);
        Self {
            initial: Arc::clone(&snapshot.settings),
            steady_pace: SteadyPace::of(&snapshot),
            snapshot,
            history: History::default(),
            has_latest_curves: false,
            branch: None,
            lanes: Lanes::default(),
            away: BTreeMap::new(),
            knows_lanes: false,
            other_runs: Vec::new(),
            look,
            glyphs: look.glyphs()[0],
            graphics: None,
            keys: Table::default(),
            view: View::default(),
            views,
            window: Window::Whole,
            focus: None,
            full: false,
            help: None,
            search: Search::default(),
            panel: None,
            picker: None,
            line: None,
            first_request: None,
            seed: None,
            is_watching: false,
            is_viewer: false,
            demo: None,
            command_history: CommandHistory::default(),
            watched: BTreeMap::new(),
            pending: Vec::new(),
            message: None,
            last_alarm: None,
            told: None,
            dismissed: 0,
            hinted: false,
            targets: Targets::default(),
            dragged: None,
        }
    }

    /// Returns the mode, which decides the active keys.
    pub fn mode(&self) -> Mode {
        match &self.snapshot.status {
            _ if self.is_typing() => Mode::Typing,
            _ if self.picker.is_some() => Mode::Presets,
            Status::Failed(_) => Mode::Failure,
            _ if self.help.is_some() => Mode::Help,
            _ if self.panel.is_some() => Mode::Settings,
            _ => Mode::Page,
        }
    }

    /// Returns the mode and the view in which a key is pressed.
    pub fn key_context(&self) -> KeyContext {
        KeyContext {
            mode: self.mode(),
            view: self.view,
        }
    }

    /// Stores the latest snapshot. Returns whether it is new.
    pub fn observe(&mut self, snapshot: Arc<Snapshot>) -> bool {
        if Arc::ptr_eq(&self.snapshot, &snapshot) {
            return false;
        }
        self.pending
            .retain(|request| request.id > snapshot.acknowledged);
        self.views.observe(&snapshot);
        self.steady_pace.observe(&snapshot);
        self.give_way_to(snapshot.notice.as_ref());
        self.snapshot = snapshot;
        self.has_latest_curves = false;
        true
    }

    /// Records a command that was sent to the worker. `id` is the number of its request, or `None` if it was not
    /// accepted.
    pub fn record_sent(&mut self, command: Command, id: Option<u64>) {
        match id {
            // The screen sends these by itself: the person does not wait for them.
            Some(_) if matches!(command, Command::Watch(_)) => {}
            Some(id) if id > self.snapshot.acknowledged => {
                self.pending.push(Request { id, command });
            }
            Some(_) => {}
            None => self.say("The training has ended and takes no more commands.", true),
        }
    }

    /// Returns whether the curves are older than the snapshot.
    pub fn history_is_stale(&self) -> bool {
        !self.has_latest_curves
    }

    /// Stores the curves of the current snapshot.
    pub fn set_history(&mut self, history: History) {
        self.history = history;
        self.has_latest_curves = true;
    }

    /// Returns the looks that the current view needs of each lane whose looks have changed.
    pub fn new_looks(&mut self) -> Vec<(LaneId, Vec<run::Watched>)> {
        let others = self.lanes.others.iter();
        let others = others.map(|lane| (lane.id, self.looks_beside(lane.id).to_vec()));
        let mut looks = self.view.looks().to_vec();
        if self.view == View::Dashboard && self.views.curves.histograms {
            looks.push(run::Watched::Outputs);
        }
        let own = (self.lanes.selected, looks);
        let wanted: BTreeMap<_, _> = others.chain([own]).collect();
        let before = std::mem::replace(&mut self.watched, wanted);
        let known = |lane: &LaneId| before.get(lane).map_or(&[][..], |looks| looks);
        let changed = self.watched.iter();
        changed
            .filter(|(lane, looks)| known(lane) != **looks)
            .map(|(lane, looks)| (*lane, looks.clone()))
            .collect()
    }

    /// Returns the looks that the current view needs of a lane that is not selected: none if it has no room.
    fn looks_beside(&self, lane: LaneId) -> &'static [run::Watched] {
        match self.view {
            View::Dashboard if self.views.curves.beside.borrow().contains(&lane) => {
                &[run::Watched::Outputs]
            }
            View::Layers | View::Spectrum => &[run::Watched::SpectraBeside],
            View::Samples => &[run::Watched::Pictures],
            View::Plane if self.views.plane.beside.borrow().contains(&lane) => {
                &[run::Watched::Plane]
            }
            _ => &[],
        }
    }
}
