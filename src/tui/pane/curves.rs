//! Measures over steps as curves in one plot, with the values of now, or of the cursor, in its title.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    preset::Data,
    tui::{
        app::App,
        look::theme::Theme,
        plot::{
            Curve, Plot, canvas::Ink, columns::reading, marks::marks, scale::Kind, steps::span,
        },
        words::number,
    },
};

/// Which curves stand together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Long and short name; the short one may be empty.
    pub name: (&'static str, &'static str),
    /// Whether the axis is logarithmic unless the person says otherwise.
    pub log: bool,
    pub curves: &'static [Measure],
}

/// One curve of a group.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub label: &'static str,
    /// Its name in the history.
    pub name: &'static str,
    /// The dot where there is no braille.
    pub marker: char,
    pub style: fn(&Theme) -> Style,
}

const fn measure(
    label: &'static str,
    name: &'static str,
    marker: char,
    style: fn(&Theme) -> Style,
) -> Measure {
    Measure {
        label,
        name,
        marker,
        style,
    }
}

/// Losses of D and G.
pub const LOSSES: Group = Group {
    name: ("loss", "loss"),
    log: false,
    curves: &[
        measure("D", "loss_d", '*', |t| t.d),
        measure("G", "loss_g", 'o', |t| t.g),
    ],
};

/// What D makes of real and of generated samples.
pub const OUTPUTS: Group = Group {
    name: ("D's output", "D"),
    log: false,
    curves: &[
        measure("real", "d_real", '+', |t| t.real),
        measure("fake", "d_fake", 'o', |t| t.g),
    ],
};

/// How steep D is on what G makes, and how strongly the parameters are pulled. They span decades.
pub const GRADIENTS: Group = Group {
    name: ("gradient", "grad"),
    log: true,
    curves: &[
        measure("‖∇xD‖", "grad_x_mean", 'o', |t| t.real),
        measure("‖∇θD‖", "grad_d", '*', |t| t.d),
        measure("‖∇θG‖", "grad_g", '+', |t| t.g),
    ],
};

/// How good and how varied what G makes is, of images.
const SCORES_OF_IMAGES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("diversity", "diversity", 'o', |t| t.g),
        measure("swd", "swd", '*', |t| t.d),
    ],
};

/// The same of mixtures; modes as the share of all that are hit.
const SCORES_OF_MIXTURES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("quality", "high_quality", '*', |t| t.d),
        measure("modes", "modes", 'o', |t| t.g),
    ],
};

/// The scores that the data of a run have.
pub fn scores(app: &App) -> &'static Group {
    match &app.snapshot.settings.data {
        Data::Images { .. } => &SCORES_OF_IMAGES,
        Data::Mixture { .. } => &SCORES_OF_MIXTURES,
    }
}

/// Curves to be drawn together, of whatever layer.
pub struct Sheet<'a> {
    /// Long and short name; the short one may be empty.
    pub name: (&'a str, &'a str),
    pub log: bool,
    pub curves: Vec<Drawn<'a>>,
    /// What stands there where there is no curve yet.
    pub nothing: &'static str,
}

/// One curve of a sheet.
pub struct Drawn<'a> {
    pub label: &'a str,
    /// Its name in the history.
    pub name: String,
    pub ink: Ink,
    pub factor: f32,
}

impl Group {
    fn sheet(&self, app: &App) -> Sheet<'static> {
        let drawn = |measure: &Measure| Drawn {
            label: measure.label,
            name: measure.name.to_owned(),
            ink: Ink {
                style: (measure.style)(&app.look.theme),
                marker: measure.marker,
            },
            factor: match measure.name {
                "modes" => 1.0 / modes(app),
                _ => 1.0,
            },
        };
        Sheet {
            name: self.name,
            log: self.log,
            curves: self.curves.iter().map(drawn).collect(),
            nothing: match self.curves.iter().any(|m| m.name == "loss_d") {
                false if app.snapshot.measures.is_some() => "not measured yet",
                _ => "no step made yet",
            },
        }
    }
}

/// Draws a group of curves.
pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App, group: &Group) {
    sheet(buf, area, framed, app, &group.sheet(app));
}

/// Draws a sheet of curves.
pub fn sheet(buf: &mut Buffer, area: Rect, framed: bool, app: &App, sheet: &Sheet) {
    let look = &app.look;
    let plot = plot(app, sheet);
    let cursor = app.views.curves.cursor;
    let values: Vec<(&str, Option<f32>, Style)> = sheet
        .curves
        .iter()
        .filter(|c| app.history.get(&c.name).is_some() || plot.curves.is_empty())
        .map(|c| {
            let series = app.history.get(&c.name);
            let value = match cursor {
                Some(step) => series.and_then(|s| reading(s, step)).map(|r| r.value),
                None => series.and_then(|s| s.last()),
            };
            (c.label, value, c.ink.style)
        })
        .collect();
    let room = (area.width as usize).saturating_sub(3);
    let names = [sheet.name.0, sheet.name.1, ""];
    let titles = names.map(|name| super::title(look, name, &values));
    let remarks = [Words::All, Words::Hidden, Words::Steps].map(|words| remark(app, &plot, words));
    let pairs = titles
        .iter()
        .flat_map(|t| remarks.iter().map(move |r| (t, r)));
    let fitting = pairs.clone().find(|(t, r)| t.width() + r.width() < room);
    let (title, remark) = fitting.unwrap_or((&titles[2], &remarks[2]));
    let inner = super::frame(buf, area, framed, look, title.clone(), remark.clone());
    if plot.curves.is_empty() {
        super::empty(buf, inner, look, sheet.nothing);
    }
    let shown = plot.render(buf, inner, look);
    if !shown && plot.curves.iter().any(|c| !c.series.buckets.is_empty()) {
        let why = match plot.hides() {
            true => "no value above 0",
            false => "no finite value",
        };
        super::empty(buf, inner, look, why);
    }
}

/// The plot of a sheet as the person wants to see it.
fn plot<'a>(app: &'a App, sheet: &Sheet) -> Plot<'a> {
    let view = &app.views.curves;
    let earlier = view.earlier.as_ref();
    let curves = sheet.curves.iter().filter_map(|drawn| {
        Some(Curve {
            series: app.history.get(&drawn.name)?,
            ink: drawn.ink,
            earlier: earlier.and_then(|run| run.history.get(&drawn.name)),
            factor: drawn.factor,
        })
    });
    Plot {
        kind: view.kind(sheet.log),
        window: app.window,
        smoothing: view.columns(),
        curves: super::legend::behind(app, sheet)
            .into_iter()
            .chain(curves)
            .collect(),
        marks: marks(&app.views.journal.entries),
        cursor: view.cursor,
    }
}

/// Modes that there are.
fn modes(app: &App) -> f32 {
    match &app.snapshot.settings.data {
        Data::Mixture { centres, .. } => centres.points().len().max(1) as f32,
        Data::Images { .. } => 1.0,
    }
}

/// How much a remark tells beyond the steps.
#[derive(Clone, Copy, PartialEq)]
enum Words {
    /// The run behind, the kind of axis, what it hides, smoothing.
    All,
    /// What the axis hides.
    Hidden,
    Steps,
}

/// What is shown beyond the curves, and the steps, or the one under the cursor.
fn remark<'a>(app: &App, plot: &Plot, told: Words) -> Line<'a> {
    let theme = &app.look.theme;
    let mut words = Vec::new();
    let all = told == Words::All;
    if let Some(run) = app.views.curves.earlier.as_ref().filter(|_| all) {
        words.push(format!("behind: {}", run.name));
    }
    if plot.kind == Kind::Log && all {
        words.push("log".to_owned());
    }
    if plot.hides() && told != Words::Steps {
        words.push("▾ ≤0".to_owned());
    }
    if plot.smoothing > 1 && all {
        words.push(format!("smooth {}", plot.smoothing));
    }
    let words: String = words.iter().map(|word| format!(" {word}")).collect();
    let mut line = Line::from(Span::styled(words, theme.dim));
    match plot.cursor {
        Some(step) => line.push_span(Span::styled(
            format!(" at {} ", number::count(at(plot, step))),
            theme.key,
        )),
        // Of the live run alone: what the earlier one spans changes nothing.
        None => {
            let own = plot.curves.iter();
            let own = own.filter_map(|c| span(c.series, plot.window));
            let own = own.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            line.extend(super::steps(&app.look, own, plot.window));
        }
    }
    line
}

/// The step that a reading at a step is of: the last one measured.
fn at(plot: &Plot, step: u64) -> u64 {
    let readings = plot.curves.iter();
    let readings = readings.filter_map(|c| reading(c.series, step));
    readings.map(|r| r.steps.1.min(step)).max().unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::theme::{Depth, Look};

    #[test]
    fn every_measure_of_a_group_has_a_look_of_its_own() {
        let theme = Look::new(Depth::Indexed, true).theme;
        for group in [
            LOSSES,
            OUTPUTS,
            GRADIENTS,
            SCORES_OF_IMAGES,
            SCORES_OF_MIXTURES,
        ] {
            for (i, a) in group.curves.iter().enumerate() {
                for b in &group.curves[..i] {
                    assert_ne!(a.marker, b.marker);
                    assert_ne!((a.style)(&theme), (b.style)(&theme));
                }
            }
        }
    }
}
