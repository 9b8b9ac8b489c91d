//! Attaching to a run of another process: commands and snapshots over a Unix socket in the run's directory.
//!
//! ```text
//! worker ── Feed ──► server ── one thread per peer ──► socket ──► client (thread) ──► front end
//!        ◄─ Requests ─┘
//! ```
//!
//! Only processes of the run's own user can connect, and no network port is opened. A client asks for news at its own
//! pace and gets one answer. A client that is slow, stopped or hostile stalls only the thread that serves it. One peer
//! controls the run; all others only view it. Programs (`sn-tui ctl`) may act whoever controls it: each of their requests
//! goes through the worker's queue and is in the journal.

mod act;
mod address;
mod client;
mod command_client;
mod control;
mod curves;
mod descriptors;
mod disconnect;
mod error;
mod frame;
mod parts;
mod peer;
mod protocol;
mod server;
mod stop;
mod user;

#[cfg(test)]
mod tests;

pub use act::MAX_WORDS;
pub use address::{is_alive, path};
pub use client::{Client, Wants};
pub use command_client::{Acted, CommandClient};
pub use descriptors::RESERVE;
pub use error::{AttachError, Error, NotSent};
pub use peer::PATIENCE;
pub use protocol::{Role, TO_CLIENT, TO_SERVER};
pub use server::{SEATS, Server};
