//! `sn-tui`: live experiments with spectral normalization in GAN training, in a terminal.
//!
//! Three rooms, doors one way:
//!
//! ```text
//! main, cli  →  front ends (tui, headless, watch, records, audit, export, sample, bench)  →  run  →  engine (gan, nn, spectral, simd, tensors, data, metric, picture)  →  preset
//! ```
//!
//! - [`preset`] is plain data: the RON schema of a run.
//! - The engine knows tensors and numbers: no terminal, no threads of its own beyond rayon, no files written.
//! - [`run`] owns the worker thread and every file written.
//! - Front ends see plain data only.
//! - [`cli`] is every command and flag.
//! - [`text`] is the form in which foreign text may leave, `wording` the sentences that errors share; every room may use
//!   them.

#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod audit;
pub mod bench;
pub mod cli;
pub mod data;
pub mod export;
pub mod gan;
pub mod headless;
pub mod launch;
pub mod metric;
pub mod nn;
mod open;
pub mod picture;
pub mod preset;
pub mod random;
pub mod records;
pub mod run;
pub mod sample;
mod simd;
pub mod spectral;
pub mod tensors;
pub mod text;
pub mod tui;
pub mod watch;
mod wording;
