//! Text input: the command line, and the fields of the panel of settings.

use super::{App, Effect, action::Action, keys::Mode};
use crate::{
    preset::{nudge::nudge, setting::range::Range},
    tui::{
        line::{
            CommandLine,
            command::{self, ParsedCommand},
            field::Field,
        },
        settings::{
            entry::{Entry, entries},
            panel::{Panel, Typing},
        },
    },
};

impl App {
    /// Inserts a character into the active text field.
    pub fn type_character(&mut self, character: char) {
        self.clear_message();
        if let Some(line) = &mut self.line {
            return line.insert(character);
        }
        if self.search.typing {
            return self.type_search(character);
        }
        let Some(panel) = &mut self.panel else { return };
        panel.error = None;
        match &mut panel.typing {
            Some(Typing::Value(field)) => field.insert(character),
            Some(Typing::Search) => {
                panel.search.insert(character);
                panel.selected = 0;
            }
            None => {}
        }
    }

    /// Inserts pasted text into the active text field, its lines separated by spaces and without control characters, or else
    /// into the command line, which it opens. Pasted text never acts as keys.
    pub fn paste(&mut self, text: &str) {
        match self.mode() {
            Mode::Typing => {}
            Mode::Page => self.open_line(),
            Mode::Help | Mode::Settings | Mode::Presets | Mode::Failure => {
                return self.say("Text is pasted into a line of text: none is open.", false);
            }
        }
        let parts = text.split(['\n', '\r', '\t']);
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let text = parts.join(" ");
        let characters = text.chars().filter(|character| !character.is_control());
        characters.for_each(|character| self.type_character(character));
    }

    /// Returns whether a text field is active.
    pub(super) fn is_typing(&self) -> bool {
        let in_panel = self.panel.as_ref().is_some_and(|p| p.typing.is_some());
        self.line.is_some() || self.search.typing || in_panel
    }

    /// Opens the command line to ask for the state to rewind to.
    pub(super) fn open_rewind_line(&mut self) {
        if self.snapshot.states.is_empty() {
            let mark = self.keys.key_of(Action::Mark).unwrap_or_default();
            self.say(
                format!("No state to rewind to is saved yet: {mark} marks one."),
                true,
            );
        } else {
            self.line = Some(CommandLine::starting_with("rewind "));
        }
    }

    pub(super) fn open_line(&mut self) {
        self.line = Some(CommandLine::default());
    }

    /// Handles an action while the command line is open.
    pub(super) fn update_line(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Back => {
                self.line = None;
                None
            }
            Action::Choose => self.execute_line(),
            action => {
                let preset = self.intended_settings();
                let line = self.line.as_mut()?;
                let (history, snapshot) = (&self.command_history, &self.snapshot);
                line.update(action, history, snapshot, &preset, &self.lanes);
                None
            }
        }
    }

    /// Executes the command line. A wrong line stays open with its error, and one that ends lanes with a question.
    fn execute_line(&mut self) -> Option<Effect> {
        let preset = self.intended_settings();
        let text = self.line.as_ref()?.field.text().to_owned();
        let parsed = command::parse(&text, &self.snapshot, &preset, &self.lanes);
        let question = match &parsed {
            Ok(ParsedCommand::Send(command)) => self.question_about(command),
            _ => None,
        };
        let line = self.line.as_mut()?;
        line.completion = None;
        let command = match parsed {
            // Lanes may have come or gone since it was asked.
            Ok(_) if question.is_some() && line.question != question => {
                line.question = question;
                return None;
            }
            Ok(command) => command,
            Err(error) => {
                line.error = Some(error.to_string());
                line.question = None;
                return None;
            }
        };
        self.command_history.push(&text);
        self.line = None;
        match command {
            ParsedCommand::Empty => None,
            ParsedCommand::Send(command) => Some(Effect::Send(command)),
            ParsedCommand::SendToAll(command) => Some(Effect::SendToAll(command)),
            ParsedCommand::SelectLane(lane) => Some(Effect::SelectLane(lane)),
            ParsedCommand::Act(action) => self.update(action),
            ParsedCommand::Start(request) => {
                self.picker = None;
                Some(Effect::Start(request))
            }
        }
    }

    /// Returns every knob of the run.
    pub fn entries(&self) -> Vec<Entry> {
        let intended = self.intended_settings();
        entries(&self.snapshot.settings, &self.initial, &intended)
    }

    /// Returns the entries of the panel that match its search.
    pub fn panel_entries(&self) -> Vec<Entry> {
        let all = self.entries();
        match &self.panel {
            Some(panel) => panel.shown(all),
            None => all,
        }
    }

    /// Returns the range of the selected setting while the panel is open.
    pub(crate) fn selected_range(&self) -> Option<Range> {
        let panel = self.panel.as_ref()?;
        let entries = self.panel_entries();
        let last = entries.len().checked_sub(1)?;
        Some(entries[panel.selected.min(last)].setting.range)
    }

    /// Handles an action while the panel is open. Returns `None` if the panel does not use it.
    #[expect(
        clippy::option_option,
        reason = "whether it was handled, and what follows"
    )]
    pub(super) fn update_panel(&mut self, action: Action) -> Option<Option<Effect>> {
        let entries = self.panel_entries();
        let panel = self.panel.as_mut()?;
        if panel.typing.is_some() {
            return Some(self.update_panel_field(action, &entries));
        }
        if panel.move_selection(action, entries.len()) {
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
                    Some(value) => self.submit_panel_value(entry.setting.path, &value),
                    None => {
                        self.say("This is the preset's value.", false);
                        None
                    }
                }
            }
            (Action::Back, _) => {
                // The first press clears the search, the second closes the panel.
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

    /// Handles an action while a field of the panel is active.
    fn update_panel_field(&mut self, action: Action, entries: &[Entry]) -> Option<Effect> {
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
                panel.move_selection(action, entries.len());
            }
            (Action::Choose, Typing::Value(field)) => {
                let value = field.text().to_owned();
                let path = entries.get(panel.selected)?.setting.path;
                return self.submit_panel_value(path, &value);
            }
            (Action::Complete | Action::CompleteBack, Typing::Value(_)) => {
                self.step_panel_value(action == Action::Complete, entries);
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

    /// Replaces the value in the field by the next or the previous one.
    fn step_panel_value(&mut self, up: bool, entries: &[Entry]) {
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

    /// Requests a new value. A wrong value stays in its field with its error.
    fn submit_panel_value(&mut self, path: &str, value: &str) -> Option<Effect> {
        let change = command::change(path, value.trim(), &self.intended_settings());
        let panel = self.panel.as_mut()?;
        match change {
            Ok(command) => {
                panel.typing = None;
                panel.error = None;
                Some(Effect::Send(command))
            }
            Err(error) => {
                panel.error = Some(error.to_string());
                None
            }
        }
    }
}
