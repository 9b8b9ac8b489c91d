//! What watches over a run: a detector for each kind of alarm.

mod detectors;
mod rules;
mod switch;

pub use crate::model::alarm::{Alarm, AlarmKind};
pub use detectors::{Detectors, Turn};
pub use rules::markdown;
