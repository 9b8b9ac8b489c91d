//! The real program without a screen: output, files, reproducibility and ends.
#![cfg(unix)]

mod continuing;
mod data;
mod ending;
mod files;
#[path = "../common/folders.rs"]
mod folders;
mod output;
#[path = "../common/program.rs"]
mod program;
mod repeat;
mod run;
mod settings;
mod signals;
#[path = "../common/tensors.rs"]
mod tensors;
#[path = "../common/waiting.rs"]
mod waiting;
