//! Pictures of the screen and of its panes, as commands that write them into the directory of the run.

use std::io;

use ratatui::{buffer::Buffer, layout::Rect};

use super::renderer::drawn_area;
use crate::{
    model::Command,
    tui::{
        app::App,
        draw,
        look::svg,
        pane::{numbers, samples::Cache},
    },
};

/// Returns the command that saves the whole screen.
///
/// # Errors
/// The size of the terminal cannot be read.
pub(super) fn screen(app: &App) -> io::Result<Command> {
    let title = format!("sn-tui, {}: {}", app.snapshot.name, app.view.title());
    Ok(Command::SaveScreen(svg::document(&drawn(app)?, &title)))
}

/// Returns the command that saves the focused pane, or the view if it has no panes. A pane that has no room beside the
/// others is drawn in full screen for it.
///
/// # Errors
/// The size of the terminal cannot be read.
pub(super) fn pane(app: &mut App) -> io::Result<Command> {
    let area = drawn_area()?;
    let full = app.full;
    app.full |= draw::pane_area(area, app).is_none();
    let (screen, part) = (drawn(app)?, draw::pane_area(area, app));
    app.full = full;
    let part = part.unwrap_or(screen.area);
    let title = format!("sn-tui, {}: {}", app.snapshot.name, app.view.title());
    let picture = svg::document(&cut(&screen, part), &title);
    Ok(Command::SavePane(picture, numbers::csv(app)))
}

fn drawn(app: &App) -> io::Result<Buffer> {
    let mut buffer = Buffer::empty(drawn_area()?);
    draw::screen(&mut buffer, app, &mut Cache::default());
    Ok(buffer)
}

/// Returns a part of a buffer as one of its own.
fn cut(buffer: &Buffer, part: Rect) -> Buffer {
    let mut alone = Buffer::empty(Rect::new(0, 0, part.width, part.height));
    for (to, from) in alone.area.positions().zip(part.positions()) {
        if let (Some(to), Some(from)) = (alone.cell_mut(to), buffer.cell(from)) {
            to.clone_from(from);
        }
    }
    alone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_buffer_is_cut_out() {
        let buffer = Buffer::with_lines(["abcd", "efgh", "ijkl"]);
        let part = cut(&buffer, Rect::new(1, 1, 2, 2));
        assert_eq!(part, Buffer::with_lines(["fg", "jk"]));
    }
}
