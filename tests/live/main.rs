//! The real program on a terminal: a pseudo-terminal with an emulator at its other end.
#![cfg(unix)]

mod ending;
mod keys;
mod live;
mod pixels;
mod stalled;
