//! The kinds and causes of entries with their meanings.

use crate::model::Cause;

/// Every kind of event, with its meaning.
pub(super) const KINDS: [(&str, &str); 18] = [
    ("set", "a setting changed, as `--set` writes it"),
    ("refused", "a planned change to `new` was refused"),
    ("pause", "the training paused"),
    ("resume", "steps of both networks went on"),
    ("step", "`new` steps of both networks again"),
    ("step_d", "`new` steps of D alone"),
    ("step_g", "`new` steps of G alone"),
    ("not_applied", "the step's update was not finite"),
    ("mark", "the state after step `new` was marked"),
    ("rewind", "the run went from step `old` back to `new`"),
    ("continue", "a process took over at step `new`"),
    ("steps", "the run is to make `new` steps in all, not `old`"),
    ("device", "the run continues on `new`, not on `old`"),
    ("alarm", "the alarm `key` went on; `new` is its text"),
    ("alarm_end", "the alarm `key` went off; `old` is its text"),
    (
        "fork",
        "the run was forked `from` another run's state, or `lane` was split off; `changes` has its settings as `key`, \
         `old`, `new`",
    ),
    ("join", "`lane` ended, and the run went on without it"),
    ("note", "a note, `new`"),
];

/// Every cause, with its meaning.
pub(super) const CAUSES: [(Cause, &str); 6] = [
    (Cause::Key, "a person's key press or command"),
    (
        Cause::Ctl {
            by: String::new(),
            note: None,
        },
        "`sn-tui ctl`; `by` is the user's name, `note` what `--note` said",
    ),
    (Cause::At, "`--at`"),
    (Cause::Alarm, "what was measured"),
    (Cause::OnNan, "`--on-nan`"),
    (Cause::Resume, "a process that took over"),
];

/// The table of kinds in Markdown.
pub fn kinds() -> String {
    table("kind", KINDS.into_iter())
}

/// The table of causes in Markdown.
pub fn causes() -> String {
    let rows = CAUSES;
    let rows = rows.iter().map(|(cause, meaning)| (cause.name(), *meaning));
    table("cause", rows)
}

fn table<'a>(head: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows = rows.map(|(name, meaning)| format!("| `{name}` | {meaning} |\n"));
    format!("| {head} | meaning |\n| --- | --- |\n") + &rows.collect::<String>()
}
