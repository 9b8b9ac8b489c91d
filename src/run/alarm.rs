//! Alarms of a run: a detector for each kind.

mod detectors;
mod rules;
mod switch;

pub use crate::model::alarm::{Alarm, AlarmKind};
pub use detectors::{AlarmChange, Detectors};
pub(crate) use detectors::{Running, WINDOW, running};
pub use rules::markdown;
