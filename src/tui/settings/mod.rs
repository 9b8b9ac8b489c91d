//! The settings that can be changed while a run goes on, and the panel of them.

pub(crate) mod entry;
pub(crate) mod panel;
