//! What a run is told and tells, as plain data that every room sees: commands in, snapshots, events, measures, scores and
//! curves out.

pub(crate) mod alarm;
pub(crate) mod command;
pub mod event;
pub(crate) mod history;
pub(crate) mod line;
pub(crate) mod load;
pub(crate) mod look;
pub mod measures;
pub(crate) mod points;
pub(crate) mod request;
pub(crate) mod scores;
pub(crate) mod snapshot;
pub(crate) mod summary;
pub(crate) mod updates;

pub use alarm::{Alarm, AlarmKind};
pub use command::{Command, Request};
pub use event::{Cause, Entry, Event};
pub use history::{Bucket, History, Series};
pub use line::{Line, Logged};
pub use load::Load;
pub use look::{Interpolation, LayerSpectrum, Look, Plane, Spectra};
pub use measures::Measures;
pub use request::RunRequest;
pub use scores::{Figures, ImageScores, MixtureScores, Scores};
pub use snapshot::{Notice, Samples, Saved, Snapshot, Status};
pub use summary::{Stopped, Summary};
pub use updates::Updates;
