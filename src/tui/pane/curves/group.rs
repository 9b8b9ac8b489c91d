//! The measures that share a chart.

use ratatui::style::Style;

use crate::{
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
        self.curves.iter().any(|measure| measure.name == "loss_d")
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
        measure("D", "loss_d", '*', |t| t.d),
        measure("G", "loss_g", 'o', |t| t.g),
    ],
};

/// D's output on real and on generated samples.
pub(crate) const OUTPUTS: Group = Group {
    name: ("D's output", "D"),
    log: false,
    curves: &[
        measure("real", "d_real", '+', |t| t.real),
        measure("fake", "d_fake", 'o', |t| t.g),
    ],
};

/// The norms of D's gradient with respect to generated samples, and of the gradients of the parameters.
pub(crate) const GRADIENTS: Group = Group {
    name: ("gradient", "grad"),
    log: true,
    curves: &[
        measure("‖∇xD‖", "grad_x_mean", 'o', |t| t.real),
        measure("‖∇θD‖", "grad_d", '*', |t| t.d),
        measure("‖∇θG‖", "grad_g", '+', |t| t.g),
    ],
};

/// The scores of images.
pub(super) const SCORES_OF_IMAGES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("diversity", "diversity", 'o', |t| t.g),
        measure("swd", "swd", '*', |t| t.d),
    ],
};

/// The scores of mixtures. Modes are the covered share of all modes.
pub(super) const SCORES_OF_MIXTURES: Group = Group {
    name: ("scores", ""),
    log: false,
    curves: &[
        measure("quality", "high_quality", '*', |t| t.d),
        measure("modes", "modes", 'o', |t| t.g),
    ],
};

/// Returns the scores of the run's kind of data.
pub(crate) fn scores(app: &App) -> &'static Group {
    match &app.snapshot.settings.data {
        Data::Images { .. } => &SCORES_OF_IMAGES,
        Data::Mixture { .. } => &SCORES_OF_MIXTURES,
    }
}
