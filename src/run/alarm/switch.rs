//! Smoothing for alarms: a switch with hysteresis, and a running mean.

/// A switch that goes on after a number of consecutive bad values, and off after a number of consecutive good values.
/// Values that are neither reset the count.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch {
    on: bool,
    /// Number of consecutive values for the other state.
    count: u32,
}

impl Switch {
    /// Whether the switch is on.
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// Counts a value. Returns the new state if the switch changed after `needed` consecutive values.
    pub(super) fn take(&mut self, bad: bool, good: bool, needed: u32) -> Option<bool> {
        let against = if self.on { good } else { bad };
        self.count = if against { self.count + 1 } else { 0 };
        (self.count >= needed).then(|| {
            self.count = 0;
            self.on = !self.on;
            self.on
        })
    }
}

/// A running mean: exponential over about `window` values, arithmetic while there are fewer.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    mean: f64,
    count: u32,
}

impl Recent {
    /// Adds a value and returns the mean; `None` until there are `window` values.
    pub(super) fn take(&mut self, figure: f64, window: u32) -> Option<f64> {
        self.count = (self.count + 1).min(window);
        self.mean += (figure - self.mean) / f64::from(self.count);
        (self.count == window).then_some(self.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_needs_consecutive_values_and_has_hysteresis() {
        let mut switch = Switch::default();
        let bad = |switch: &mut Switch| switch.take(true, false, 2);
        assert_eq!(bad(&mut switch), None);
        assert_eq!(switch.take(false, false, 2), None);
        assert_eq!(bad(&mut switch), None);
        assert_eq!(bad(&mut switch), Some(true));
        assert_eq!(bad(&mut switch), None);
        assert_eq!(switch.take(false, true, 2), None);
        assert_eq!(switch.take(false, false, 2), None);
        assert!(switch.is_on());
        assert_eq!(switch.take(false, true, 1), Some(false));
    }

    #[test]
    fn the_mean_exists_after_enough_values() {
        let mut recent = Recent::default();
        assert_eq!((recent.take(1.0, 3), recent.take(2.0, 3)), (None, None));
        assert_eq!(recent.take(3.0, 3), Some(2.0));
        assert!((recent.take(5.0, 3).unwrap() - 3.0).abs() < 1e-12);
    }
}
