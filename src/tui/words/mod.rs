//! The texts of the screen: numbers, measures, alarms, the device.

pub mod alarm;
pub mod estimate;
pub mod machine;
pub mod measures;
pub mod number;
