//! The events that other threads send to the screen.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SendError},
    },
    time::Duration,
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};

use crate::tui::picture::graphics::query::Replies;

/// An event from outside the screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Key(KeyEvent),
    Mouse(MouseEvent),
    /// Pasted text.
    Paste(String),
    /// The terminal's replies to the query of its graphics protocols.
    Replies(Replies),
    /// The terminal has true colour.
    TrueColour,
    /// The size of the terminal has changed.
    Resize,
    /// SIGTSTP: the program is to be suspended.
    Suspend,
    /// SIGCONT: the program goes on.
    Continue,
    /// SIGUSR2: a checkpoint is to be saved.
    Save,
    /// A signal that ends the program.
    Signal(i32),
    /// The terminal has hung up.
    HangUp,
    /// The last frame has been written.
    FrameWritten,
}

impl Event {
    /// Returns whether the event ends the screen. Such events overtake all others.
    fn is_urgent(&self) -> bool {
        match self {
            Self::Signal(_) | Self::HangUp => true,
            Self::Key(key) => is_ctrl_c(key),
            _ => false,
        }
    }

    /// Returns whether the event is input of the person, which may arrive faster than it is handled.
    fn is_typed(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Mouse(_) | Self::Paste(_))
    }
}

fn is_ctrl_c(key: &KeyEvent) -> bool {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    ctrl && !key.modifiers.contains(KeyModifiers::ALT) && key.code == KeyCode::Char('c')
}

/// The maximum number of waiting keys. Further keys are dropped.
pub const MAX_WAITING_KEYS: usize = 4096;

/// The sending half of the event channel.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    events: mpsc::Sender<Event>,
    urgent: mpsc::Sender<Event>,
    waiting: Arc<AtomicUsize>,
}

/// The receiving half of the event channel. Events arrive in order, except that urgent ones come first.
#[derive(Debug)]
pub(crate) struct Inbox {
    events: Receiver<Event>,
    urgent: Receiver<Event>,
    waiting: Arc<AtomicUsize>,
}

/// Creates the event channel.
pub(crate) fn channel() -> (Sender, Inbox) {
    let (events, events_inbox) = mpsc::channel();
    let (urgent, urgent_inbox) = mpsc::channel();
    let waiting = Arc::<AtomicUsize>::default();
    let sender = Sender {
        events,
        urgent,
        waiting: Arc::clone(&waiting),
    };
    let inbox = Inbox {
        events: events_inbox,
        urgent: urgent_inbox,
        waiting,
    };
    (sender, inbox)
}

impl Sender {
    /// Sends an event without blocking. A key beyond [`MAX_WAITING_KEYS`] is dropped.
    ///
    /// # Errors
    /// The inbox was dropped.
    pub(crate) fn send(&self, event: Event) -> Result<(), SendError<Event>> {
        if event.is_urgent() {
            self.urgent.send(event.clone())?;
        } else if event.is_typed() && self.waiting.load(Ordering::SeqCst) >= MAX_WAITING_KEYS {
            return Ok(());
        }
        if event.is_typed() {
            self.waiting.fetch_add(1, Ordering::SeqCst);
        }
        // An urgent event is sent here as well, to wake the screen.
        self.events.send(event)
    }
}

impl Inbox {
    /// Returns the next event, waiting for it up to `wait`.
    ///
    /// # Errors
    /// No event arrived in time, or all senders were dropped.
    pub(crate) fn next(&self, wait: Duration) -> Result<Event, RecvTimeoutError> {
        if let Ok(event) = self.urgent.try_recv() {
            return Ok(event);
        }
        let event = self.events.recv_timeout(wait)?;
        if event.is_typed() {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(self.urgent.try_recv().unwrap_or(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_events_overtake_keys_and_waiting_keys_are_bounded() {
        let key = |symbol| Event::Key(KeyEvent::from(KeyCode::Char(symbol)));
        let ctrl_c = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        for last in [ctrl_c, Event::Signal(15), Event::HangUp] {
            let (sender, inbox) = channel();
            for _ in 0..1_000_000 {
                sender.send(key('x')).unwrap();
            }
            assert_eq!(inbox.next(Duration::ZERO), Ok(key('x')));
            sender.send(last.clone()).unwrap();
            assert_eq!(inbox.next(Duration::ZERO), Ok(last.clone()));
            let rest = std::iter::from_fn(|| inbox.next(Duration::ZERO).ok());
            assert_eq!(rest.count(), MAX_WAITING_KEYS);
            sender.send(key('y')).unwrap();
            assert_eq!(
                inbox.next(Duration::ZERO),
                Ok(key('y')),
                "there is room again"
            );
        }
    }
}
