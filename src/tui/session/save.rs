//! Pictures of the screen and of its panes, as commands that write them into the directory of the run.

use std::{io, path::Path};

use ratatui::{buffer::Buffer, layout::Rect};

use super::renderer::drawn_area;
use crate::{
    model::{Command, Snapshot},
    tui::{
        app::App,
        draw,
        look::svg,
        pane::{lanes, numbers, samples::Cache},
        words::number,
    },
};

/// Returns the command that saves the whole screen.
///
/// # Errors
/// The size of the terminal cannot be read.
pub(super) fn screen(app: &App) -> io::Result<Command> {
    let screen = drawn(app, drawn_area()?);
    Ok(Command::SaveScreen(svg::document(
        &screen,
        &title(app),
        app.look.light,
    )))
}

/// Returns the command that saves the focused pane, or the view if it has no panes. A pane that has no room beside the
/// others is drawn in full screen for it.
///
/// # Errors
/// The size of the terminal cannot be read.
pub(super) fn pane(app: &mut App) -> io::Result<Command> {
    Ok(pane_on(app, drawn_area()?))
}

fn pane_on(app: &mut App, area: Rect) -> Command {
    let full = app.full;
    app.full |= draw::pane_area(area, app).is_none();
    let (screen, part) = (drawn(app, area), draw::pane_area(area, app));
    app.full = full;
    let picture = cut(&screen, part.unwrap_or(area));
    let picture = svg::document(&picture, &title(app), app.look.light);
    Command::SavePane(picture, numbers::csv(app))
}

/// Returns what a picture is of: `sn-tui, ring (2026-01-02-ring-k3x9), lane b, step 1,200: Dashboard`.
fn title(app: &App) -> String {
    let Snapshot {
        name,
        step,
        directory,
        ..
    } = &*app.snapshot;
    let lane = lanes::of_directory(directory);
    let run = lane.map_or(Some(directory.as_path()), |_| directory.ancestors().nth(2));
    let run = run.and_then(Path::file_name);
    let run = run.map(|run| format!(" ({})", run.display()));
    let lane = lane.map(|lane| format!(", lane {lane}"));
    format!(
        "sn-tui, {name}{}{}, step {}: {}",
        run.unwrap_or_default(),
        lane.unwrap_or_default(),
        number::count(*step),
        app.view.title()
    )
}

fn drawn(app: &App, area: Rect) -> Buffer {
    let mut buffer = Buffer::empty(area);
    draw::screen(&mut buffer, app, &mut Cache::default());
    buffer
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
    use std::sync::Arc;

    use super::*;
    use crate::{
        run::fake,
        tui::{
            layout::Pane,
            look::theme::{Depth, Look},
        },
    };

    #[test]
    fn a_pane_without_room_is_saved_in_full_screen_and_the_screen_stays() {
        let snapshot = Snapshot {
            step: 1_200,
            directory: "runs/k3x9/lanes/b".into(),
            ..fake::snapshot()
        };
        let mut app = App::new(Arc::new(snapshot), Look::new(Depth::None, true));
        for (pane, name) in [(Pane::Gradients, "gradient"), (Pane::Scores, "scores")] {
            app.focus = Some(pane);
            for (width, height) in [(200, 60), (80, 24), (60, 18)] {
                let saved = pane_on(&mut app, Rect::new(0, 0, width, height));
                let Command::SavePane(svg, _) = saved else {
                    panic!("{saved:?}");
                };
                assert!(
                    !svg.contains("σ of D") && !svg.contains("samples"),
                    "{name}"
                );
                assert!(!app.full);
                let title = "<title>sn-tui, fake (k3x9), lane b, step 1,200: Dashboard</title>";
                assert!(svg.contains(title), "{svg}");
            }
        }
    }

    #[test]
    fn a_part_of_a_buffer_is_cut_out() {
        let buffer = Buffer::with_lines(["abcd", "efgh", "ijkl"]);
        let part = cut(&buffer, Rect::new(1, 1, 2, 2));
        assert_eq!(part, Buffer::with_lines(["fg", "jk"]));
    }
}
