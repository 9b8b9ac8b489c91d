//! What the threads around the screen tell it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SendError},
    },
    time::Duration,
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::picture::graphics::ask::Replies;

/// Something that happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Key(KeyEvent),
    /// Text that was pasted, which must not act as keys.
    Paste(String),
    /// What the terminal says it can.
    Replies(Replies),
    /// The terminal has another size.
    Resize,
    /// Ctrl-Z: the terminal is wanted by another program.
    Suspend,
    /// The terminal is ours again.
    Continue,
    /// A signal asks for a checkpoint.
    Save,
    /// A signal that ends the program.
    Signal(i32),
    /// The terminal is gone.
    HangUp,
    /// The last frame has been written.
    Written,
}

impl Event {
    /// Whether it ends the screen, and so comes before everything that waits.
    fn is_urgent(&self) -> bool {
        match self {
            Self::Signal(_) | Self::HangUp => true,
            Self::Key(key) => is_ctrl_c(key),
            _ => false,
        }
    }

    /// Whether it is of those that may come faster than they are dealt with.
    fn is_typed(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Paste(_))
    }
}

fn is_ctrl_c(key: &KeyEvent) -> bool {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    ctrl && !key.modifiers.contains(KeyModifiers::ALT) && key.code == KeyCode::Char('c')
}

/// Keys that may wait: more than anybody types ahead. Those beyond are lost.
pub const WAITING: usize = 4096;

/// The way of events to the screen.
#[derive(Clone, Debug)]
pub struct Sender {
    events: mpsc::Sender<Event>,
    urgent: mpsc::Sender<Event>,
    waiting: Arc<AtomicUsize>,
}

/// Events in the order in which they came, but for those that end the screen: they come first.
#[derive(Debug)]
pub struct Inbox {
    events: Receiver<Event>,
    urgent: Receiver<Event>,
    waiting: Arc<AtomicUsize>,
}

pub fn channel() -> (Sender, Inbox) {
    let (events, events_come) = mpsc::channel();
    let (urgent, urgent_come) = mpsc::channel();
    let waiting = Arc::<AtomicUsize>::default();
    let sender = Sender {
        events,
        urgent,
        waiting: Arc::clone(&waiting),
    };
    let inbox = Inbox {
        events: events_come,
        urgent: urgent_come,
        waiting,
    };
    (sender, inbox)
}

impl Sender {
    /// Hands an event on; it never waits.
    ///
    /// # Errors
    /// Nobody listens any more.
    pub fn send(&self, event: Event) -> Result<(), SendError<Event>> {
        if event.is_urgent() {
            self.urgent.send(event.clone())?;
        } else if event.is_typed() && self.waiting.load(Ordering::SeqCst) >= WAITING {
            return Ok(());
        }
        if event.is_typed() {
            self.waiting.fetch_add(1, Ordering::SeqCst);
        }
        // One that is urgent goes this way as well, to wake the screen.
        self.events.send(event)
    }
}

impl Inbox {
    /// Waits so long for an event.
    ///
    /// # Errors
    /// None came, or none can come any more.
    pub fn next(&self, wait: Duration) -> Result<Event, RecvTimeoutError> {
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
    fn what_ends_the_screen_overtakes_a_million_keys_that_cost_little_memory() {
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
            assert_eq!(rest.count(), WAITING);
            sender.send(key('y')).unwrap();
            assert_eq!(
                inbox.next(Duration::ZERO),
                Ok(key('y')),
                "there is room again"
            );
        }
    }
}
