//! The plain data that all modules share: commands to a run, and its snapshots, events, measures, scores and curves.

pub(crate) mod alarm;
pub(crate) mod command;
pub mod event;
pub(crate) mod feed;
pub mod fork;
pub(crate) mod history;
pub mod keys;
pub(crate) mod line;
pub(crate) mod load;
pub mod measures;
pub(crate) mod outputs;
pub(crate) mod points;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod scores;
pub(crate) mod snapshot;
pub(crate) mod summary;
pub(crate) mod updates;
pub(crate) mod watched;

pub use crate::preset::{Assignment, LaneId, NotALane, Target};
pub use alarm::{Alarm, AlarmKind};
pub use command::{Command, Request};
pub use event::{Cause, Entry, Event};
pub use fork::{Change, FIRST_LANE, Parent};
pub use history::{Bucket, History, Series};
pub use line::{Line, Logged};
pub use load::Load;
pub use measures::Measures;
pub use outputs::{BINS, Counts, Outputs};
pub use reply::{LaneChange, Reply};
pub use request::{RequestError, RunRequest};
pub use scores::{Figures, ImageScores, MixtureScores, Scores};
pub use snapshot::{Notice, Samples, Saved, Snapshot, Status};
pub use summary::{Stopped, Summary};
pub use updates::Updates;
pub use watched::{Interpolation, LayerSpectrum, Plane, Spectra, Watched};
