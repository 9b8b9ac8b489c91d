//! An alarm that neither flickers nor jumps at a single figure.

/// Goes on after a number of bad figures in a row, off after as many good ones; what is neither counts for nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch {
    on: bool,
    /// Figures in a row that speak for the other state.
    count: u32,
}

impl Switch {
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// Takes a figure; says what the switch became where it turned.
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

/// A mean over about the last so many figures: exponential, plain while they are fewer.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    mean: f64,
    count: u32,
}

impl Recent {
    /// Takes a figure and gives the mean, or none until there are `window`.
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
    fn it_takes_several_to_turn_and_the_space_between_holds() {
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
    fn a_mean_is_had_when_there_are_enough() {
        let mut recent = Recent::default();
        assert_eq!((recent.take(1.0, 3), recent.take(2.0, 3)), (None, None));
        assert_eq!(recent.take(3.0, 3), Some(2.0));
        assert!((recent.take(5.0, 3).unwrap() - 3.0).abs() < 1e-12);
    }
}
