//! The measures that share a chart.

use ratatui::style::Style;

use crate::{
    model::{
        measures::{
            distances::{DISTANCE_D, DISTANCE_G, DISTANCE_SAMPLES},
            exact::{LIPSCHITZ_BOUND, LIPSCHITZ_OF_MATRICES},
            table::{D_FAKE, D_REAL, GRAD_D, GRAD_G, GRAD_X_MAX, LOSS_D, LOSS_G},
        },
        scores::{DIVERSITY, HIGH_QUALITY, MODES, SWD},
    },
    preset::Data,
    tui::{app::App, layout::Pane, look::theme::Theme},
};

/// The measures of one chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// The long and the short name. The short one may be empty.
    pub name: (&'static str, &'static str),
    /// Whether the axis is logarithmic by default.
    pub log: bool,
    /// The most important first.
    pub curves: &'static [Measure],
    /// The number of curves that a small plot has.
    pub small: usize,
    /// Whether the second curve has an axis of its own.
    pub two_axes: bool,
    /// The pane of the dashboard that has the group.
    pub pane: Option<Pane>,
}

/// Returns the lowest and the highest value of a measure.
pub(crate) type Limits = fn(&App) -> (f32, f32);

/// A measure of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub label: &'static str,
    /// The label where there is little room.
    pub short: &'static str,
    /// The name in the history.
    pub name: &'static str,
    /// The character of a dot without braille.
    pub marker: char,
    pub style: fn(&Theme) -> Style,
    /// The lowest and the highest value, if the axis always has both.
    pub limits: Option<Limits>,
}

const fn measure(
    label: &'static str,
    name: &'static str,
    marker: char,
    style: fn(&Theme) -> Style,
) -> Measure {
    Measure {
        label,
        short: label,
        name,
        marker,
        style,
        limits: None,
    }
}

impl Measure {
    const fn or(self, short: &'static str) -> Self {
        Self { short, ..self }
    }

    const fn within(self, limits: Limits) -> Self {
        Self {
            limits: Some(limits),
            ..self
        }
    }
}

/// The losses of D and G.
pub(crate) const LOSSES: Group = Group {
    name: ("loss", "loss"),
    log: false,
    curves: &[
        measure("D", LOSS_D.name, '*', |t| t.d),
        measure("G", LOSS_G.name, 'o', |t| t.g),
    ],
    small: 2,
    two_axes: false,
    pane: Some(Pane::Losses),
};

/// D's output on real and on generated samples.
pub(crate) const OUTPUTS: Group = Group {
    name: ("D's output", "D"),
    log: false,
    curves: &[
        measure("real", D_REAL.name, '+', |t| t.real),
        measure("fake", D_FAKE.name, 'o', |t| t.g),
    ],
    small: 2,
    two_axes: false,
    pane: Some(Pane::Outputs),
};

/// What spectral normalization is about: the largest norm of D's gradient with respect to a generated sample, and the bound
/// of it. Then the norms of the gradients of the parameters.
pub(crate) const GRADIENTS: Group = Group {
    name: ("gradient", "grad"),
    log: true,
    curves: &[
        measure("max ‖∇xD‖", GRAD_X_MAX.name, 'o', |t| t.real).or("max ∇x"),
        measure("bound", LIPSCHITZ_BOUND.name, '=', |t| t.limit),
        // The product of norms of reshaped matrices is no bound and is not called one.
        measure("∏σ of matrices", LIPSCHITZ_OF_MATRICES.name, '#', |_| {
            Style::new()
        })
        .or("∏σ matr."),
        measure("‖∇θD‖", GRAD_D.name, '*', |t| t.d).or("∇θD"),
        measure("‖∇θG‖", GRAD_G.name, '+', |t| t.g).or("∇θG"),
    ],
    small: 3,
    two_axes: false,
    pane: Some(Pane::Gradients),
};

/// How far another lane has gone from lane a: its D, its G, and its samples of the same latents.
pub(crate) const DISTANCES: Group = Group {
    name: ("how far from lane a", "from a"),
    log: false,
    curves: &[
        measure("D", DISTANCE_D.name, '*', |t| t.d),
        measure("G", DISTANCE_G.name, 'o', |t| t.g),
        measure("samples", DISTANCE_SAMPLES.name, '+', |t| t.real),
    ],
    small: 3,
    two_axes: false,
    pane: None,
};

/// The scores of images.
pub(super) const SCORES_OF_IMAGES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("diversity", DIVERSITY.name, 'o', |t| t.g),
        measure("swd", SWD.name, '*', |t| t.d),
    ],
    small: 2,
    two_axes: true,
    pane: Some(Pane::Scores),
};

/// The scores of mixtures.
pub(super) const SCORES_OF_MIXTURES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("quality", HIGH_QUALITY.name, '*', |t| t.d).within(|_| (0.0, 1.0)),
        measure("modes", MODES.name, 'o', |t| t.g).within(|app| (0.0, modes(app))),
    ],
    small: 2,
    two_axes: true,
    pane: Some(Pane::Scores),
};

/// Returns the number of modes of the data, at least 1.
fn modes(app: &App) -> f32 {
    match &app.snapshot.settings.data {
        Data::Mixture { centres, .. } => centres.points().len().max(1) as f32,
        Data::Images { .. } => 1.0,
    }
}

/// Returns the group of a pane of the dashboard, or `None` if the pane has no chart.
pub(crate) fn of_pane(app: &App, pane: Pane) -> Option<&'static Group> {
    match pane {
        Pane::Losses => Some(&LOSSES),
        Pane::Outputs => Some(&OUTPUTS),
        Pane::Gradients => Some(&GRADIENTS),
        Pane::Scores => Some(scores(app)),
        Pane::Sigma | Pane::Samples | Pane::Settings => None,
    }
}

/// Returns the scores of the run's kind of data.
pub(crate) fn scores(app: &App) -> &'static Group {
    match &app.snapshot.settings.data {
        Data::Images { .. } => &SCORES_OF_IMAGES,
        Data::Mixture { .. } => &SCORES_OF_MIXTURES,
    }
}
