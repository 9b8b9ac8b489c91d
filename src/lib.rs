//! `sn-tui`: live experiments with spectral normalization in GAN training, in a terminal.
//!
//! Each top-level module is a room with one subject. A room imports only from rooms to its right:
//!
//! ```text
//! command ─► tui, headless ─► run ─► remote ─► weights ─► rundir
//!         ─► gan ─► metric ─► data ─► nn ─► model ─► spectral ─► picture, simd, tensors
//!         ─► preset ─► random, files ─► text
//! ```
//!
//! | room | holds |
//! | --- | --- |
//! | [`command`] | one folder or file a subcommand: its arguments and what it does |
//! | [`tui`] | the live screen |
//! | [`headless`] | a run without a screen: lines, progress, signals |
//! | [`run`] | the live run: worker thread, lanes, engine, alarms |
//! | [`remote`] | the socket of a run: server, client, protocol |
//! | [`weights`] | files of weights: meaning, export, initialization |
//! | [`rundir`] | the directory of a run: every file's format, writing, reading, finding, pruning |
//! | [`model`] | plain data that every room sees: commands, events, snapshots, measures, scores, curves; `model::feed`: what a worker publishes |
//! | [`gan`] | adversarial training: D's update, G's update, a step |
//! | [`metric`] | scores of generated samples |
//! | [`nn`] | networks and their backends, spectral normalization during training |
//! | [`spectral`] | power iteration, exact spectra and operator norms of weights: slices in, numbers out |
//! | [`data`] | data sets |
//! | [`picture`] | pictures: pixels, PNG, GIF |
//! | [`tensors`] | safetensors files |
//! | [`preset`] | the RON schema of a run: plain data |
//! | [`files`] | untrusted files, atomic writes |
//! | [`random`], [`text`] | random streams; text for terminals |
//!
//! The engine (`gan` to `nn`) opens no terminal, writes no files and starts no threads beyond rayon's. Front ends see
//! plain data only. What is `pub` is used by `main.rs`, tests and benches; the rest is `pub(crate)`.

#![deny(missing_docs, unreachable_pub)]
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is built with --document-private-items"
)]

pub mod command;
pub mod data;
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
