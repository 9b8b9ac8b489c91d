//! Control of a run: at most one front end may change it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Role;

/// The front end that controls a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Nobody,
    /// The screen of the run's own process. No peer can take control from it.
    Screen,
    /// A peer, with its number and its process.
    Peer {
        number: u64,
        pid: i32,
    },
}

/// The control of a run, shared by the threads that serve peers.
#[derive(Debug)]
pub(super) struct Control(Mutex<Holder>);

impl Control {
    /// Creates the control with its first holder.
    pub(super) fn new(holder: Holder) -> Self {
        Self(Mutex::new(holder))
    }

    /// Returns the role that a peer gets, and why it is not the one it wants (empty if it is). Control is given if it is
    /// free, or, with `take`, if another peer has it.
    pub(super) fn request(&self, wants: Role, take: bool, number: u64, pid: i32) -> (Role, String) {
        let mut holder = self.lock();
        let why = match *holder {
            _ if wants == Role::Viewer => String::new(),
            Holder::Peer { number: holder, .. } if holder == number => {
                return (Role::Controller, String::new());
            }
            Holder::Screen => "the screen that the run was started on controls it".to_owned(),
            Holder::Peer { pid, .. } if !take => {
                format!("process {pid} controls it; `attach --take` takes over")
            }
            Holder::Nobody | Holder::Peer { .. } => {
                *holder = Holder::Peer { number, pid };
                return (Role::Controller, String::new());
            }
        };
        (Role::Viewer, why)
    }

    /// Returns the current role of a peer.
    pub(super) fn role(&self, number: u64) -> Role {
        match *self.lock() {
            Holder::Peer { number: holder, .. } if holder == number => Role::Controller,
            _ => Role::Viewer,
        }
    }

    /// Releases the control if this peer, which goes away, has it.
    pub(super) fn leave(&self, number: u64) {
        if self.role(number) == Role::Controller {
            self.release();
        }
    }

    /// Takes the control from its holder, if there is one.
    pub(super) fn release(&self) {
        *self.lock() = Holder::Nobody;
    }

    fn lock(&self) -> MutexGuard<'_, Holder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Controller, Viewer};

    #[test]
    fn one_controls_and_others_look_on() {
        let control = Control::new(Holder::Nobody);
        let ask = |wants, take, number| control.request(wants, take, number, 100 + number as i32);
        assert_eq!(ask(Viewer, false, 1), (Viewer, String::new()));
        assert_eq!(ask(Controller, false, 2), (Controller, String::new()));
        let (role, why) = ask(Controller, false, 3);
        assert!(role == Viewer && why.contains("102"), "{why}");
        assert_eq!(ask(Controller, true, 4).0, Controller);
        assert_eq!(ask(Controller, false, 4).0, Controller);
        assert_eq!(
            [1, 2, 3, 4].map(|n| control.role(n)),
            [Viewer, Viewer, Viewer, Controller]
        );
        control.leave(2);
        assert_eq!(control.role(4), Controller);
        control.leave(4);
        assert_eq!(ask(Controller, false, 5).0, Controller);
    }

    #[test]
    fn nobody_takes_control_from_the_screen() {
        let control = Control::new(Holder::Screen);
        for take in [false, true] {
            let (role, why) = control.request(Controller, take, 1, 7);
            assert!(role == Viewer && why.contains("screen"), "{why}");
        }
        control.release();
        assert_eq!(control.request(Controller, false, 1, 7).0, Controller);
    }
}
