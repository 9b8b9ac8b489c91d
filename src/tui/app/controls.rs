//! Actions that change how the run trains.

use super::{App, Effect, action::Action, view::View};
use crate::{
    model::{Command, Status, Updates},
    preset::{Preset, nudge::nudge, set, set::set_all, setting},
};

/// Number of steps of [`Action::StepMany`].
const MANY: u64 = 10;

/// Paces of slow motion, in steps a second.
const PACES: [f32; 9] = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// Returns the setting that an action moves by a notch, and whether upwards.
fn notch(action: Action) -> Option<(&'static str, bool)> {
    Some(match action {
        Action::ToggleNormalization => ("spectral.enabled", true),
        Action::MoreIterations => ("spectral.iterations", true),
        Action::FewerIterations => ("spectral.iterations", false),
        Action::ToggleFold => ("spectral.on_disable", true),
        Action::RaiseGain => ("gain", true),
        Action::LowerGain => ("gain", false),
        Action::RaiseRateD => ("discriminator.learning_rate", true),
        Action::LowerRateD => ("discriminator.learning_rate", false),
        Action::RaiseRateG => ("generator.learning_rate", true),
        Action::LowerRateG => ("generator.learning_rate", false),
        Action::MoreUpdates => ("n_dis", true),
        Action::FewerUpdates => ("n_dis", false),
        Action::LargerBatch => ("batch", true),
        Action::SmallerBatch => ("batch", false),
        Action::NextLoss => ("loss", true),
        Action::ToggleDecay => ("decay", true),
        Action::LongerAverage => ("ema", true),
        Action::ShorterAverage => ("ema", false),
        Action::TighterClip => ("clip", true),
        Action::LooserClip => ("clip", false),
        Action::MoreNoise => ("data.noise", true),
        Action::LessNoise => ("data.noise", false),
        _ => return None,
    })
}

impl App {
    /// Carries out an action that changes the training.
    pub(super) fn control(&mut self, action: Action) -> Option<Effect> {
        if let Some((path, up)) = notch(action) {
            return self.nudge(path, up);
        }
        match action {
            Action::Pause => self.pause(),
            Action::Step => self.steps(Updates::Both, 1),
            Action::StepMany => self.steps(Updates::Both, MANY),
            Action::StepDiscriminator => self.steps(Updates::Discriminator, 1),
            Action::StepGenerator => self.steps(Updates::Generator, 1),
            Action::Slower => self.slower(),
            Action::Faster => self.faster(),
            Action::ToggleLayer => self.layer("enabled", true),
            Action::MoreLayerIterations => self.layer("iterations", true),
            Action::FewerLayerIterations => self.layer("iterations", false),
            Action::FollowNetwork => self.follow_network(),
            _ => None,
        }
    }

    /// Returns the settings after all pending changes.
    pub fn intended_settings(&self) -> Preset {
        let mut preset = (*self.snapshot.settings).clone();
        for request in &self.pending {
            let changed = match &request.command {
                Command::Set { key, value } => set(&preset, key, value),
                Command::SetAll(changes) => {
                    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                    set_all(&preset, &changes)
                }
                _ => continue,
            };
            preset = changed.unwrap_or(preset);
        }
        preset
    }

    /// Moves a setting by a notch.
    pub(super) fn nudge(&mut self, path: &str, up: bool) -> Option<Effect> {
        let preset = self.intended_settings();
        match nudge(&preset, path, up) {
            Some(value) => Some(change(path, value)),
            None if crate::preset::get(&preset, path).is_none() => {
                self.say(format!("This run has no `{path}`."), false);
                None
            }
            None => {
                let name = setting::name(path);
                let takes = setting::words(path).unwrap_or_default();
                self.say(format!("No further: {name} takes {takes}."), false);
                None
            }
        }
    }

    fn pause(&mut self) -> Option<Effect> {
        let pending = self
            .pending
            .iter()
            .rev()
            .find_map(|request| match request.command {
                Command::Pause | Command::Step { .. } => Some(true),
                Command::Resume => Some(false),
                _ => None,
            });
        let paused = pending.unwrap_or(self.snapshot.status == Status::Paused);
        self.unless_done(if paused {
            Command::Resume
        } else {
            Command::Pause
        })
    }

    fn steps(&mut self, updates: Updates, count: u64) -> Option<Effect> {
        self.unless_done(Command::Step { updates, count })
    }

    /// Returns whether this screen acts on the run: whether it is not only watched, and not controlled by another screen.
    pub(crate) fn may_act(&self) -> bool {
        !self.is_watching && !self.is_viewer
    }

    pub(super) fn unless_done(&mut self, command: Command) -> Option<Effect> {
        if self.snapshot.status == Status::Finished {
            return self.say_finished();
        }
        Some(Effect::Send(command))
    }

    /// Tells the person that the run takes no more changes, and what to do.
    pub(super) fn say_finished(&mut self) -> Option<Effect> {
        let presets = self.keys.key_of(Action::Presets).unwrap_or_default();
        let name = self.snapshot.directory.file_name().unwrap_or_default();
        let name = name.to_string_lossy();
        let text = format!(
            "All steps are made. {presets} starts another run; `sn-tui resume {name} --steps N` goes on with this one."
        );
        self.say(text, false);
        None
    }

    /// Returns the pace after all pending changes.
    fn pace(&self) -> Option<f32> {
        let pending = self.pending.iter().rev();
        let mut asked = pending.filter_map(|request| match request.command {
            Command::Pace(pace) => Some(pace),
            _ => None,
        });
        asked.next().unwrap_or(self.snapshot.pace)
    }

    fn slower(&mut self) -> Option<Effect> {
        // A pace above the present rate would change nothing.
        let rate = match self.snapshot.steps_per_second {
            rate if rate > 0.0 => rate,
            _ => f32::INFINITY,
        };
        let now = self.pace().unwrap_or(f32::INFINITY).min(rate);
        match PACES.iter().rev().find(|&&pace| pace < now * 0.99) {
            Some(&pace) => Some(Effect::Send(Command::Pace(Some(pace)))),
            None => {
                self.say("This is the slowest; Space pauses.", false);
                None
            }
        }
    }

    fn faster(&mut self) -> Option<Effect> {
        let Some(now) = self.pace() else {
            self.say("It goes as fast as it can.", false);
            return None;
        };
        let next = PACES.iter().copied().find(|&pace| pace > now);
        Some(Effect::Send(Command::Pace(next)))
    }

    /// Returns the key of the selected layer.
    pub fn selected_layer(&self) -> Option<String> {
        match self.view {
            View::Spectrum => self.views.spectrum.key(&self.snapshot),
            _ => self.views.layers.key(&self.snapshot),
        }
    }

    fn layer(&mut self, field: &str, up: bool) -> Option<Effect> {
        let key = self.selected_or_said()?;
        let preset = self.intended_settings();
        let in_force = preset.spectral.layer(&key);
        let path = format!("spectral.layers.{key}.{field}");
        let value = match (field, up) {
            ("enabled", _) => Some((!in_force.enabled).to_string()),
            (_, true) => Some((in_force.iterations + 1).to_string()),
            (_, false) => in_force.iterations.checked_sub(1).map(|n| n.to_string()),
        };
        match value.filter(|value| set(&preset, &path, value).is_ok()) {
            Some(value) => Some(change(&path, value)),
            None => {
                let takes = setting::words("spectral.iterations").unwrap_or_default();
                self.say(format!("No further: iterations take {takes}."), false);
                None
            }
        }
    }

    fn follow_network(&mut self) -> Option<Effect> {
        let key = self.selected_or_said()?;
        let preset = self.intended_settings();
        if !preset.spectral.layers.contains_key(&key) {
            self.say(format!("{key} follows its network already."), false);
            return None;
        }
        Some(change(&format!("spectral.layers.{key}"), "()".to_owned()))
    }

    fn selected_or_said(&mut self) -> Option<String> {
        let key = self.selected_layer();
        if key.is_none() {
            self.say("The layers are not known yet.", false);
        }
        key
    }
}

fn change(path: &str, value: String) -> Effect {
    Effect::Send(Command::Set {
        key: path.to_owned(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_setting_names_a_live_one() {
        for &action in Action::ALL {
            if let Some((path, _)) = notch(action) {
                assert!(setting::is_live(path), "{action:?} {path}");
            }
        }
    }
}
