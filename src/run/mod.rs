//! A run: the worker thread that trains, what goes into it, what comes out, and every file it writes.
//!
//! Commands go in over a channel and act between two steps. Snapshots, histories and events come out as plain data.
//! Nothing that a front end does can delay a training step.

pub mod command;
pub mod history;
pub mod snapshot;

pub use command::{Command, Request};
pub use history::{Bucket, History, Series};
pub use snapshot::{Change, Notice, Samples, Snapshot, Status};
