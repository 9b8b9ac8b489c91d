//! `sn-tui`: live experiments with spectral normalization in GAN training, in a terminal.
//!
//! A room for each subject, doors one way: a room imports from those to its right alone.
//!
//! ```text
//! command ─► tui, headless ─► run ─► remote ─► weights ─► rundir ─► feed
//!         ─► gan ─► metric ─► data ─► nn ─► model ─► spectral ─► picture, simd, tensors
//!         ─► preset ─► random, files ─► text
//! ```
//!
//! | room | holds |
//! | --- | --- |
//! | [`command`] | one folder or file a subcommand: its arguments and what it does |
//! | [`tui`] | the live screen |
//! | [`headless`] | a run without a screen: lines, progress, signals |
//! | [`run`] | the live run: the worker thread, its training, its engine, alarms, schedules |
//! | [`remote`] | a run and other processes: the socket in its directory |
//! | [`feed`] | what passes between a worker and those who watch it |
//! | [`weights`] | files of weights: what they mean, export, starts from them |
//! | [`rundir`] | the directory of a run: every file of it, written, read, found, cleared away |
//! | [`model`] | plain data that every room sees: commands, events, snapshots, measures, scores, curves |
//! | [`gan`] | adversarial training: D's update, G's update, a step |
//! | [`metric`] | scores of what G makes |
//! | [`nn`] | networks and their backends, spectral normalization while training |
//! | [`spectral`] | spectra measured: slices in, numbers out |
//! | [`data`] | data sets |
//! | [`picture`] | pictures made and encoded |
//! | [`tensors`] | safetensors: read within bounds, written in a fixed order |
//! | [`preset`] | the RON schema of a run: plain data |
//! | [`files`] | files opened without trust, and written whole or not at all |
//! | [`random`], [`text`] | separate random streams; text on its way to a terminal |
//!
//! The engine knows tensors and numbers: no terminal, no threads of its own beyond rayon, no files written. Front ends
//! see plain data only.

#![deny(missing_docs, unreachable_pub)]
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod command;
pub mod data;
pub(crate) mod feed;
pub mod files;
pub mod gan;
pub mod headless;
pub mod metric;
pub mod model;
pub mod nn;
pub(crate) mod picture;
pub mod preset;
pub mod random;
pub mod remote;
pub mod run;
pub mod rundir;
mod simd;
pub mod spectral;
pub mod tensors;
pub mod text;
pub mod tui;
pub mod weights;
