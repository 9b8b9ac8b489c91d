//! The mouse: what a click, a drag and the wheel do.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{
    App, Effect,
    action::Action,
    keys::Mode,
    targets::Target,
    view::{View, journal::Place},
};
use crate::tui::{layout::Pane, plot::steps::Across};

/// The rows that a notch of the wheel moves in a long list.
const NOTCH: usize = 3;

impl App {
    /// Carries out what the mouse does. Returns its side effect. Places are those of the last frame.
    pub fn point(&mut self, event: &MouseEvent) -> Option<Effect> {
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.press(event.column, event.row),
            MouseEventKind::Drag(MouseButton::Left) => {
                if let Some(across) = self.dragged {
                    self.views.curves.cursor = Some(across.step(event.column));
                }
                None
            }
            MouseEventKind::Up(MouseButton::Left) => {
                self.dragged = None;
                None
            }
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let up = event.kind == MouseEventKind::ScrollUp;
                match self.chart_at(event.column, event.row) {
                    Some(across) => self.zoom_at(across.step(event.column), up),
                    None if up => return self.wheel(Action::Up, Action::PageUp),
                    None => return self.wheel(Action::Down, Action::PageDown),
                }
                None
            }
            _ => None,
        }
    }

    /// Chooses what is at a cell.
    fn press(&mut self, column: u16, row: u16) -> Option<Effect> {
        self.dragged = None;
        if matches!(self.mode(), Mode::Typing | Mode::Failure) {
            return None;
        }
        self.clear_message();
        let mut effect = None;
        for target in self.targets.at(column, row) {
            match target {
                Target::View(view) => effect = self.show(view),
                Target::Lane(lane) => {
                    let is_other = lane != self.lanes.selected;
                    effect = is_other.then_some(Effect::SelectLane(lane));
                }
                Target::Pane(pane) => self.focus_on(pane),
                Target::Steps(across) => {
                    self.dragged = Some(across);
                    self.views.curves.cursor = Some(across.step(column));
                }
                Target::Row(at) => self.select_row(at),
                Target::Entry(place) => self.select_entry(place),
                Target::Cover => {}
            }
        }
        effect
    }

    /// Returns the steps of the chart at a cell, if nothing covers it.
    fn chart_at(&self, column: u16, row: u16) -> Option<Across> {
        let open = self.mode() == Mode::Page;
        let targets = self.targets.at(column, row).into_iter().filter(|_| open);
        let mut charts = targets.filter_map(|target| match target {
            Target::Steps(across) => Some(across),
            _ => None,
        });
        charts.next()
    }

    fn focus_on(&mut self, pane: Pane) {
        // In full screen the pane has the focus already, and its title would not show it.
        if !self.full {
            self.focus = Some(pane);
        }
    }

    /// Selects a row of the list that is shown.
    fn select_row(&mut self, at: usize) {
        if let Some(picker) = &mut self.picker {
            picker.selected = at;
        } else if let Some(panel) = &mut self.panel {
            panel.selected = at;
            panel.error = None;
        } else if self.view == View::Samples {
            self.views.samples.selected = at;
        } else {
            // Both views of layers have one selection.
            self.views.layers.selected = at;
            self.views.spectrum.selected = at;
        }
    }

    fn select_entry(&mut self, place: Place) {
        self.views.journal.select(place);
        self.views.curves.cursor = Some(place.step);
    }

    /// Scrolls what is shown, with these actions for a row and for a page.
    fn wheel(&mut self, row: Action, page: Action) -> Option<Effect> {
        let (action, times) = match (self.mode(), self.view) {
            (Mode::Failure, _) => return None,
            (Mode::Typing, _) if self.help.is_none() => return None,
            (Mode::Help | Mode::Typing | Mode::Presets, _) => (row, 1),
            (Mode::Settings, _) | (Mode::Page, View::Journal | View::Compare) => (row, NOTCH),
            (Mode::Page, View::Layers | View::Spectrum) => (row, 1),
            // Older or newer samples.
            (Mode::Page, View::Samples) => (page, 1),
            (Mode::Page, View::Dashboard | View::Plane) => return None,
        };
        (0..times).fold(None, |_, _| self.update(action))
    }
}
