//! The title of a plot of singular values: the layer, whose spectra are drawn, and of which steps.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::layer_of;
use crate::{
    model::LayerSpectrum,
    tui::{
        app::App,
        look::theme::Depth,
        pane::{
            self,
            members::{Member, Members},
        },
        words::number,
    },
};

/// What a legend tells beside the names.
#[derive(Clone, Copy)]
struct Detail {
    /// The marks of the curves, also in colours, which tell them apart without.
    marks: bool,
    /// The word before a step.
    word: bool,
    steps: bool,
}

/// The most that fits is shown.
const DETAILS: [Detail; 4] = [
    Detail {
        marks: true,
        word: true,
        steps: true,
    },
    Detail {
        marks: false,
        word: true,
        steps: true,
    },
    Detail {
        marks: false,
        word: false,
        steps: true,
    },
    Detail {
        marks: false,
        word: false,
        steps: false,
    },
];

fn styled(text: String, style: Style) -> Span<'static> {
    Span::styled(text, style)
}

/// Returns the title for one lane or run.
pub(super) fn alone<'a>(app: &App, layer: &'a LayerSpectrum, step: u64) -> Line<'a> {
    let theme = &app.look.theme;
    let mut title = pane::title(&app.look, &layer.key);
    let text = format!("step {} ", number::count(step));
    title.push_span(styled(text, theme.d));
    title.extend(pinned(app, layer));
    title
}

/// Returns the title for several lanes or runs, the selected one first, in an area of this width beside a remark of that
/// width.
pub(super) fn of_members<'a>(
    app: &App,
    members: &Members,
    layer: &'a LayerSpectrum,
    width: u16,
    remark: usize,
) -> Line<'a> {
    let line = |detail: Detail| {
        let mut line = pane::title(&app.look, &layer.key);
        let selected = members.all.iter().filter(|member| member.selected);
        let others = members.all.iter().filter(|member| !member.selected);
        let (mut known, mut missing) = (Vec::new(), Vec::new());
        for member in selected.chain(others) {
            match layer_of(member, &layer.key) {
                Some((step, _)) => known.extend(of(app, member, step, detail)),
                None => missing.extend([Span::raw(" "), member.sign(&app.look)]),
            }
        }
        line.extend(known);
        line.extend(pinned(app, layer));
        if !missing.is_empty() {
            line.push_span(styled("without".to_owned(), app.look.theme.dim));
            line.extend(missing);
            line.push_span(" ");
        }
        line
    };
    let room = (width as usize).saturating_sub(3);
    let fits = |line: &Line| line.width() + remark < room;
    let fitting = DETAILS.into_iter().map(line).find(fits);
    fitting.unwrap_or_else(|| line(DETAILS[3]))
}

/// Returns the name of a lane or run, and the step of its spectra.
fn of(app: &App, member: &Member, step: u64, detail: Detail) -> Vec<Span<'static>> {
    let is_run = member.lane.is_none();
    let mut spans = Vec::new();
    if is_run || detail.marks || app.look.depth == Depth::None {
        spans.push(styled(format!("{} ", member.mark), member.style));
    }
    if !is_run {
        spans.extend([member.sign(&app.look), Span::raw(" ")]);
    }
    if detail.steps {
        let word = if detail.word && member.selected {
            "step "
        } else {
            ""
        };
        let text = format!("{word}{} ", number::count(step));
        spans.push(styled(text, member.style));
    }
    spans
}

/// Names the pinned spectrum of a layer, if there is one.
fn pinned(app: &App, layer: &LayerSpectrum) -> Option<Span<'static>> {
    let (step, _) = app.views.spectrum.pinned_layer(&layer.key)?;
    let text = format!("pinned {} ", number::count(step));
    Some(styled(text, app.look.theme.g))
}
