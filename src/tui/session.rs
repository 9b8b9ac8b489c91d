//! The event loop of the screen.

mod demo;
mod effects;
mod lanes;
mod queries;
mod renderer;
mod save;
mod title;

use std::{
    io,
    rc::Rc,
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGHUP, SIGTSTP},
    low_level::emulate_default_handler,
};

use super::{
    End, Launcher, Link, Options,
    app::{
        App,
        demo::Demo,
        keys::{Key, Mode},
    },
    look::theme::Look,
    terminal::{
        self, Guard,
        event::{self, Event, Inbox, Sender},
        input::Reader,
        output::Output,
        signals::Watch,
    },
};
use crate::model::Command;

use renderer::Renderer;
pub use renderer::{MAX_HEIGHT, MAX_WIDTH};

/// The maximum time for writing the last frame when the screen closes.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// Shows a run until the person, a signal or a hang-up closes the screen.
///
/// # Errors
/// The terminal cannot be set up, read or written, or a thread cannot be started.
pub(super) fn run(
    link: Rc<dyn Link>,
    launcher: &dyn Launcher,
    options: &Options,
) -> io::Result<End> {
    // Keeps crossterm from dropping colours by itself: the theme respects NO_COLOR already.
    crossterm::style::force_color_output(true);
    let (events, inbox) = event::channel();
    let _signals = Watch::start(events.clone(), options.caller_handles_signals)?;
    let mut output = Output::start(events.clone())?;
    let _guard = Guard::acquire(options.mouse)?;
    let keys = Reader::start(events.clone())?;
    let mut app = App::new(link.snapshot(), Look::from_env());
    app.keys = options.keys.clone();
    app.first_request.clone_from(&options.first_request);
    app.seed = options.seed;
    app.is_watching = link.is_watching();
    app.demo = options.demo.clone().map(Demo::new);
    if let Some(initial) = link.initial() {
        app.initial = initial;
    }
    let mut session = Session {
        app,
        link,
        launcher,
        renderer: Renderer::new()?,
        keys,
        events,
        queried: false,
        frame_interval: Duration::from_secs(1) / options.fps.clamp(1, 60),
    };
    let end = session.event_loop(&inbox, &mut output);
    let gone = match &end {
        Ok(End::HangUp | End::Signal(SIGHUP)) => true,
        // A write may fail before the input thread reports the hang-up.
        Err(_) => terminal::has_hung_up(),
        Ok(_) => false,
    };
    let kept = gone && options.keep_running;
    if !kept {
        let command = end.as_ref().map_or(Command::Terminate, End::command);
        session.link.release(command);
    }
    output.finish(FLUSH_TIMEOUT);
    if session.keys.is_awaiting() {
        // A late reply must not reach the shell.
        terminal::discard_input();
    }
    match end {
        _ if kept => Ok(End::Detached),
        Err(_) if gone => Ok(End::HangUp),
        end => end,
    }
}

struct Session<'a> {
    link: Rc<dyn Link>,
    launcher: &'a dyn Launcher,
    app: App,
    renderer: Renderer,
    keys: Reader,
    events: Sender,
    /// Whether the terminal has been queried for its graphics protocols and colours.
    queried: bool,
    /// The minimum time between two frames.
    frame_interval: Duration,
}

impl Session<'_> {
    /// Handles events and sends frames until the screen closes.
    fn event_loop(&mut self, inbox: &Inbox, output: &mut Output) -> io::Result<End> {
        let mut changed = true;
        let mut due = Instant::now();
        loop {
            changed |= self.observe();
            if changed {
                self.advance_demo();
            }
            if let Some(others) = self.link.other_runs() {
                self.app.other_runs = others;
                changed = true;
            }
            let now = Instant::now();
            if changed && now >= due && output.is_idle() {
                output.send(self.frame()?);
                // Which lanes have room is known now.
                self.watch();
                changed = false;
                due = now + self.frame_interval;
            }
            let mut wait = if changed && output.is_idle() {
                due.saturating_duration_since(now)
            } else {
                self.frame_interval
            };
            loop {
                let event = match inbox.next(wait) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return Ok(End::HangUp),
                };
                changed |= event != Event::FrameWritten;
                if let Some(end) = self.handle(event, output)? {
                    return Ok(end);
                }
                // A frame that is due is drawn even if more events are waiting.
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
                let context = self.app.key_context();
                let typed = Key::pressed(&key).and_then(Key::character);
                if let (Mode::Typing, Some(character)) = (context.mode, typed) {
                    self.app.type_character(character);
                } else if let Some(action) = self.app.keys.action(&key, context) {
                    let effect = self.app.update(action);
                    return self.carry_out(effect);
                }
            }
            Event::Mouse(event) => {
                let effect = self.app.point(&event);
                return self.carry_out(effect);
            }
            Event::Paste(text) => self.app.paste(&text),
            Event::Resize => {}
            Event::Replies(replies) => self.take_replies(&replies),
            Event::TrueColour => self.app.set_true_colour(),
            Event::Suspend => {
                terminal::restore();
                emulate_default_handler(SIGTSTP)?;
                terminal::enter()?;
                self.renderer.redraw()?;
            }
            Event::Continue => {
                terminal::enter()?;
                self.renderer.redraw()?;
            }
            Event::FrameWritten => {
                output.frame_written();
                self.query_terminal(output);
            }
            Event::Save => {
                self.link.send(Command::Save);
            }
            Event::Signal(signal) => return Ok(Some(End::Signal(signal))),
            Event::HangUp => return Ok(Some(End::HangUp)),
        }
        Ok(None)
    }

    fn frame(&mut self) -> io::Result<Vec<u8>> {
        if self.app.history_is_stale() {
            let mut history = std::mem::take(&mut self.app.history);
            self.link.catch_up(&mut history);
            self.app.set_history(history);
        }
        let link = &self.link;
        self.app
            .catch_up_lanes(|lane, history| link.catch_up_lane(lane, history));
        self.renderer.frame(&self.app)
    }
}
