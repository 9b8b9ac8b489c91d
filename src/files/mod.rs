//! Files: opened without trust, and written completely or not at all.

pub mod folder;
pub mod open;
pub mod output;
pub mod whole;

pub use output::Output;
