//! The view of the plane.

use super::{super::action::Action, Answer};
use crate::run::Snapshot;

/// What the view remembers.
#[derive(Debug, Default)]
pub struct Plane {}

impl Plane {
    /// Takes note of a new snapshot.
    pub fn observe(&mut self, _snapshot: &Snapshot) {}

    /// Acts on a key.
    pub fn update(&mut self, _action: Action, _snapshot: &Snapshot) -> Answer {
        Answer::Done
    }
}
