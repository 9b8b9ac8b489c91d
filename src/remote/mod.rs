//! Other processes at a run: the same commands and snapshots over a Unix socket in the run's directory.
//!
//! ```text
//! worker ── Feed ──► server ── a thread a peer ──► socket ──► client (thread) ──► a front end's link
//!        ◄─ Requests ─┘
//! ```
//!
//! The socket is for the run's own user, and never a network's. A client asks what is new since it asked last, at its
//! own pace, and gets one answer: one that is slow, stopped or hostile stalls the thread that serves it and nothing else.
//! One peer controls, all others look.

mod address;
mod client;
mod control;
mod curves;
mod frame;
mod parts;
mod peer;
mod protocol;
mod room;
mod server;

#[cfg(test)]
mod tests;

pub use address::{is_alive, path};
pub use client::{Client, Wants};
pub use peer::PATIENCE;
pub use protocol::{Role, TO_CLIENT, TO_SERVER};
pub use room::RESERVE;
pub use server::{SEATS, Server};
