//! The loop of the screen: events in, frames out.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use crossterm::{
    queue,
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate},
};
use ratatui::{
    Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, buffer::Buffer, layout::Rect,
};
use rustix::process::{Signal, kill_current_process_group};
use signal_hook::{
    consts::{SIGHUP, SIGTSTP},
    low_level::emulate_default_handler,
};

use super::{
    End, Launcher, Link, Options,
    app::{
        App, Effect,
        action::Action,
        keys::{Key, Mode},
    },
    draw,
    look::{svg, theme::Look},
    pane::samples::Cache,
    picture::graphics::{ask::question, board::Board, choose},
    terminal::{
        self, Guard,
        event::{self, Event, Inbox},
        input::Reader,
        output::Output,
        signals::Watch,
    },
};
use crate::model::{Command, RunRequest, Status};

/// How long the last frame may take to go out once the screen is to close.
const PATIENCE: Duration = Duration::from_millis(500);

/// Cells that are drawn at most: those of a screen of 3840 × 2160 pixels in a font of 6 × 9.
pub const WIDEST: u16 = 640;
pub const TALLEST: u16 = 240;

/// Shows a run until the person, a signal or a hang-up ends it.
pub fn run(link: Rc<dyn Link>, launcher: &dyn Launcher, options: &Options) -> io::Result<End> {
    // crossterm must not drop colours by itself: the theme has none where none are wanted.
    crossterm::style::force_color_output(true);
    let (events, inbox) = event::channel();
    let _signals = Watch::start(events.clone(), options.attended)?;
    let mut output = Output::start(events.clone())?;
    let _guard = Guard::take()?;
    let keys = Reader::start(events)?;
    let mut app = App::new(link.snapshot(), Look::from_env());
    app.keys = options.keys.clone();
    app.given = options.given.clone();
    if let Some(initial) = link.initial() {
        app.initial = initial;
    }
    let mut session = Session {
        app,
        link,
        launcher,
        page: Page::new()?,
        keys,
        asked: false,
        between: Duration::from_secs(1) / options.fps.clamp(1, 60),
    };
    let end = session.until_end(&inbox, &mut output);
    let gone = match &end {
        Ok(End::HangUp | End::Signal(SIGHUP)) => true,
        // A frame may meet the hang-up before the reader of keys tells of it.
        Err(_) => terminal::is_gone(),
        Ok(_) => false,
    };
    let kept = gone && options.keep_running;
    if !kept {
        let how = end.as_ref().map_or(Command::Terminate, End::command);
        session.link.leave(how);
    }
    output.finish(PATIENCE);
    if session.keys.is_awaiting() {
        // A late reply must not reach the shell.
        terminal::forget_input();
    }
    match end {
        _ if kept => Ok(End::Kept),
        Err(_) if gone => Ok(End::HangUp),
        end => end,
    }
}

struct Session<'a> {
    link: Rc<dyn Link>,
    launcher: &'a dyn Launcher,
    app: App,
    page: Page,
    keys: Reader,
    /// Whether the terminal has been asked what pictures it can show.
    asked: bool,
    /// Time between two frames.
    between: Duration,
}

impl Session<'_> {
    fn until_end(&mut self, inbox: &Inbox, output: &mut Output) -> io::Result<End> {
        let mut changed = true;
        let mut due = Instant::now();
        loop {
            if self.app.observe(self.link.snapshot()) {
                changed = true;
                if let Some(branch) = self.link.branch() {
                    self.app.leave(branch);
                }
            }
            if let Some(others) = self.link.others() {
                self.app.others = others;
                changed = true;
            }
            let now = Instant::now();
            if changed && now >= due && output.is_idle() {
                output.send(self.frame()?);
                changed = false;
                due = now + self.between;
            }
            let wait = if changed && output.is_idle() {
                due.saturating_duration_since(now)
            } else {
                self.between
            };
            let mut wait = wait;
            loop {
                let event = match inbox.next(wait) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return Ok(End::HangUp),
                };
                changed |= event != Event::Written;
                if let Some(end) = self.handle(event, output)? {
                    return Ok(end);
                }
                // However many keys come, what they do is seen.
                if changed && Instant::now() >= due && output.is_idle() {
                    break;
                }
                wait = Duration::ZERO;
            }
        }
    }

    fn handle(&mut self, event: Event, output: &mut Output) -> io::Result<Option<End>> {
        match event {
            Event::Key(key) => {
                let place = self.app.place();
                let typed = Key::pressed(&key).and_then(Key::symbol);
                if let (Mode::Typing, Some(symbol)) = (place.mode, typed) {
                    self.app.type_symbol(symbol);
                } else if let Some(action) = self.app.keys.action(&key, place) {
                    return self.act(action);
                }
            }
            Event::Paste(text) => self.app.paste(&text),
            Event::Resize => {}
            Event::Replies(replies) => {
                let window = terminal::cell();
                let variable = |name: &str| std::env::var(name).ok();
                let graphics = choose::choose(&replies, window, variable);
                self.app.can(graphics, choose::is_far(variable));
            }
            Event::Suspend => {
                terminal::restore();
                emulate_default_handler(SIGTSTP)?;
                terminal::enter()?;
                self.page.redraw()?;
            }
            Event::Continue => {
                terminal::enter()?;
                self.page.redraw()?;
            }
            Event::Written => {
                output.written();
                self.ask(output);
            }
            Event::Save => {
                self.link.send(Command::Save);
            }
            Event::Signal(signal) => return Ok(Some(End::Signal(signal))),
            Event::HangUp => return Ok(Some(End::HangUp)),
        }
        Ok(None)
    }

    /// Asks the terminal once what it can, after the first frame; nothing waits for the answer.
    fn ask(&mut self, output: &mut Output) {
        let variable = |name: &str| std::env::var(name).ok();
        if !self.asked && choose::worth_asking(&self.app.look, variable) {
            self.keys.await_replies();
            output.send(question(choose::in_tmux(variable)));
        }
        self.asked = true;
    }

    fn act(&mut self, action: Action) -> io::Result<Option<End>> {
        match self.app.update(action) {
            None => {}
            Some(Effect::Send(command)) => {
                self.send(command);
            }
            Some(Effect::Start(request)) => self.start(&request),
            Some(Effect::SaveScreen) => {
                let command = Command::SaveScreen(self.page.picture(&self.app)?);
                self.send(command);
            }
            Some(Effect::Turn) => match self.link.turn() {
                true => self.app.turn(self.link.snapshot()),
                false => self.app.say("There is no other run on this screen.", false),
            },
            Some(Effect::Redraw) => self.page.redraw()?,
            // The whole job, as the shell would: a parent that waits for this process must stop with it.
            Some(Effect::Suspend) => kill_current_process_group(Signal::TSTP)?,
            Some(Effect::Quit) => {
                return Ok(Some(match &self.app.snapshot.status {
                    Status::Failed(message) => End::WorkerFailed(message.clone()),
                    _ => End::Quit,
                }));
            }
        }
        if let Some(command) = self.app.watch() {
            self.link.send(command);
        }
        if self.app.mode() == Mode::Help {
            let last = draw::last_help_line(drawn()?, &self.app);
            self.app.limit_scroll(last);
        }
        Ok(None)
    }

    /// Hands a command to the run; where it takes none, says why.
    fn send(&mut self, command: Command) {
        let id = self.link.send(command.clone());
        self.app.sent(command, id);
        if let (None, Some(reason)) = (id, self.link.refusal()) {
            self.app.say(reason, true);
        }
    }

    /// Begins another run, and tells the one before to end; where there is no other, that one goes on.
    fn start(&mut self, request: &RunRequest) {
        match self.launcher.start(request) {
            Ok(link) => {
                self.app.keep(self.link.history());
                let before = std::mem::replace(&mut self.link, link);
                before.leave(Command::Quit);
                self.app.begin(self.link.snapshot());
            }
            Err(reason) => self.app.say(reason, true),
        }
    }

    fn frame(&mut self) -> io::Result<Vec<u8>> {
        if self.app.behind() {
            let mut history = std::mem::take(&mut self.app.history);
            self.link.catch_up(&mut history);
            self.app.keep(history);
        }
        self.page.frame(&self.app)
    }
}

/// Turns the state into the bytes that bring the terminal up to date.
struct Page {
    terminal: Terminal<CrosstermBackend<Bytes>>,
    bytes: Bytes,
    cache: Cache,
    board: Board,
    /// Size of the last frame.
    size: Rect,
    /// Whether the next frame holds everything.
    anew: bool,
}

impl Page {
    fn new() -> io::Result<Self> {
        let bytes = Bytes::default();
        let options = TerminalOptions {
            viewport: Viewport::Fixed(drawn()?),
        };
        Ok(Self {
            terminal: Terminal::with_options(CrosstermBackend::new(bytes.clone()), options)?,
            bytes,
            cache: Cache::default(),
            board: Board::default(),
            size: Rect::ZERO,
            anew: true,
        })
    }

    /// Forgets what the terminal shows, so that the next frame holds everything.
    fn redraw(&mut self) -> io::Result<()> {
        self.anew = true;
        self.fit(drawn()?)
    }

    /// Begins with an empty terminal of which this part is drawn.
    fn fit(&mut self, area: Rect) -> io::Result<()> {
        self.terminal.resize(area)?;
        queue!(self.bytes, Clear(ClearType::All))
    }

    /// What the screen shows, as an SVG document.
    fn picture(&self, app: &App) -> io::Result<String> {
        let mut buffer = Buffer::empty(drawn()?);
        draw::screen(&mut buffer, app, &mut Cache::default());
        let title = format!("sn-tui, {}: {}", app.snapshot.name, app.view.title());
        Ok(svg::document(&buffer, &title))
    }

    fn frame(&mut self, app: &App) -> io::Result<Vec<u8>> {
        let mut frame = Vec::new();
        queue!(frame, BeginSynchronizedUpdate)?;
        let area = drawn()?;
        if std::mem::take(&mut self.anew) || area != self.size {
            frame.append(&mut self.board.clear(app.graphics));
            if area != self.size {
                self.fit(area)?;
            }
            self.size = area;
        }
        let cache = &mut self.cache;
        cache.begin();
        cache.graphics = app.graphics;
        let mut placed = Vec::new();
        self.terminal.draw(|f| {
            draw::screen(f.buffer_mut(), app, cache);
            placed = cache.placed(f.buffer_mut());
        })?;
        let mut pictures = self.board.update(&placed, app.graphics);
        frame.append(&mut pictures.before);
        frame.append(&mut self.bytes.0.borrow_mut());
        frame.append(&mut pictures.after);
        queue!(frame, EndSynchronizedUpdate)?;
        Ok(frame)
    }
}

/// The part of the terminal that is drawn: all of it, but no more than the largest screens have. A cell takes memory in
/// several buffers, and a terminal may claim four thousand million of them.
fn drawn() -> io::Result<Rect> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(Rect::new(0, 0, width.min(WIDEST), height.min(TALLEST)))
}

/// Collects what ratatui writes: it flushes in the midst of a frame, which is to go out whole.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
