//! The measures that share a chart.

use ratatui::style::Style;

use crate::{
    model::{
        measures::distances::{DISTANCE_D, DISTANCE_G, DISTANCE_SAMPLES},
        measures::table::{D_FAKE, D_REAL, GRAD_D, GRAD_G, GRAD_X_MEAN, LOSS_D, LOSS_G},
        scores::{DIVERSITY, HIGH_QUALITY, MODES, SWD},
    },
    preset::Data,
    tui::{app::App, look::theme::Theme},
};

/// The measures of one chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// The long and the short name. The short one may be empty.
    pub name: (&'static str, &'static str),
    /// Whether the axis is logarithmic by default.
    pub log: bool,
    pub curves: &'static [Measure],
}

impl Group {
    /// Returns whether the group has the losses, which every step measures.
    pub(super) fn is_of_losses(&self) -> bool {
        self.curves
            .iter()
            .any(|measure| measure.name == LOSS_D.name)
    }
}

/// A measure of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub label: &'static str,
    /// The name in the history.
    pub name: &'static str,
    /// The character of a dot without braille.
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

/// The losses of D and G.
pub(crate) const LOSSES: Group = Group {
    name: ("loss", "loss"),
    log: false,
    curves: &[
        measure("D", LOSS_D.name, '*', |t| t.d),
        measure("G", LOSS_G.name, 'o', |t| t.g),
    ],
};

/// D's output on real and on generated samples.
pub(crate) const OUTPUTS: Group = Group {
    name: ("D's output", "D"),
    log: false,
    curves: &[
        measure("real", D_REAL.name, '+', |t| t.real),
        measure("fake", D_FAKE.name, 'o', |t| t.g),
    ],
};

/// The norms of D's gradient with respect to generated samples, and of the gradients of the parameters.
pub(crate) const GRADIENTS: Group = Group {
    name: ("gradient", "grad"),
    log: true,
    curves: &[
        measure("‖∇xD‖", GRAD_X_MEAN.name, 'o', |t| t.real),
        measure("‖∇θD‖", GRAD_D.name, '*', |t| t.d),
        measure("‖∇θG‖", GRAD_G.name, '+', |t| t.g),
    ],
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
};

/// The scores of images.
pub(super) const SCORES_OF_IMAGES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("diversity", DIVERSITY.name, 'o', |t| t.g),
        measure("swd", SWD.name, '*', |t| t.d),
    ],
};

/// The scores of mixtures. Modes are the covered share of all modes.
pub(super) const SCORES_OF_MIXTURES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("quality", HIGH_QUALITY.name, '*', |t| t.d),
        measure("modes", MODES.name, 'o', |t| t.g),
    ],
};

/// Returns the scores of the run's kind of data.
pub(crate) fn scores(app: &App) -> &'static Group {
    match &app.snapshot.settings.data {
        Data::Images { .. } => &SCORES_OF_IMAGES,
        Data::Mixture { .. } => &SCORES_OF_MIXTURES,
    }
}
