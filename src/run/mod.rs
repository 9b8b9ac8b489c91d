//! A run: the worker thread that trains, what goes into it, what comes out, and every file it writes.
//!
//! Commands go in over a channel and act between two steps. Snapshots, histories and events come out as plain data.
//! Nothing that a front end does can delay a training step.
//!
//! ```text
//! start ──► Handle ── Request ──► worker ── Snapshot, curves ──► Feed ──► Handle
//!                                 │  ▲  └── lines (headless)
//!                                 │  └───── batches ◄── Prefetch (thread)
//!                                 └──────── files of the run directory
//! Feed, Requests ◄──► server ◄── socket ──► other processes
//! Feed ◄── Load ── gauge (thread)
//! ```

pub mod about;
pub mod alarm;
mod append;
mod busy;
pub mod checkpoint;
pub mod closing;
pub mod command;
pub mod device;
pub mod directory;
pub mod engine;
pub mod error;
mod feed;
mod files;
mod film;
pub mod folder;
pub mod handle;
pub mod history;
pub mod interpolation;
pub mod journal;
mod lane;
pub mod layout;
pub mod limits;
pub mod line;
mod load;
pub mod lock;
mod log;
pub mod look;
pub mod memory;
pub mod metrics;
mod numbered;
mod observer;
pub mod options;
pub mod output;
mod plane;
mod points;
pub mod pool;
pub mod prefetch;
mod publisher;
mod rate;
pub mod record;
pub mod replay;
mod requests;
pub mod resume;
pub mod sampling;
pub mod schedule;
mod scoring;
pub mod snapshot;
pub mod socket;
pub mod summary;
pub mod weights;
mod whole_file;
mod worker;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub use alarm::{Alarm, AlarmKind};
pub use busy::Load;
pub use closing::Stage;
pub use command::{Command, Request};
pub use device::{Card, Device, Wanted, gpu_name, has_driver};
pub use engine::{Engine, Failure, Outcome, StateTensor, TrainingState, Updates};
pub use error::Error;
pub use feed::Branch;
pub use handle::{Ended, Handle, resume, start};
pub use history::{Bucket, History, Series};
pub use line::{Line, Logged};
pub use look::{Interpolation, LayerSpectrum, Look, Plane, Spectra};
pub use options::{OnNan, Options};
pub use output::Output;
pub use requests::Requests;
pub use snapshot::{Change, Notice, Samples, Saved, Snapshot, Status};
pub use summary::{Stopped, Summary};
pub use weights::Init;
