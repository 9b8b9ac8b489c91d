//! What is typed: the command line, and the panel of settings.

use super::{App, Effect, action::Action};
use crate::{
    preset::nudge::nudge,
    tui::{
        line::{
            CommandLine,
            command::{self, Meaning},
            field::Field,
        },
        settings::{
            entry::{Entry, entries},
            panel::{Panel, Typing},
        },
    },
};

impl App {
    /// Takes a symbol into the line that is being typed.
    pub fn type_symbol(&mut self, symbol: char) {
        self.quiet();
        if let Some(line) = &mut self.line {
            return line.insert(symbol);
        }
        let Some(panel) = &mut self.panel else { return };
        panel.error = None;
        match &mut panel.typing {
            Some(Typing::Value(field)) => field.insert(symbol),
            Some(Typing::Search) => {
                panel.search.insert(symbol);
                panel.selected = 0;
            }
            None => {}
        }
    }

    /// Takes pasted text into the line that is being typed, without ends of lines and other control characters. Where
    /// nothing is typed it does nothing: it must not act as keys.
    pub fn paste(&mut self, text: &str) {
        if !self.is_typing() {
            let line = self.keys.key_of(Action::CommandLine).unwrap_or_default();
            return self.say(
                format!("Text is pasted into a line: {line} opens one."),
                false,
            );
        }
        let symbols = text.chars().filter(|symbol| !symbol.is_control());
        symbols.for_each(|symbol| self.type_symbol(symbol));
    }

    /// Whether symbols go into a line.
    pub(super) fn is_typing(&self) -> bool {
        let in_panel = self.panel.as_ref().is_some_and(|p| p.typing.is_some());
        self.line.is_some() || in_panel
    }

    /// Asks for the state to go back to.
    pub(super) fn go_back(&mut self) {
        if self.snapshot.states.is_empty() {
            let mark = self.keys.key_of(Action::Mark).unwrap_or_default();
            self.say(
                format!("Nothing is saved yet to go back to: {mark} marks a state."),
                true,
            );
        } else {
            self.line = Some(CommandLine::with("rewind "));
        }
    }

    pub(super) fn open_line(&mut self) {
        self.line = Some(CommandLine::default());
    }

    /// Acts on a key while the command line is open.
    pub(super) fn in_line(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Back => {
                self.line = None;
                None
            }
            Action::Choose => self.carry_out(),
            action => {
                let preset = self.intended_settings();
                let line = self.line.as_mut()?;
                line.update(action, &self.said, &self.snapshot, &preset);
                None
            }
        }
    }

    /// Carries the line out; one that is wrong stays, with what is wrong.
    fn carry_out(&mut self) -> Option<Effect> {
        let preset = self.intended_settings();
        let line = self.line.as_mut()?;
        let text = line.field.text().to_owned();
        let asked = match command::read(&text, &self.snapshot, &preset) {
            Ok(asked) => asked,
            Err(wrong) => {
                line.error = Some(wrong);
                line.completion = None;
                return None;
            }
        };
        self.said.push(&text);
        self.line = None;
        match asked {
            Meaning::Nothing => None,
            Meaning::Send(command) => Some(Effect::Send(command)),
            Meaning::Do(action) => self.update(action),
            Meaning::Start(order) => {
                self.picker = None;
                Some(Effect::Start(order))
            }
        }
    }

    /// Every knob of the run.
    pub fn entries(&self) -> Vec<Entry> {
        let intended = self.intended_settings();
        entries(&self.snapshot.settings, &self.initial, &intended)
    }

    /// The lines of the panel: the entries that its search lets through.
    pub fn lines_of_panel(&self) -> Vec<Entry> {
        let all = self.entries();
        match &self.panel {
            Some(panel) => panel.shown(all),
            None => all,
        }
    }

    /// Acts on a key while the panel is open; none where it means nothing there.
    pub(super) fn in_panel(&mut self, action: Action) -> Option<Option<Effect>> {
        let entries = self.lines_of_panel();
        let panel = self.panel.as_mut()?;
        if panel.typing.is_some() {
            return Some(self.typing_in_panel(action, &entries));
        }
        if panel.travel(action, entries.len()) {
            return Some(None);
        }
        let selected = entries.get(panel.selected);
        let effect = match (action, selected) {
            (Action::Search, _) => {
                panel.typing = Some(Typing::Search);
                None
            }
            (Action::Choose, Some(entry)) => {
                let value = entry.pending.as_ref().unwrap_or(&entry.now);
                panel.typing = Some(Typing::Value(Field::of(value)));
                None
            }
            (Action::Left | Action::Right, Some(entry)) => {
                let path = entry.setting.path;
                self.nudge(path, action == Action::Right)
            }
            (Action::Reset, Some(entry)) => {
                let preset = entry.preset.clone();
                let pending = entry.pending.is_some();
                let wanted = preset.or_else(|| pending.then(|| entry.now.clone()));
                match wanted {
                    Some(value) => self.set_in_panel(entry.setting.path, &value),
                    None => {
                        self.say("This is the preset's value.", false);
                        None
                    }
                }
            }
            (Action::Back, _) => {
                // First what narrows the list, then the panel.
                if panel.search.text().is_empty() {
                    self.panel = None;
                } else {
                    *panel = Panel::default();
                }
                None
            }
            (Action::Settings, _) => {
                self.panel = None;
                None
            }
            _ => return None,
        };
        Some(effect)
    }

    fn typing_in_panel(&mut self, action: Action, entries: &[Entry]) -> Option<Effect> {
        let panel = self.panel.as_mut()?;
        match (action, panel.typing.as_mut()?) {
            (Action::Choose, Typing::Search) => panel.typing = None,
            (Action::Back, Typing::Search) => {
                panel.typing = None;
                panel.search = Field::default();
            }
            (Action::Back, Typing::Value(_)) => {
                panel.typing = None;
                panel.error = None;
            }
            (Action::Up | Action::Down, Typing::Search) => {
                panel.travel(action, entries.len());
            }
            (Action::Choose, Typing::Value(field)) => {
                let value = field.text().to_owned();
                let path = entries.get(panel.selected)?.setting.path;
                return self.set_in_panel(path, &value);
            }
            (Action::Complete | Action::CompleteBack, Typing::Value(_)) => {
                self.notch_in_panel(action == Action::Complete, entries);
            }
            (action, Typing::Search) => {
                if panel.search.update(action) {
                    panel.selected = 0;
                }
            }
            (action, Typing::Value(field)) => {
                if field.update(action) {
                    panel.error = None;
                }
            }
        }
        None
    }

    /// Puts the next known value into the field.
    fn notch_in_panel(&mut self, up: bool, entries: &[Entry]) {
        let preset = self.intended_settings();
        let Some(panel) = &mut self.panel else { return };
        let (Some(Typing::Value(field)), Some(entry)) =
            (&mut panel.typing, entries.get(panel.selected))
        else {
            return;
        };
        let typed = crate::preset::set(&preset, entry.setting.path, field.text());
        if let Some(value) = nudge(&typed.unwrap_or(preset), entry.setting.path, up) {
            *field = Field::of(&value);
        }
    }

    /// Asks for a value; one that is wrong stays in its field, with what is wrong.
    fn set_in_panel(&mut self, path: &str, value: &str) -> Option<Effect> {
        let asked = command::change(path, value.trim(), &self.intended_settings());
        let panel = self.panel.as_mut()?;
        match asked {
            Ok(command) => {
                panel.typing = None;
                panel.error = None;
                Some(Effect::Send(command))
            }
            Err(wrong) => {
                panel.error = Some(wrong);
                None
            }
        }
    }
}
