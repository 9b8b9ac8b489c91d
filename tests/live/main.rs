//! The real program on a pseudo-terminal with a terminal emulator at the other end.
#![cfg(unix)]

mod attach;
mod bounds;
mod controls;
mod device;
mod ending;
mod foreign;
mod keys;
mod lanes;
#[path = "../common/live.rs"]
mod live;
mod mouse;
mod panicking;
mod pixels;
#[path = "../common/program.rs"]
mod program;
mod quitting;
mod stalled;
