//! A run: the worker thread that trains, its commands, its snapshots and its files.
//!
//! The worker steps one or more lanes in lock-step. Each lane has a training, a directory and a feed of its own.
//!
//! Commands are sent over a channel and executed between two steps. Snapshots, curves and events are plain data.
//! Front ends never delay a training step.
//!
//! ```text
//! start ──► Handle ── Request ──► worker ─► lanes ── Snapshot, curves ──► Feed ──► Handle
//!                                 │  ▲  └── lines (headless)
//!                                 │  └───── batches ◄── Prefetch (thread)
//!                                 └──────── files of the run directory
//! Feed, Requests ◄──► server ◄── socket ──► other processes
//! Feed ◄── Load ── load monitor (thread)
//! lanes ── alarms ──► thread of `--on-alarm` ──► its command
//! ```

pub mod alarm;
mod common;
pub(crate) mod device;
pub mod engine;
mod gif;
pub(crate) mod handle;
mod lane;
mod lanes;
mod launch;
pub mod limits;
mod load;
pub(crate) mod memory;
mod observer;
mod on_alarm;
pub(crate) mod options;
mod plane;
pub(crate) mod pool;
pub(crate) mod prefetch;
mod publisher;
mod rate;
pub mod replay;
mod scoring;
mod training;
mod worker;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub use crate::{
    engine::gan::{Outcome, TrainingState},
    files::{output::Output, tensors::StateTensor},
    model::{
        Alarm, AlarmKind, Updates,
        command::{Command, Request},
        event::{Cause, Entry, Event},
        feed::{Branch, closing::Stage, requests::Requests},
        history::{Bucket, History, Series},
        line::{Line, Logged},
        load::Load,
        snapshot::{Notice, Samples, Saved, Snapshot, Status},
        summary::{Stopped, Summary},
        watched::{Interpolation, LayerSpectrum, Plane, Spectra, Watched},
    },
    rundir::error::Error,
    weights::Init,
};
pub use device::{Card, Device, DeviceChoice, NoDevice, gpu_name, has_driver};
pub use engine::{Engine, Failure};
pub use handle::{Ended, Handle};
pub use lanes::LaneHandle;
pub use launch::{fork, resume, start};
pub use options::{OnNan, Options};
