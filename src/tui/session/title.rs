//! The title of the terminal's window: run, step, worst alarm.

use std::time::{Duration, Instant};

use crate::{
    text::is_unsafe,
    tui::{
        app::App,
        words::{alarm, number},
    },
};

/// The minimum time between two titles, so that they take few bytes.
const INTERVAL: Duration = Duration::from_secs(1);

/// The title that the terminal has.
#[derive(Debug, Default)]
pub(super) struct Title {
    last: String,
    at: Option<Instant>,
}

impl Title {
    /// Returns the new title if it has changed and the last one is old enough.
    pub(super) fn next(&mut self, app: &App, now: Instant) -> Option<&str> {
        let early = self.at.is_some_and(|at| now.duration_since(at) < INTERVAL);
        let text = of(app);
        if early || text == self.last {
            return None;
        }
        self.at = Some(now);
        self.last = text;
        Some(&self.last)
    }
}

fn of(app: &App) -> String {
    let snapshot = &app.snapshot;
    let (step, steps) = (number::count(snapshot.step), number::count(snapshot.steps));
    let mut title = format!("sn-tui {} · {step}/{steps}", snapshot.name);
    if let Some(worst) = app.active_alarms().first() {
        let whose = worst.name(app).map(|name| name + " ");
        let kind = alarm::name(worst.alarm.kind);
        title += &format!(" · ! {}{kind}", whose.unwrap_or_default());
    }
    title.retain(|character| !character.is_control() && !is_unsafe(character));
    title
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::{Alarm, Snapshot},
        run::fake,
        tui::look::theme::{Depth, Look},
    };

    #[test]
    fn the_title_follows_the_run_at_most_once_a_second() {
        let look = Look::new(Depth::None, true);
        let snapshot = |step| Snapshot {
            step,
            name: "ring\x1b]2;\u{202e}".to_owned(),
            ..fake::snapshot()
        };
        let mut app = App::new(Arc::new(snapshot(1200)), look);
        let steps = number::count(app.snapshot.steps);
        let (mut title, start) = (Title::default(), Instant::now());
        let first = title.next(&app, start).map(str::to_owned);
        assert_eq!(first, Some(format!("sn-tui ring]2; · 1,200/{steps}")));
        app.observe(Arc::new(Snapshot {
            alarms: Alarm::from_key("mode_collapse", 3, String::new())
                .into_iter()
                .collect(),
            ..snapshot(1300)
        }));
        assert_eq!(title.next(&app, start), None);
        let later = title.next(&app, start + INTERVAL).unwrap();
        assert!(
            later.ends_with(
                "1,300/{steps} · ! mode collapse"
                    .replace("{steps}", &steps)
                    .as_str()
            )
        );
        assert_eq!(title.next(&app, start + 2 * INTERVAL), None);
    }
}
