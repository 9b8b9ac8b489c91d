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

pub mod alarm;
pub(crate) mod device;
pub mod engine;
mod film;
pub(crate) mod handle;
mod lane;
pub mod limits;
mod load;
pub(crate) mod memory;
mod observer;
pub(crate) mod options;
mod plane;
pub(crate) mod pool;
pub(crate) mod prefetch;
mod publisher;
mod rate;
pub mod replay;
mod scoring;
mod worker;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub use crate::{
    feed::{Branch, closing::Stage, requests::Requests},
    files::output::Output,
    gan::{Outcome, TrainingState},
    model::{
        Alarm, AlarmKind, Updates,
        command::{Command, Request},
        event::{Cause, Entry, Event},
        history::{Bucket, History, Series},
        line::{Line, Logged},
        load::Load,
        look::{Interpolation, LayerSpectrum, Look, Plane, Spectra},
        snapshot::{Notice, Samples, Saved, Snapshot, Status},
        summary::{Stopped, Summary},
    },
    rundir::error::Error,
    tensors::StateTensor,
    weights::Init,
};
pub use device::{Card, Device, NoDevice, Wanted, gpu_name, has_driver};
pub use engine::{Engine, Failure};
pub use handle::{Ended, Handle, resume, start};
pub use options::{OnNan, Options};
