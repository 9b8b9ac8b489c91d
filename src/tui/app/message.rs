//! The line of messages, and the descriptions of pending commands.

use super::{App, lanes::LaneView};
use crate::{
    model::{Assignment, Command, Notice, Snapshot, Updates},
    preset::setting,
    tui::settings::entry::spoken,
};

/// A message for the person, in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What it says, in one line.
    pub text: String,
    /// Whether it is shown as an error.
    pub error: bool,
}

impl App {
    /// Returns the current message: the screen's own, the worker's last notice that was not dismissed, or that of another
    /// lane if it is an error.
    pub fn message(&self) -> Option<Message> {
        let notice = self.snapshot.notice.as_ref();
        let notice = notice.filter(|notice| notice.number > self.dismissed);
        let own = notice.map(|notice| Message {
            text: notice.text.clone(),
            error: notice.error,
        });
        let message = self.message.clone().or(own);
        message.or_else(|| {
            self.lanes
                .others
                .iter()
                .find_map(|lane| self.error_of(lane))
        })
    }

    /// The error of a lane that is not selected, unless it was dismissed.
    fn error_of(&self, LaneView { id, snapshot, .. }: &LaneView) -> Option<Message> {
        let dismissed = self.away.get(id).map_or(0, |away| away.dismissed);
        let notice = snapshot.notice.as_ref();
        let notice = notice.filter(|notice| notice.error && notice.number > dismissed)?;
        Some(Message {
            text: format!("lane {id}: {}", notice.text),
            error: true,
        })
    }

    /// Shows a message until the next key.
    pub fn say(&mut self, text: impl Into<String>, error: bool) {
        self.told = None;
        self.message = Some(Message {
            text: text.into(),
            error,
        });
    }

    /// Shows news of the run until the next key, and after it the news before. An error stays.
    pub(super) fn tell(&mut self, text: String) {
        if self.message.as_ref().is_some_and(|message| message.error) {
            return;
        }
        let both = match &self.told {
            Some(before) => format!("{} {before}", sentence(&text)),
            None => text.clone(),
        };
        self.say(both, false);
        self.told = Some(text);
    }

    /// Removes the screen's own message if the run has a later notice, such as that of its end. An error gives way to errors
    /// alone.
    pub(super) fn give_way_to(&mut self, notice: Option<&Notice>) {
        let last = self.snapshot.notice.as_ref().map_or(0, |n| n.number);
        let Some(notice) = notice.filter(|notice| notice.number > last) else {
            return;
        };
        if self.told.is_some() && !notice.error {
            return self.tell(notice.text.clone());
        }
        self.told = None;
        self.message
            .take_if(|message| notice.error || !message.error);
    }

    /// Returns the news that are shown, of the run and not of what a key did. An error is none.
    pub(super) fn news(&self) -> Option<String> {
        let shown = self.message().filter(|message| !message.error)?;
        (self.message.is_none() || self.told.is_some()).then_some(shown.text)
    }

    /// Removes the news that are shown. Notices of other lanes stay as they are.
    pub(super) fn expire_news(&mut self) {
        self.message = None;
        self.told = None;
        let notice = self.snapshot.notice.as_ref().filter(|n| !n.error);
        let number = notice.map_or(0, |notice| notice.number);
        self.dismissed = self.dismissed.max(number);
    }

    /// Removes the message and dismisses the worker's notices.
    pub(super) fn clear_message(&mut self) {
        self.message = None;
        self.told = None;
        let number = |snapshot: &Snapshot| snapshot.notice.as_ref().map_or(0, |n| n.number);
        self.dismissed = number(&self.snapshot);
        for other in &self.lanes.others {
            self.away.entry(other.id).or_default().dismissed = number(&other.snapshot);
        }
    }

    /// Returns the description of a pending command: a few words.
    pub fn describe_command(&self, command: &Command) -> String {
        match command {
            Command::Set { key, value } => {
                format!("{} → {}", setting::name(key), spoken(key, value))
            }
            Command::SetAll(changes) => {
                let changes = changes.iter();
                let changes = changes.map(|change| {
                    let Assignment { key, value } = change;
                    format!("{} → {}", setting::name(key), spoken(key, value))
                });
                changes.collect::<Vec<_>>().join(", ")
            }
            Command::Fork { from: None, .. } => "fork".to_owned(),
            Command::Fork {
                from: Some(lane), ..
            } => format!("bring lane {lane} back"),
            Command::Join(lane) => format!("end lane {lane}"),
            Command::Note(_) => "write the note".to_owned(),
            Command::Pause => "pause".to_owned(),
            Command::Resume => "resume".to_owned(),
            Command::Step { updates, count } => match (updates, count) {
                (Updates::Both, 1) => "one step".to_owned(),
                (Updates::Both, count) => format!("{count} steps"),
                (Updates::Discriminator, count) => format!("{count} of D alone"),
                (Updates::Generator, count) => format!("{count} of G alone"),
            },
            Command::Pace(Some(pace)) => format!("at most {pace} steps per second"),
            Command::Pace(None) => "full speed".to_owned(),
            Command::Watch(_) => "look".to_owned(),
            Command::Interpolate(_) => "interpolate".to_owned(),
            Command::StartGif => "record a GIF".to_owned(),
            Command::StopGif => "write the GIF".to_owned(),
            Command::SaveScreen(_) => "save the screen".to_owned(),
            Command::SavePane(..) => "save the pane".to_owned(),
            Command::SavePicture => "save the picture".to_owned(),
            Command::Mark => "mark this state".to_owned(),
            Command::Rewind(step) => format!("rewind to step {step}"),
            Command::GoHeadless => "go on without a screen".to_owned(),
            Command::Quit | Command::Terminate | Command::Preempt => "quit".to_owned(),
            Command::Save => "save".to_owned(),
            Command::Publish => "publish".to_owned(),
        }
    }
}

/// Returns a text with a full stop at its end, or with the sign that ends it already.
fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', '…']) {
        ""
    } else {
        "."
    };
    format!("{text}{end}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        run::fake,
        tui::{
            app::action::Action,
            look::theme::{Depth, Look},
        },
    };

    #[test]
    fn news_come_before_the_news_before_them_until_a_key() {
        let mut app = App::new(Arc::new(fake::snapshot()), Look::new(Depth::None, true));
        let shown = |app: &App| app.message().map(|message| message.text);
        app.say("A key did this.", false);
        app.tell("One.".to_owned());
        app.tell("Two".to_owned());
        assert_eq!(shown(&app).as_deref(), Some("Two. One."));
        let notice = |number, text: &str, error| Snapshot {
            notice: Some(Notice {
                number,
                text: text.to_owned(),
                error,
            }),
            ..fake::snapshot()
        };
        app.observe(Arc::new(notice(1, "Three", false)));
        assert_eq!(shown(&app).as_deref(), Some("Three. Two"));
        app.observe(Arc::new(notice(2, "Wrong.", true)));
        assert_eq!(shown(&app).as_deref(), Some("Wrong."));
        app.update(Action::Up);
        app.tell("Four.".to_owned());
        assert_eq!(shown(&app).as_deref(), Some("Four."));
    }

    #[test]
    fn news_that_expire_leave_errors_of_other_lanes() {
        let notice = |text: &str, error| {
            Arc::new(Snapshot {
                notice: Some(Notice {
                    number: 1,
                    text: text.to_owned(),
                    error,
                }),
                ..fake::snapshot()
            })
        };
        let mut app = App::new(notice("Split off.", false), Look::new(Depth::None, true));
        app.lanes.others.push(LaneView {
            id: "b".parse().unwrap(),
            snapshot: notice("It failed.", true),
            history: crate::model::History::default(),
        });
        assert_eq!(app.news().as_deref(), Some("Split off."));
        app.expire_news();
        assert_eq!(app.news(), None);
        let shown = app.message().unwrap();
        assert_eq!(
            (shown.text.as_str(), shown.error),
            ("lane b: It failed.", true)
        );
        app.say("A key did this.", false);
        assert_eq!(app.news(), None);
    }
}
