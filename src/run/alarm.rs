//! What watches over a run: a detector for each kind of alarm.

mod detectors;
mod kind;
mod rules;
mod switch;

pub use detectors::{Detectors, Turn};
pub use kind::{Alarm, AlarmKind};
pub use rules::markdown;
