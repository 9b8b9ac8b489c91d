//! Who controls a run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Role;

/// Who may change what the run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    /// The screen of the run's own process; nobody takes control from it.
    Screen,
    /// A peer, by its number and its process.
    Peer {
        number: u64,
        pid: i32,
    },
}

/// The one who controls.
#[derive(Debug)]
pub struct Control(Mutex<Holder>);

impl Control {
    pub fn new(holder: Holder) -> Self {
        Self(Mutex::new(holder))
    }

    /// Gives a peer the role it wants where that is free, or taken from another peer where `take`; else the reason why
    /// it looks on.
    pub fn ask(&self, wants: Role, take: bool, number: u64, pid: i32) -> (Role, String) {
        let mut holder = self.lock();
        let why = match *holder {
            _ if wants == Role::Viewer => String::new(),
            Holder::Peer { number: of, .. } if of == number => {
                return (Role::Controller, String::new());
            }
            Holder::Screen => "the screen that the run was started on controls it".to_owned(),
            Holder::Peer { pid, .. } if !take => {
                format!("process {pid} controls it; attach with --take takes over")
            }
            Holder::Nobody | Holder::Peer { .. } => {
                *holder = Holder::Peer { number, pid };
                return (Role::Controller, String::new());
            }
        };
        (Role::Viewer, why)
    }

    /// The role of this peer now.
    pub fn role(&self, number: u64) -> Role {
        match *self.lock() {
            Holder::Peer { number: of, .. } if of == number => Role::Controller,
            _ => Role::Viewer,
        }
    }

    /// This peer has gone.
    pub fn leave(&self, number: u64) {
        if self.role(number) == Role::Controller {
            self.free();
        }
    }

    /// From now on nobody controls.
    pub fn free(&self) {
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
        let ask = |wants, take, number| control.ask(wants, take, number, 100 + number as i32);
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
            let (role, why) = control.ask(Controller, take, 1, 7);
            assert!(role == Viewer && why.contains("screen"), "{why}");
        }
        control.free();
        assert_eq!(control.ask(Controller, false, 1, 7).0, Controller);
    }
}
