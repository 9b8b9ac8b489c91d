//! The texts of the screen: numbers, measures, alarms, the device.

pub mod alarm;
pub(crate) mod estimate;
pub(crate) mod journal;
pub(crate) mod machine;
pub mod measures;
pub(crate) mod number;
pub(crate) mod signs;
pub(crate) mod spelled;
