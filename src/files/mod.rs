//! Files: opened without trust, and written completely or not at all.

pub mod folder;
pub(crate) mod open;
pub(crate) mod output;
pub(crate) mod whole;

pub use output::Output;
