//! Help: the table of keys, and what each measure means.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span, Text},
    widgets::{Block, BorderType, Clear, Paragraph, Widget, Wrap},
};

use super::super::{app::App, keys};

/// Measures, what they are, and what a healthy run looks like.
const MEASURES: &[(&str, &str)] = &[
    (
        "loss D, G",
        "The losses of discriminator and generator. Healthy: both wander within a band and neither falls to its \
         end; D's loss at 0 means that D has won and G learns nothing.",
    ),
    (
        "‖∇xD‖",
        "Norm of the gradient of D's output with respect to a generated sample, mean of a batch: what G learns \
         from. Healthy: steady. Towards 0 it starves G, growing without end it shakes G; spectral normalization \
         bounds it by the gain.",
    ),
    (
        "‖∇θD‖",
        "Norm of the gradient of D's loss with respect to D's parameters. Healthy: within a decade or two of \
         where it started.",
    ),
    (
        "σ",
        "Largest singular value of a layer's raw weight W, by power iteration. With SN the layer uses W/σ, so σ \
         may drift without harm; without SN, a growing σ lets D become steep.",
    ),
    (
        "SN×n",
        "The layer is normalized, with n power iterations an update. One is enough while W changes slowly; too few \
         at a high learning rate make σ lag behind. With SN off, σ is still measured.",
    ),
    (
        "modes",
        "Modes of a mixture that at least one good sample hits. Healthy: all of them.",
    ),
    (
        "high quality",
        "Share of samples within 3 standard deviations of a mode. Healthy: above 0.95 at the end.",
    ),
    (
        "reverse KL",
        "How unevenly samples fall on the modes, in nats. Healthy: near 0.",
    ),
    (
        "×",
        "A value that is not a number or is infinite; it never stretches an axis.",
    ),
];

/// Where help stands on the screen.
fn place(area: Rect) -> Rect {
    let (width, height) = (area.width.min(96), area.height);
    let margin = if area.height > 44 { 2 } else { 0 };
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + margin,
        width,
        height: height - 2 * margin,
    }
}

/// The last line that help can be scrolled to.
pub fn last_line(area: Rect, app: &App) -> u16 {
    let place = place(area);
    let inner = (
        place.width.saturating_sub(4),
        place.height.saturating_sub(2),
    );
    let lines = wrapped(&text(app, inner.0), inner.0);
    lines.saturating_sub(inner.1)
}

pub fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let place = place(area);
    let theme = &app.look.theme;
    Clear.render(place, buf);
    let more = app.help.unwrap_or(0) < last_line(area, app);
    let hint = if more { " ↓ more " } else { "" };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title_top(super::title(&app.look, "help", &[]))
        .title_bottom(Line::styled(hint, theme.key).right_aligned())
        .padding(ratatui::widgets::Padding::horizontal(1));
    let inner = block.inner(place);
    block.render(place, buf);
    Paragraph::new(text(app, inner.width))
        .wrap(Wrap { trim: false })
        .scroll((app.help.unwrap_or(0), 0))
        .render(inner, buf);
}

fn wrapped(text: &Text, width: u16) -> u16 {
    text.lines
        .iter()
        .map(|line| line.width().div_ceil(width.max(1) as usize).max(1) as u16)
        .sum()
}

/// All lines, wrapped to the width with their second column aligned.
fn text(app: &App, width: u16) -> Text<'static> {
    let theme = &app.look.theme;
    let mut lines = Vec::new();
    for group in keys::Group::ALL {
        lines.push(Line::styled(group.title(), theme.title));
        for row in app.keys.in_group(group) {
            entry(
                &mut lines,
                width,
                &row.names(),
                row.action.description(),
                theme.key,
            );
        }
        lines.push(Line::default());
    }
    lines.push(Line::styled("What the measures mean", theme.title));
    for (name, meaning) in MEASURES {
        entry(&mut lines, width, name, meaning, theme.key);
    }
    Text::from(lines)
}

/// Width of the first column.
const NAMES: usize = 16;

fn entry(lines: &mut Vec<Line<'static>>, width: u16, name: &str, meaning: &str, style: Style) {
    let room = (width as usize).saturating_sub(NAMES + 2).max(12);
    let rows = super::wrap(meaning, room);
    for (i, row) in rows.into_iter().enumerate() {
        let name = if i == 0 { name } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!("  {name:<NAMES$}"), style),
            Span::raw(row),
        ]));
    }
}
