//! The panes of the screen, one file each. A pane is a function that draws the state into an area.

pub(crate) mod alarm;
mod cache;
pub(crate) mod compare;
pub(crate) mod curves;
pub(crate) mod demo;
mod exact;
pub(crate) mod failure;
pub(crate) mod gallery;
pub(crate) mod help;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod lanes;
pub(crate) mod layers;
pub(crate) mod legend;
pub(crate) mod line;
mod members;
pub(crate) mod message;
mod mosaic;
pub(crate) mod numbers;
pub(crate) mod outputs;
pub(crate) mod panel;
pub(crate) mod picker;
pub(crate) mod plane;
pub mod samples;
mod scatter;
pub(crate) mod settings;
pub(crate) mod sigma;
pub(crate) mod small;
mod sparkline;
pub(crate) mod spectrum;
pub(crate) mod status;
pub(crate) mod tabs;

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Borders, Widget},
};

use super::{look::theme::Look, plot::Window, words::number};

/// Draws the frame of a pane, or the rule above it, with a title at the left and a remark at the right if both fit.
/// Returns the area inside.
fn frame(
    buf: &mut Buffer,
    area: Rect,
    framed: bool,
    look: &Look,
    title: Line,
    remark: Line,
) -> Rect {
    frame_in(buf, area, framed, look.theme.rule, title, remark)
}

/// Draws a frame or a rule of a pane in a style. See [`frame`].
fn frame_in(
    buf: &mut Buffer,
    area: Rect,
    framed: bool,
    style: Style,
    title: Line,
    remark: Line,
) -> Rect {
    let mut block = if framed {
        Block::new()
            .borders(Borders::ALL)
            .border_type(BorderType::Rounded)
    } else {
        Block::new().borders(Borders::TOP)
    };
    let room = (area.width as usize).saturating_sub(if framed { 3 } else { 1 });
    let both = title.width() + remark.width() < room;
    block = block.border_style(style).title_top(cut(title, room));
    if both && remark.width() > 0 {
        block = block.title_top(remark.right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buf);
    if framed {
        inner.inner(ratatui::layout::Margin::new(1, 0))
    } else {
        inner
    }
}

/// Returns the area inside the frame of a pane, or below the rule above it. See [`frame`].
fn inside(area: Rect, framed: bool) -> Rect {
    let (x, bottom) = if framed { (2, 1) } else { (0, 0) };
    Rect {
        x: area.x + x.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(2 * x),
        height: area.height.saturating_sub(1 + bottom),
    }
}

/// Returns the title of a pane: its name.
fn title<'a>(look: &Look, name: &'a str) -> Line<'a> {
    let mut line = Line::from(" ");
    if !name.is_empty() {
        line.push_span(Span::styled(name, look.theme.title));
        line.push_span(" ");
    }
    line
}

/// Returns a remark with the range of steps of a plot.
fn steps<'a>(look: &Look, span: Option<(u64, u64)>, window: Window) -> Line<'a> {
    let Some((first, last)) = span else {
        return Line::default();
    };
    let (first, last) = (number::count(first), number::count(last));
    let window = match window {
        Window::Whole => "",
        Window::Recent => "recent ",
        Window::Last(_) => "last ",
        Window::Range(..) => "only ",
    };
    Line::styled(format!(" {window}{first}–{last} "), look.theme.dim)
}

/// Truncates a line to a width in columns, with an ellipsis at the end if it is too long.
fn cut(line: Line, width: usize) -> Line {
    if line.width() <= width {
        return line;
    }
    let mut left = width.saturating_sub(1);
    let mut spans = Vec::new();
    for span in line.spans {
        let text: String = span.content.chars().take(left).collect();
        left -= text.chars().count();
        spans.push(Span::styled(text, span.style));
        if left == 0 {
            break;
        }
    }
    spans.push(Span::raw("…"));
    Line::from(spans)
}

/// Draws lines from the top of an area, each cut to its width. An ellipsis at the end tells that further ones have no room.
fn lines(buf: &mut Buffer, area: Rect, lines: Vec<Line>) {
    let (width, height) = (area.width as usize, area.height as usize);
    let more = lines.len() > height;
    for (i, (mut line, row)) in lines.into_iter().zip(area.rows()).enumerate() {
        if more && i + 1 == height {
            line.push_span(" …");
        }
        cut(line, width).render(row, buf);
    }
}

/// Draws a centred line in the last row of an area. Returns the area above it.
fn footer(buf: &mut Buffer, area: Rect, line: Line) -> Rect {
    let [above, row] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    cut(line, area.width as usize).centered().render(row, buf);
    above
}

/// Highlights the upper edge of the focused pane.
pub fn focus(buf: &mut Buffer, area: Rect, look: &Look) {
    let edge = Rect {
        height: 1.min(area.height),
        ..area
    };
    for position in edge.positions() {
        if let Some(cell) = buf.cell_mut(position)
            && matches!(cell.symbol(), "─" | "╭" | "╮")
        {
            cell.set_style(look.theme.focus);
            if cell.symbol() == "─" {
                cell.set_char('━');
            }
        }
    }
}

/// Wraps a text into lines of at most `width` columns. A longer word has its own line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| line.chars().count());
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Draws the text of a pane that has nothing to show, in as many rows as it needs.
pub fn empty(buf: &mut Buffer, area: Rect, look: &Look, text: &str) {
    let rows = wrap(text, area.width as usize).into_iter();
    let rows: Vec<Line> = rows
        .map(|row| Line::styled(row, look.theme.dim).centered())
        .collect();
    let height = (rows.len() as u16).min(area.height);
    let middle = Rect {
        y: area.y + (area.height - height).div_ceil(2),
        height,
        ..area
    };
    lines(buf, middle, rows);
}

/// Returns the index of the first visible row of a list that scrolls to keep the selected row visible.
fn first_visible(selected: usize, height: usize) -> usize {
    (selected + 1).saturating_sub(height.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::theme::Depth;

    #[test]
    fn the_text_of_an_empty_pane_is_wrapped_in_its_middle() {
        let drawn = |height, text| {
            let area = Rect::new(0, 0, 10, height);
            let mut buf = Buffer::empty(area);
            empty(&mut buf, area, &Look::new(Depth::None, true), text);
            let rows = buf.content.chunks(10);
            let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect());
            rows.collect::<Vec<String>>()
        };
        assert_eq!(
            drawn(3, "nothing"),
            [" ".repeat(10), " nothing  ".into(), " ".repeat(10)]
        );
        assert_eq!(drawn(2, "nothing is here"), ["nothing is", "   here   "]);
        assert_eq!(drawn(1, "nothing is here"), ["nothing i…"]);
        assert!(drawn(0, "nothing").is_empty());
    }
}
