//! The state of the screen, and how an action changes it.

mod controls;
mod typing;

use std::sync::Arc;

use super::{
    action::Action,
    graphics::{Graphics, Protocol},
    keys::{Mode, Place, Table},
    layout::Pane,
    line::{CommandLine, Said},
    panel::Panel,
    picker::Picker,
    plot::Window,
    setting,
    theme::{Glyphs, Look},
    view::{
        Answer, View, Views,
        curves::{Curves, Earlier},
    },
};
use crate::{
    preset::Preset,
    run::{self, Command, History, Request, Snapshot, Status},
};

/// All that the screen is drawn from.
pub struct App {
    pub snapshot: Arc<Snapshot>,
    pub history: History,
    /// Step of the snapshot that the curves were taken for.
    curves_step: u64,
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

/// A line for the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub text: String,
    pub error: bool,
}

/// What an action asks of the world outside the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Send(Command),
    /// Another run, of the built-in preset of this name.
    Start(String),
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
            log: curves.log,
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
        self.pending.clear();
        self.watched.clear();
        self.dismissed = 0;
        let written = before.directory.display();
        self.say(format!("{} ends in order: {written}", before.name), false);
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

    /// What the person should read now: a line of the screen's own, or the worker's last notice.
    pub fn message(&self) -> Option<Message> {
        let notice = self.snapshot.notice.as_ref();
        self.message.clone().or_else(|| {
            notice
                .filter(|n| n.number > self.dismissed)
                .map(|n| Message {
                    text: n.text.clone(),
                    error: n.error,
                })
        })
    }

    /// The value that a setting will have when all that is pending is done; none where nothing is.
    pub fn intended(&self, key: &str) -> Option<&str> {
        self.pending
            .iter()
            .rev()
            .find_map(|request| match &request.command {
                Command::Set { key: k, value } if k == key => Some(value.as_str()),
                _ => None,
            })
    }

    /// Takes messages off the screen: the person has pressed a key.
    fn quiet(&mut self) {
        self.message = None;
        let notice = self.snapshot.notice.as_ref();
        self.dismissed = notice.map_or(0, |notice| notice.number);
    }

    /// Acts on a key.
    pub fn update(&mut self, action: Action) -> Option<Effect> {
        self.quiet();
        match self.mode() {
            _ if action == Action::Quit => return Some(Effect::Quit),
            _ if action == Action::Redraw => return Some(Effect::Redraw),
            _ if action == Action::Suspend => return Some(Effect::Suspend),
            Mode::Typing if self.line.is_some() => return self.in_line(action),
            Mode::Typing | Mode::Settings => {
                if let Some(effect) = self.in_panel(action) {
                    return effect;
                }
            }
            Mode::Presets => {
                if let Some(effect) = self.in_picker(action) {
                    return effect;
                }
            }
            Mode::Page | Mode::Help | Mode::Failure => {}
        }
        match action {
            Action::CommandLine => {
                self.open_line();
                None
            }
            Action::Settings => {
                self.help = None;
                self.panel = Some(Panel::default());
                None
            }
            Action::Presets => {
                self.help = None;
                self.picker = Some(Picker::new(&self.snapshot.name));
                None
            }
            Action::Gif => Some(Effect::Send(match self.snapshot.gif {
                None => Command::StartGif,
                Some(_) => Command::StopGif,
            })),
            Action::SaveScreen => Some(Effect::SaveScreen),
            Action::SavePicture => Some(Effect::Send(Command::SavePicture)),
            Action::NextGlyphs => {
                let all = self.glyphs_there_are();
                let now = all
                    .iter()
                    .position(|&glyphs| glyphs == self.glyphs)
                    .unwrap_or(0);
                self.glyphs = all[(now + 1) % all.len()];
                let name = match (self.glyphs, self.graphics) {
                    (Glyphs::Pixels, Some(graphics)) => graphics.protocol.name(),
                    (glyphs, _) => glyphs.name(),
                };
                self.say(format!("Pictures as {name}."), false);
                None
            }
            Action::ToggleWindow => {
                self.window = match self.window {
                    Window::Whole => Window::Recent,
                    Window::Recent => Window::Whole,
                };
                None
            }
            Action::Dashboard => self.show(View::Dashboard),
            Action::Layers => self.show(View::Layers),
            Action::Spectrum => self.show(View::Spectrum),
            Action::Samples => self.show(View::Samples),
            Action::Plane => self.show(View::Plane),
            Action::Journal => self.show(View::Journal),
            Action::NextView => self.show(self.view.next()),
            Action::PreviousView => self.show(self.view.previous()),
            Action::OtherRun => Some(Effect::Turn),
            Action::NextPane => {
                self.focus = Some(Pane::after(self.focus));
                None
            }
            Action::FullScreen => {
                self.focus.get_or_insert_default();
                self.full = !self.full;
                None
            }
            Action::Up | Action::Down if self.help.is_some() => {
                self.scroll(if action == Action::Up { -3 } else { 3 })
            }
            Action::PageUp | Action::PageDown if self.help.is_some() => {
                self.scroll(if action == Action::PageUp { -20 } else { 20 })
            }
            Action::First | Action::Last if self.help.is_some() => {
                self.help = Some(if action == Action::First { 0 } else { u16::MAX });
                None
            }
            Action::Help => {
                self.help = if self.help.is_some() { None } else { Some(0) };
                None
            }
            Action::Back => {
                self.back();
                None
            }
            Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Choose
            | Action::ToggleLog
            | Action::Smooth
            | Action::Pin
            | Action::Interpolate
            | Action::Beside
            | Action::ToggleHeat
            | Action::TogglePoints
            | Action::ToggleArrows
            | Action::ToggleLattice
            | Action::ToggleCounts => self.forward(action),
            // These mean something only where a line is typed or in the panel.
            Action::Search
            | Action::Reset
            | Action::Complete
            | Action::CompleteBack
            | Action::Erase
            | Action::EraseNext
            | Action::EraseWord
            | Action::EraseLine => None,
            Action::Pause
            | Action::Step
            | Action::StepMany
            | Action::StepDiscriminator
            | Action::StepGenerator
            | Action::Slower
            | Action::Faster
            | Action::RaiseRateD
            | Action::LowerRateD
            | Action::RaiseRateG
            | Action::LowerRateG
            | Action::RaiseGain
            | Action::LowerGain
            | Action::MoreUpdates
            | Action::FewerUpdates
            | Action::LargerBatch
            | Action::SmallerBatch
            | Action::NextLoss
            | Action::ToggleDecay
            | Action::LongerAverage
            | Action::ShorterAverage
            | Action::TighterClip
            | Action::LooserClip
            | Action::MoreNoise
            | Action::LessNoise
            | Action::ToggleNormalization
            | Action::MoreIterations
            | Action::FewerIterations
            | Action::ToggleFold
            | Action::ToggleLayer
            | Action::MoreLayerIterations
            | Action::FewerLayerIterations
            | Action::FollowNetwork => self.control(action),
            Action::Redraw => Some(Effect::Redraw),
            Action::Suspend => Some(Effect::Suspend),
            Action::Quit => Some(Effect::Quit),
        }
    }

    fn show(&mut self, view: View) -> Option<Effect> {
        self.help = None;
        self.panel = None;
        self.picker = None;
        self.full &= self.view == view;
        self.view = view;
        None
    }

    /// Has the view on the screen act on a key.
    fn forward(&mut self, action: Action) -> Option<Effect> {
        let (snapshot, history) = (&self.snapshot, &self.history);
        match self.views.update(self.view, action, snapshot, history) {
            Answer::Done => None,
            Answer::Say(text) => {
                self.say(text, false);
                None
            }
            Answer::Ask(command) => Some(Effect::Send(command)),
        }
    }

    fn scroll(&mut self, lines: i16) -> Option<Effect> {
        self.help = self.help.map(|line| line.saturating_add_signed(lines));
        None
    }

    /// Closes what was opened last.
    fn back(&mut self) {
        if self.help.take().is_some() || std::mem::take(&mut self.full) {
            return;
        }
        if self.view == View::Journal && self.views.journal.release() {
            return;
        }
        if self.view == View::Samples && self.views.samples.back() {
            return;
        }
        if self.views.curves.cursor.take().is_none() {
            self.focus = None;
        }
    }

    /// Keeps the help from being scrolled past its end.
    pub fn limit_scroll(&mut self, last: u16) {
        self.help = self.help.map(|line| line.min(last));
    }

    /// Acts on a key while the presets are in front; none where it means nothing there.
    fn in_picker(&mut self, action: Action) -> Option<Option<Effect>> {
        let picker = self.picker.as_mut()?;
        match action {
            Action::Back | Action::Presets => self.picker = None,
            Action::Choose => {
                let chosen = picker.chosen().map(|choice| choice.name.to_owned());
                self.picker = None;
                return Some(chosen.map(Effect::Start));
            }
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last => picker.update(action),
            _ => return None,
        }
        Some(None)
    }

    pub fn say(&mut self, text: impl Into<String>, error: bool) {
        self.message = Some(Message {
            text: text.into(),
            error,
        });
    }

    /// A pending command in words.
    pub fn spoken(&self, command: &Command) -> String {
        match command {
            Command::Set { key, value } => {
                let name = setting::name(&self.snapshot.settings, key);
                format!("{name} → {}", setting::spoken(value))
            }
            Command::Pause => "pause".to_owned(),
            Command::Resume => "go on".to_owned(),
            Command::Step(1) => "one step".to_owned(),
            Command::Step(steps) => format!("{steps} steps"),
            Command::StepDiscriminator(steps) => format!("{steps} of D alone"),
            Command::StepGenerator(steps) => format!("{steps} of G alone"),
            Command::Pace(Some(pace)) => format!("at most {pace} steps a second"),
            Command::Pace(None) => "full speed".to_owned(),
            Command::Watch(_) => "look".to_owned(),
            Command::Interpolate(_) => "interpolate".to_owned(),
            Command::StartGif => "begin the GIF".to_owned(),
            Command::StopGif => "write the GIF".to_owned(),
            Command::SaveScreen(_) => "save the screen".to_owned(),
            Command::SavePicture => "save the picture".to_owned(),
            Command::Mark => "mark this state".to_owned(),
            Command::Rewind(step) => format!("back to step {step}"),
            Command::Quit | Command::Terminate => "quit".to_owned(),
            Command::GoHeadless => "go on without a screen".to_owned(),
        }
    }
}
