//! `sn-tui`: live experiments with spectral normalization in GAN training, in a terminal.
//!
//! Each top-level module is a room with one subject. A room imports only from rooms to its right:
//!
//! ```text
//! command ─► tui, headless ─► run ─► remote ─► weights ─► rundir
//!         ─► engine ─► model ─► preset ─► files ─► text
//! ```
//!
//! | room | holds |
//! | --- | --- |
//! | [`command`] | one folder or file a subcommand: its arguments and what it does |
//! | [`tui`] | the live screen |
//! | [`headless`] | a run without a screen: lines, progress, signals |
//! | [`run`] | the live run: worker thread, lanes, alarms |
//! | [`remote`] | the socket of a run: server, client, protocol |
//! | [`weights`] | files of weights: meaning, export, initialization |
//! | [`rundir`] | the directory of a run: every file's format, writing, reading, finding, pruning |
//! | [`engine`] | the computation: networks, data, training, spectra, scores; it has rooms of its own |
//! | [`model`] | plain data that every room sees: commands, events, snapshots, measures, scores, curves; `model::feed`: what a worker publishes |
//! | [`preset`] | the RON schema of a run: plain data |
//! | [`files`] | untrusted files, atomic writes, safetensors |
//! | [`text`] | text for terminals |
//!
//! Front ends see plain data only. What is `pub` is used by `main.rs`, tests and benches; the rest is `pub(crate)`.

#![deny(missing_docs, unreachable_pub)]
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is built with --document-private-items"
)]

pub mod command;
pub mod engine;
pub mod files;
pub mod headless;
pub mod model;
pub mod preset;
pub mod remote;
pub mod run;
pub mod rundir;
pub mod text;
pub mod tui;
pub mod weights;
