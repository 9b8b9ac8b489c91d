//! Files of other people's making and ours: opened without trust, written whole or not at all.

pub mod folder;
pub mod open;
pub mod output;
pub mod whole;

pub use output::Output;
