//! The list of built-in presets, from which the person starts another run.

use std::path::PathBuf;

use super::{App, Effect, action::Action};
use crate::{
    model::{RunRequest, request},
    preset::{
        LayerSpec, Preset, Shape,
        builtin::{builtin, names},
        infer, parameters,
    },
    tui::line::CommandLine,
};

/// The list of presets and its selection.
#[derive(Debug)]
pub struct Picker {
    pub choices: Vec<Choice>,
    pub selected: usize,
}

/// A built-in preset.
#[derive(Debug)]
pub struct Choice {
    pub name: &'static str,
    pub preset: Preset,
    /// The path of its data, if they are missing.
    pub missing: Option<PathBuf>,
}

/// The description of a network.
pub struct Network {
    /// The words and the output shape of each layer.
    pub layers: Vec<(String, String)>,
    /// The number of parameters, with separators of thousands.
    pub parameters: String,
}

impl Picker {
    /// Lists all built-in presets and selects the one called `current`.
    pub fn new(current: &str) -> Self {
        let read = |name| {
            let preset = builtin(name).ok()?;
            Some(Choice {
                name,
                missing: request::missing(&preset).map(PathBuf::from),
                preset,
            })
        };
        let choices: Vec<Choice> = names().filter_map(read).collect();
        let selected = choices.iter().position(|choice| choice.name == current);
        Self {
            choices,
            selected: selected.unwrap_or(0),
        }
    }

    /// Returns the selected preset.
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(self.selected)
    }

    /// Moves the selection.
    pub fn update(&mut self, action: Action) {
        let last = self.choices.len().saturating_sub(1);
        self.selected = match action {
            Action::Up => self.selected.saturating_sub(1),
            Action::Down => (self.selected + 1).min(last),
            Action::First | Action::PageUp => 0,
            Action::Last | Action::PageDown => last,
            _ => self.selected,
        };
    }
}

impl Choice {
    /// Describes G, from the latent vector to a sample.
    pub fn generator(&self) -> Network {
        let latent = Shape::Flat(self.preset.latent);
        network(&self.preset.generator.layers, latent)
    }

    /// Describes D, from a sample to its score.
    pub fn discriminator(&self) -> Network {
        let sample = self.preset.data.sample_shape();
        network(&self.preset.discriminator.layers, sample)
    }
}

fn network(layers: &[LayerSpec], input: Shape) -> Network {
    let shapes = infer(layers, input).unwrap_or_default();
    let parameters = parameters(layers, input).unwrap_or(0);
    let lines = layers.iter().zip(&shapes).map(|(layer, shape)| {
        let shape = match shape {
            Shape::Flat(features) => features.to_string(),
            Shape::Image { .. } => shape.to_string(),
        };
        (layer.words(), shape)
    });
    Network {
        layers: lines.collect(),
        parameters: crate::preset::number::grouped(parameters),
    }
}

impl App {
    /// Returns the options of the first run as text, without the seed, which every run has. Empty if it had none.
    pub fn first_request_options(&self) -> String {
        let options = self.first_request.clone().map(|request| {
            let without_seed = RunRequest {
                seed: None,
                ..request
            };
            without_seed.written()
        });
        options.unwrap_or_default()
    }
}

impl App {
    /// Handles an action while the list of presets is open. Returns `None` if the list does not use it.
    #[expect(
        clippy::option_option,
        reason = "whether it was handled, and what follows"
    )]
    pub(super) fn update_picker(&mut self, action: Action) -> Option<Option<Effect>> {
        let options = self.first_request_options();
        let picker = self.picker.as_mut()?;
        match action {
            Action::Back | Action::Presets => self.picker = None,
            Action::Choose => match picker.chosen() {
                Some(choice) if choice.missing.is_some() => {
                    self.line = Some(CommandLine::starting_with(&format!(
                        "preset {} --data ",
                        choice.name
                    )));
                }
                Some(choice) => {
                    let request = RunRequest::of(choice.name);
                    self.picker = None;
                    return Some(Some(Effect::Start(request)));
                }
                None => {}
            },
            Action::Options => {
                let line = picker.chosen().map(|choice| {
                    let gap = if options.is_empty() { "" } else { " " };
                    CommandLine::starting_with(&format!("preset {} {options}{gap}", choice.name))
                });
                self.line = line;
            }
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last => picker.update(action),
            _ => return None,
        }
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_chosen_and_describes_its_networks() {
        let mut picker = Picker::new("ring");
        assert_eq!(picker.chosen().unwrap().name, "ring");
        picker.update(Action::First);
        for name in names() {
            let choice = picker.chosen().unwrap();
            assert_eq!(choice.name, name);
            assert!(!choice.preset.about.is_empty());
            for network in [choice.generator(), choice.discriminator()] {
                assert!(!network.layers.is_empty() && network.parameters != "0");
            }
            let score = choice.discriminator().layers;
            assert_eq!(score.last().unwrap().1, "1");
            picker.update(Action::Down);
        }
    }
}
