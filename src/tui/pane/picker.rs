//! The list of built-in presets, and the description and networks of the selected one.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use crate::{
    preset::setting::knobs,
    tui::{
        app::{
            App,
            action::Action,
            picker::{Choice, Network},
            targets::Target,
        },
        settings::entry::spoken,
        words::number,
    },
};

/// The width of the list, in columns.
const LIST: u16 = 20;
/// Knobs of a preset that are shown, those that a person looks for first.
const KNOBS: usize = 8;

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let Some(picker) = &app.picker else { return };
    let look = &app.look;
    Clear.render(area, buf);
    app.targets.add(area, Target::Cover);
    let title = super::title(look, "presets");
    let remark = " another run ends this one and keeps its curves in the background ";
    let remark = Line::styled(remark, look.theme.dim);
    let inner = super::frame(buf, area, framed, look, title, remark);
    let list = Rect {
        width: LIST.min(inner.width),
        ..inner
    };
    let first = super::first_visible(picker.selected, list.height as usize);
    for (row, (at, choice)) in list
        .rows()
        .zip(picker.choices.iter().enumerate().skip(first))
    {
        app.targets.add(row, Target::Row(at));
        let mark = match (at == picker.selected, choice.name == app.snapshot.name) {
            (true, _) => "▸",
            (false, true) => "●",
            (false, false) => " ",
        };
        let style = match choice.missing {
            Some(_) => look.theme.dim,
            None => Style::new(),
        };
        let name = Line::styled(format!("{mark} {}", choice.name), style);
        super::cut(name, row.width as usize).render(row, buf);
        if at == picker.selected {
            buf.set_style(row, look.theme.selected);
        }
    }
    let details = Rect {
        x: inner.x + list.width + 1,
        width: inner.width.saturating_sub(list.width + 1),
        ..inner
    };
    if let Some(choice) = picker.chosen() {
        describe(buf, details, app, choice);
    }
}

fn describe(buf: &mut Buffer, area: Rect, app: &App, choice: &Choice) {
    let theme = &app.look.theme;
    let width = area.width as usize;
    let mut lines: Vec<Line> = super::wrap(&choice.preset.about, width)
        .into_iter()
        .map(|text| Line::styled(text, theme.title))
        .collect();
    lines.push(Line::default());
    let preset = &choice.preset;
    let mut values = vec![
        ("data", preset.data.sample_shape().to_string()),
        ("steps", number::count(preset.steps)),
    ];
    let first = knobs(preset).into_iter().take(KNOBS);
    values.extend(first.map(|(setting, value)| (setting.name, spoken(setting.path, &value))));
    let mut line = Line::default();
    for (name, value) in values {
        if line.width() + name.len() + value.len() + 3 > width && line.width() > 0 {
            lines.push(std::mem::take(&mut line));
        }
        line.push_span(Span::styled(format!("{name} "), theme.dim));
        line.push_span(Span::raw(format!("{value}  ")));
    }
    lines.push(line);
    for (text, style) in start(app, choice) {
        let wrapped = super::wrap(&text, width).into_iter();
        lines.extend(wrapped.map(|text| Line::styled(text, style)));
    }
    lines.push(Line::default());
    let (g, d) = (choice.generator(), choice.discriminator());
    let beside = width >= 64;
    if beside {
        let half = width / 2;
        let pair = [
            column(&g, "generator", half, app),
            column(&d, "discriminator", half, app),
        ];
        let rows = pair[0].len().max(pair[1].len());
        for row in 0..rows {
            let left = pair[0].get(row).cloned().unwrap_or_default();
            let gap = half.saturating_sub(left.width());
            let mut line = left;
            line.push_span(Span::raw(" ".repeat(gap)));
            if let Some(right) = pair[1].get(row) {
                line.extend(right.spans.clone());
            }
            lines.push(line);
        }
    } else {
        lines.extend(column(&g, "generator", width, app));
        lines.extend(column(&d, "discriminator", width, app));
    }
    super::lines(buf, area, lines);
}

/// Returns how to start the preset, or why it cannot be started.
fn start(app: &App, choice: &Choice) -> Vec<(String, Style)> {
    let theme = &app.look.theme;
    let key = |action| app.keys.key_of(action).unwrap_or_default();
    let (choose, options) = (key(Action::Choose), key(Action::Options));
    if let Some(path) = &choice.missing {
        let text = format!(
            "Its images are missing: there is no {} in this folder. {choose} asks for their path (--data PATH).",
            path.display()
        );
        return vec![(text, theme.pending)];
    }
    let seed = app.seed.unwrap_or(app.snapshot.seed);
    let given = app.first_request_options();
    let text = if given.is_empty() {
        format!("{choose} starts it unchanged, seed {seed}; {options} with options.")
    } else {
        format!(
            "{choose} starts it unchanged, seed {seed}, without {given}; {options} with these or other options."
        )
    };
    vec![(text, theme.dim)]
}

fn column(network: &Network, name: &str, width: usize, app: &App) -> Vec<Line<'static>> {
    let theme = &app.look.theme;
    let head = Line::from(vec![
        Span::styled(name.to_owned(), theme.title),
        Span::styled(format!("  {} parameters", network.parameters), theme.dim),
    ]);
    let rows = network.layers.iter().map(|(layer, shape)| {
        let layer = format!("  {layer:<22}");
        super::cut(
            Line::from(vec![
                Span::raw(layer),
                Span::styled(format!(" → {shape}"), theme.dim),
            ]),
            width.saturating_sub(1),
        )
    });
    std::iter::once(head).chain(rows).collect()
}
