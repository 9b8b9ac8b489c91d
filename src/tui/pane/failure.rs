//! The screen of a failed run: the error and what to do.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Text},
    widgets::{Block, BorderType, Padding, Paragraph, Widget, Wrap},
};

use super::lanes;
use crate::tui::{app::App, words::number};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App, message: &str) {
    let theme = &app.look.theme;
    let several = lanes::several(app);
    let title = if several {
        format!("Lane {} has stopped.", app.lanes.selected)
    } else {
        "The run has stopped.".to_owned()
    };
    let mut text = Text::from(Line::styled(title, theme.title));
    if several {
        text.push_line(Line::from(lanes::names(app, true, true)));
    }
    text.push_line("");
    for line in message.lines() {
        text.push_line(Line::styled(line.to_owned(), theme.error));
    }
    text.push_line("");
    text.push_line(format!(
        "It made {} of {} steps of {} (seed {}).",
        number::count(app.snapshot.step),
        number::count(app.snapshot.steps),
        app.snapshot.name,
        app.snapshot.seed,
    ));
    if !app.snapshot.directory.as_os_str().is_empty() {
        text.push_line(format!(
            "Its files are in {}.",
            app.snapshot.directory.display()
        ));
    }
    if let Some(step) = app.snapshot.saved {
        text.push_line(format!(
            "Step {} is saved: sn-tui resume {} goes on from it.",
            number::count(step),
            app.snapshot.directory.display()
        ));
    }
    text.push_line("");
    text.push_line("q quits; P lists presets to start another run from.");
    let width = area.width.min(76);
    let wrapped: usize = text
        .lines
        .iter()
        .map(|line| {
            line.width()
                .div_ceil(width.saturating_sub(6).max(1) as usize)
                .max(1)
        })
        .sum();
    let height = (wrapped as u16 + 3).min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.error)
        .padding(Padding::horizontal(2));
    Paragraph::new(text)
        .wrap(Wrap { trim: true })
        .block(block)
        .render(place, buf);
}
