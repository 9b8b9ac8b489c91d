//! The colours and signs of the views, and what they mean.

use ratatui::style::Style;

use crate::tui::{
    app::view::View,
    look::theme::{Depth, Look, Theme},
};

/// A colour or sign of some views.
pub(crate) struct Sign {
    /// What is seen: in colours, and without.
    seen: [&'static str; 2],
    /// What is seen without Unicode, if it is not what becomes of `seen`.
    ascii: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
    style: fn(&Theme) -> Style,
    views: &'static [View],
}

impl Sign {
    /// Returns what is seen on a terminal.
    pub(crate) fn seen(&self, look: &Look) -> &'static str {
        if let Some(ascii) = self.ascii.filter(|_| !look.unicode) {
            return ascii;
        }
        self.seen[usize::from(look.depth == Depth::None || !look.unicode)]
    }

    /// Returns its style.
    pub(crate) fn style(&self, look: &Look) -> Style {
        (self.style)(&look.theme)
    }
}

/// Returns the colours and signs of a view.
pub(crate) fn for_view(view: View) -> impl Iterator<Item = &'static Sign> {
    SIGNS.iter().filter(move |sign| sign.views.contains(&view))
}

const fn sign(seen: &'static str, views: &'static [View], meaning: &'static str) -> Sign {
    Sign {
        seen: [seen, seen],
        ascii: None,
        meaning,
        style: |theme| theme.key,
        views,
    }
}

const fn colour(
    seen: [&'static str; 2],
    style: fn(&Theme) -> Style,
    views: &'static [View],
    meaning: &'static str,
) -> Sign {
    Sign {
        seen,
        ascii: None,
        meaning,
        style,
        views,
    }
}

use View::{Compare, Dashboard, Journal, Layers, Plane, Samples, Spectrum};

/// The views with curves.
const CURVES: &[View] = &[Dashboard, Layers, Spectrum, Compare];

static SIGNS: &[Sign] = &[
    colour(
        ["━ D", "* D"],
        |theme| theme.d,
        CURVES,
        "The discriminator: its loss, the gradient of its parameters, σ of its layers. In a chart with other names the \
         title has the colour of each curve.",
    ),
    colour(
        ["━ G", "o G"],
        |theme| theme.g,
        &[Dashboard, Layers, Spectrum, Samples, Plane, Compare],
        "The generator and what it makes: its loss, its samples, D's output on them. In Spectrum: what is pinned.",
    ),
    colour(
        ["━ real", "+ real"],
        |theme| theme.real,
        &[Dashboard, Layers, Samples, Plane],
        "Real samples, and D's output on them; beside an estimate, the exact value.",
    ),
    colour(
        ["● both", "@ both"],
        |theme| theme.both,
        &[Dashboard, Samples, Plane],
        "A cell of points in which real and generated ones are.",
    ),
    colour(
        ["pale dots", "."],
        |theme| theme.dim,
        CURVES,
        "The lowest and the highest value in each column of a chart. The line through them is the mean.",
    ),
    sign(
        "colours in turn",
        CURVES,
        "Two curves share these cells: their colours take turns; without colours the cells are underlined.",
    ),
    sign(
        "─ ╌ ┈ ─· ·",
        CURVES,
        "Before a name: the line that other lanes or runs have for this measure, if no curve has its colour.",
    ),
    sign(
        "↑ ↓",
        CURVES,
        "Values far beyond the axis, or beyond the bars of σ: pale for extremes, in the colour of the curve for means. The \
         title, or the text after the bars, tells the farthest.",
    ),
    sign(
        "←4 4→",
        &[Dashboard],
        "In histograms: the number of outputs below the axis, or above it.",
    ),
    sign(
        "┊",
        CURVES,
        "A change at this step, with its letter below: s SN, i iterations, r rates, k gain, l loss, n n_dis, F a fork, ! an \
         alarm, * another setting, + several. The journal has the same letters.",
    ),
    sign(
        "┃",
        CURVES,
        "The cursor, with its step below: titles tell the values there.",
    ),
    sign(
        "▁▄█",
        CURVES,
        "Bars: a curve over the same steps, from the lowest to the highest of most values, which stand after it. In the \
         list of Spectrum: singular values, the largest first.",
    ),
    colour(
        ["tinted bars", "hanging bars"],
        |theme| theme.key,
        &[Compare],
        "The mean difference over steps, in the tint of the one that is higher. Without colours, where the first one is higher \
         the bars hang from above; without Unicode they are reversed.",
    ),
    sign(
        "≥",
        &[Compare],
        "Before the greatest difference of single steps: of some of the steps only means are kept, so it may be greater.",
    ),
    sign(
        "@500",
        &[Dashboard, Layers, Spectrum, Compare],
        "The step of a value that is not of the step in the title: 497–512 is the mean of these steps. A difference is always \
         of values of the same steps.",
    ),
    sign(
        "s i r k l n F !",
        &[Journal],
        "The letter that the change has under the curves: s SN, i iterations, r rates, k gain, l loss, n n_dis, F a fork, ! \
         an alarm, * another setting.",
    ),
    colour(
        ["red", "underlined"],
        |theme| theme.error,
        &View::ALL,
        "Something is wrong: an alarm, a value that is not finite, a wrong estimate, a mode without samples, a refusal.",
    ),
    colour(
        ["on", "on"],
        |theme| theme.on,
        &[Dashboard, Layers, Spectrum, Plane, Journal],
        "Switched on, running, finished, or over in a good way.",
    ),
    colour(
        ["→ …", "→ …"],
        |theme| theme.pending,
        &View::ALL,
        "Not in force yet: a change that the training has not confirmed, a pause, the first end of an interpolation.",
    ),
    colour(
        ["pale", "text"],
        |theme| theme.dim,
        &View::ALL,
        "Names and remarks; a value that was measured before the last change, or is not in use.",
    ),
    Sign {
        ascii: Some("$ ..."),
        ..sign(
            "word…",
            &View::ALL,
            "A text that is cut: it goes on. The full screen of its pane (z), or a wider terminal, shows more of it.",
        )
    },
    sign("▐ ▌", &[Samples], "The selected sample is between them."),
    sign(
        "12",
        &[Plane],
        "The number of samples of high quality on a mode, beside its centre.",
    ),
    sign(
        "pale lines",
        &[Plane],
        "What G makes of a lattice of latents.",
    ),
    sign(
        "▸",
        &View::ALL,
        "What is selected: a lane, a row; in the journal, the entry below the list. ● in the list of presets: the preset of this run.",
    ),
    sign(
        "▶ ‖ ● ×",
        &View::ALL,
        "The run is going, paused, finished or failed; … it begins, ◌ it is not trained by a process any more.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_has_signs_and_each_is_explained_once_in_it() {
        for view in View::ALL {
            let all: Vec<&Sign> = for_view(view).collect();
            assert!(all.len() > 4, "{view:?}");
            for (i, sign) in all.iter().enumerate() {
                assert!(sign.meaning.ends_with('.'), "{:?}", sign.seen);
                let same = |other: &&Sign| other.seen == sign.seen;
                assert!(!all[..i].iter().copied().any(|other| same(&other)));
            }
        }
    }
}
