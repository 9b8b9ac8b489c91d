//! The settings that can be changed while a run goes on, and the panel of them.

pub mod entry;
pub mod panel;
