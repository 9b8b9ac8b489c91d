//! What a run is told and tells, as plain data that every room sees: commands in, snapshots, events, measures, scores and
//! curves out.

pub mod alarm;
pub mod command;
pub mod event;
pub mod history;
pub mod line;
pub mod load;
pub mod look;
pub mod measures;
pub mod points;
pub mod request;
pub mod scores;
pub mod snapshot;
pub mod summary;
pub mod updates;

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
