//! The state of the screen, and how an action changes it.

pub mod action;
pub mod keys;
pub mod picker;
pub mod view;

mod controls;
mod message;
mod typing;
mod update;

pub use message::Message;

use std::sync::Arc;

use super::{
    layout::Pane,
    line::{CommandLine, Said},
    look::theme::{Glyphs, Look},
    picture::graphics::{Graphics, Protocol},
    plot::Window,
    settings::panel::Panel,
    words::number,
};
use crate::{
    feed::Branch,
    model::{Command, History, Request, RunRequest, Snapshot, Status},
    preset::Preset,
    run,
};
use keys::{Mode, Place, Table};
use picker::Picker;
use view::{
    View, Views,
    curves::{Curves, Earlier},
};

/// All that the screen is drawn from.
pub struct App {
    pub snapshot: Arc<Snapshot>,
    pub history: History,
    /// Step of the snapshot that the curves were taken for.
    curves_step: u64,
    /// The branch that the run left last.
    branch: Option<Arc<Branch>>,
    /// Other runs that are watched, whose curves stand behind.
    pub others: Vec<Earlier>,
    pub look: Look,
    pub glyphs: Glyphs,
    /// How the terminal takes pixels; none where it does not, or has not said so yet.
    pub graphics: Option<Graphics>,
    pub keys: Table,
    /// What is on the screen, and what each view remembers.
    pub view: View,
    pub views: Views,
    pub window: Window,
    /// The pane of the dashboard that keys act on; none before it is asked for.
    pub focus: Option<Pane>,
    /// Whether one pane has the whole screen.
    pub full: bool,
    /// First line of the help that is shown; none while it is closed.
    pub help: Option<u16>,
    /// The panel of settings, the list of presets and the command line, while they are open.
    pub panel: Option<Panel>,
    pub picker: Option<Picker>,
    pub line: Option<CommandLine>,
    /// The options of the first run, to be taken along to another.
    pub given: RunRequest,
    /// Lines that were carried out.
    said: Said,
    /// The settings with which the run began.
    pub initial: Arc<Preset>,
    /// What the worker was last told to make for the screen.
    watched: Vec<run::Look>,
    /// Requests that the worker has not carried out yet.
    pub pending: Vec<Request>,
    /// A line of the screen's own, until the next key.
    message: Option<Message>,
    /// Number of the last notice that a key has taken off the screen.
    dismissed: u64,
}

/// What an action asks of the world outside the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Send(Command),
    Start(RunRequest),
    /// Another one of the runs that are watched.
    Turn,
    /// A picture of the screen as it is.
    SaveScreen,
    Redraw,
    Suspend,
    Quit,
}

impl App {
    pub fn new(snapshot: Arc<Snapshot>, look: Look) -> Self {
        let mut views = Views::default();
        views.observe(&snapshot);
        Self {
            initial: Arc::clone(&snapshot.settings),
            snapshot,
            history: History::default(),
            curves_step: 0,
            branch: None,
            others: Vec::new(),
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
            panel: None,
            picker: None,
            line: None,
            given: RunRequest::default(),
            said: Said::default(),
            watched: Vec::new(),
            pending: Vec::new(),
            message: None,
            dismissed: 0,
        }
    }

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

    /// Takes note of what the terminal says it can; pictures become pixels unless the person has chosen otherwise, or the
    /// terminal is `far` and its pixels are many bytes.
    pub fn can(&mut self, graphics: Option<Graphics>, far: bool) {
        self.graphics = graphics;
        let cheap = graphics.is_some_and(|g| !far || g.protocol != Protocol::Sixel);
        if cheap && self.glyphs == self.look.glyphs()[0] {
            self.glyphs = Glyphs::Pixels;
        }
    }

    /// The ways of showing pictures, the best first.
    fn glyphs_there_are(&self) -> Vec<Glyphs> {
        let pixels = self.graphics.map(|_| Glyphs::Pixels);
        let others = self.look.glyphs().iter().copied();
        pixels.into_iter().chain(others).collect()
    }

    /// Where a key meets the screen.
    pub fn place(&self) -> Place {
        Place {
            mode: self.mode(),
            view: self.view,
        }
    }

    /// Takes note of the latest snapshot; whether it is a new one.
    pub fn observe(&mut self, snapshot: Arc<Snapshot>) -> bool {
        if Arc::ptr_eq(&self.snapshot, &snapshot) {
            return false;
        }
        self.pending
            .retain(|request| request.id > snapshot.acknowledged);
        self.views.observe(&snapshot);
        self.snapshot = snapshot;
        true
    }

    /// Turns to another run; the curves of the one before stay behind its own.
    pub fn begin(&mut self, snapshot: Arc<Snapshot>) {
        let before = Arc::clone(&self.snapshot);
        let curves = &self.views.curves;
        let curves = Curves {
            cursor: None,
            axes: curves.axes,
            smoothing: curves.smoothing,
            earlier: Some(Earlier {
                name: format!("{}, seed {}", before.name, before.seed),
                history: std::mem::take(&mut self.history),
            }),
        };
        self.views = Views {
            curves,
            ..Views::default()
        };
        self.views.observe(&snapshot);
        self.initial = Arc::clone(&snapshot.settings);
        self.snapshot = snapshot;
        self.curves_step = 0;
        self.branch = None;
        self.pending.clear();
        self.watched.clear();
        self.dismissed = 0;
        let written = before.directory.display();
        self.say(format!("{} ends in order: {written}", before.name), false);
    }

    /// Keeps the branch that the run left behind its curves; one that is kept already stays as it is.
    pub fn leave(&mut self, branch: Arc<Branch>) {
        let known = self.branch.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, &branch)) {
            return;
        }
        self.views.curves.earlier = Some(Earlier {
            name: format!("before going back, to step {}", number::count(branch.step)),
            history: branch.history.clone(),
        });
        self.branch = Some(branch);
    }

    /// Turns to another one of the runs that are watched.
    pub fn turn(&mut self, snapshot: Arc<Snapshot>) {
        self.views = Views {
            curves: Curves {
                cursor: None,
                ..std::mem::take(&mut self.views.curves)
            },
            ..Views::default()
        };
        self.views.observe(&snapshot);
        self.initial = Arc::clone(&snapshot.settings);
        self.snapshot = snapshot;
        self.history = History::default();
        self.curves_step = 0;
        self.pending.clear();
        self.watched.clear();
        // What it told before it came to the front is no news.
        self.quiet();
    }

    /// Takes note of a command that went to the worker under this number, or of a worker that is gone.
    pub fn sent(&mut self, command: Command, id: Option<u64>) {
        match id {
            // What the screen asks for on its own is nothing to wait for.
            Some(_) if matches!(command, Command::Watch(_)) => {}
            Some(id) if id > self.snapshot.acknowledged => {
                self.pending.push(Request { id, command })
            }
            Some(_) => {}
            None => self.say("The training has ended and takes no more commands.", true),
        }
    }

    /// Whether the curves are older than the snapshot.
    pub fn behind(&self) -> bool {
        self.snapshot.step != self.curves_step
    }

    /// Takes new curves.
    pub fn keep(&mut self, history: History) {
        self.history = history;
        self.curves_step = self.snapshot.step;
    }

    /// What the worker is to be told to make for the view on the screen; none where it knows.
    pub fn watch(&mut self) -> Option<Command> {
        let wanted = self.view.looks();
        if self.watched == wanted {
            return None;
        }
        self.watched = wanted.to_vec();
        Some(Command::Watch(wanted.to_vec()))
    }

    /// The options of the first run but its seed, which other runs have as well.
    pub fn given_options(&self) -> String {
        let given = self.given.clone();
        RunRequest {
            seed: None,
            ..given
        }
        .written()
    }
}
