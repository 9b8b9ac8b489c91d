//! Raises alarms: publishes, journals and passes on their changes.

use super::Lane;
use crate::{
    model::{Cause, Event},
    run::alarm::AlarmChange,
};

impl Lane {
    /// Publishes and journals changes of alarms.
    pub(super) fn raise(&mut self, mut changes: Vec<AlarmChange>) {
        if changes.is_empty() {
            return;
        }
        let now = self.training.steps();
        for change in &mut changes {
            if let AlarmChange::On(alarm) = change {
                // Spectra are of an earlier step than the one at which the journal has the alarm.
                alarm.step = alarm.step.max(now);
                self.detectors.date(alarm);
            }
        }
        self.publisher.state.alarms = self.detectors.on().to_vec();
        for turn in changes {
            let (on, alarm) = match turn {
                AlarmChange::On(alarm) => (true, alarm),
                AlarmChange::Off(alarm) => (false, alarm),
            };
            // A live screen shows alarms separately.
            if on && !self.options.live {
                let message = format!("step {}: {}", alarm.step, alarm.text);
                self.publisher.notice(message, true);
            }
            if let Some(raised) = self.raised.as_ref().filter(|_| on) {
                raised.put(self.id, &alarm);
            }
            let (key, text, step) = (alarm.key(), alarm.text, alarm.step);
            let event = if on {
                Event::Alarm { key, text }
            } else {
                Event::AlarmEnd { key, text }
            };
            self.record(now.max(step), event, Cause::Alarm);
        }
    }
}
