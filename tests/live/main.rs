//! The real program on a terminal: a pseudo-terminal with an emulator at its other end.
#![cfg(unix)]

mod attach;
mod bounds;
mod controls;
mod device;
mod ending;
mod foreign;
mod keys;
mod live;
mod panicking;
mod pixels;
mod quitting;
mod stalled;
