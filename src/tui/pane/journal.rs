//! Every change and every alarm, the latest below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::super::{app::App, number, setting};
use crate::run::Change;

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let journal = &app.views.journal;
    let title = super::title(&app.look, "journal", &[]);
    let count = number::count(journal.entries.len() as u64);
    let remark = Line::styled(format!(" {count} entries "), app.look.theme.dim);
    let inner = super::frame(buf, area, framed, &app.look, title, remark);
    if journal.entries.is_empty() {
        let text = "nothing changed yet: what you change appears here";
        return super::empty(buf, inner, &app.look, text);
    }
    let rows = inner.height as usize;
    let last = journal.entries.len() - 1;
    let selected = journal.position();
    // The selected entry stays in the middle, the latest at the bottom.
    let bottom = selected.map_or(last, |at| (at + rows / 2).min(last));
    let first = (bottom + 1).saturating_sub(rows);
    for (row, (at, entry)) in inner
        .rows()
        .zip(journal.entries.iter().enumerate().skip(first))
    {
        let line = super::cut(line(app, entry), inner.width as usize);
        line.render(row, buf);
        if selected == Some(at) {
            buf.set_style(row, app.look.theme.selected);
        }
    }
}

fn line(app: &App, entry: &Change) -> Line<'static> {
    let theme = &app.look.theme;
    let step = format!("{:>9}  ", number::count(entry.step));
    let cause = format!("{:<6} ", entry.cause);
    let (what, style) = match entry.kind.as_str() {
        "set" => {
            let name = setting::name(&app.snapshot.settings, &entry.key);
            let (old, new) = (setting::spoken(&entry.old), setting::spoken(&entry.new));
            (format!("{name}  {old} → {new}"), Style::new())
        }
        "alarm" => (format!("alarm {}: {}", entry.key, entry.new), theme.error),
        "alarm_end" => (format!("alarm {} is over", entry.key), theme.on),
        kind => {
            let words = [kind, &entry.key, &entry.new];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            (words.join(" "), theme.dim)
        }
    };
    Line::from(vec![
        Span::styled(step, theme.dim),
        Span::styled(cause, theme.dim),
        Span::styled(what, style),
    ])
}
