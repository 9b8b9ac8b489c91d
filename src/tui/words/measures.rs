//! What the views show, in words: what each measure is and what healthy looks like.

use crate::{
    model::measures::meaning::{self, Meaning},
    tui::app::view::View,
};

/// A measure, the views that show it, what it is and what a healthy run looks like.
pub struct Measure {
    pub name: &'static str,
    pub meaning: &'static str,
    views: &'static [View],
}

const fn measure(name: &'static str, views: &'static [View], meaning: &'static str) -> Measure {
    Measure {
        name,
        meaning,
        views,
    }
}

/// A measure that the table of measures explains.
const fn of_table(meaning: &Meaning, views: &'static [View]) -> Measure {
    measure(meaning.title, views, meaning.text)
}

/// The measures of a view.
pub fn of(view: View) -> impl Iterator<Item = &'static Measure> {
    MEASURES
        .iter()
        .filter(move |measure| measure.views.contains(&view))
}

/// What a view is for, in a sentence.
pub fn purpose(view: View) -> &'static str {
    match view {
        View::Dashboard => {
            "How the run goes, at a glance: losses, D's output, gradients, σ of D's layers, samples, settings. Letters \
             under the curves mark changes; ← → read values at a step."
        }
        View::Layers => {
            "Every layer with a weight: σ as power iteration estimates it beside σ by an SVD, and how the weight is. \
             ↑ ↓ select the layer that keys act on."
        }
        View::Spectrum => {
            "The singular values of the selected layer, the largest scaled to 1, now against a step that was pinned \
             (figure 3 of Miyato et al. 2018). A collapse shows here before the samples show it."
        }
        View::Samples => {
            "What the averaged G makes of fixed latents, now and before, beside real samples."
        }
        View::Plane => {
            "The plane as D sees it: its output as a heat map, real and generated points, where D would have the \
             generated points go, what G makes of a lattice of latents."
        }
        View::Journal => {
            "Every change and every alarm, with the step from which it acts, old and new value, and who caused it. \
             ↑ ↓ select one and move the cursor of the curves to its step."
        }
    }
}

/// The table of measures in Markdown, with the views that show each.
pub fn markdown() -> String {
    let mut table = "| measure | is | views |\n| --- | --- | --- |\n".to_owned();
    for measure in MEASURES {
        let views: Vec<&str> = measure.views.iter().map(|view| view.title()).collect();
        let (name, meaning, views) = (measure.name, measure.meaning, views.join(", "));
        table.push_str(&format!("| {name} | {meaning} | {views} |\n"));
    }
    table
}

use View::{Dashboard, Layers, Plane, Samples, Spectrum};

static MEASURES: &[Measure] = &[
    of_table(&meaning::LOSS, &[Dashboard]),
    of_table(&meaning::OUTPUT, &[Dashboard]),
    of_table(&meaning::SLOPE, &[Dashboard]),
    of_table(&meaning::GRADIENT, &[Dashboard]),
    of_table(&meaning::SIGMA, &[Dashboard, Layers]),
    measure(
        "SN×n",
        &[Dashboard, Layers],
        "The layer is normalized, with n power iterations an update. One is enough while W changes slowly; too few at a \
         high learning rate make σ lag behind. With SN off, σ is still measured. Healthy: the error of σ stays below 1 %.",
    ),
    measure(
        "σ!",
        &[Dashboard, Layers],
        "An estimate that is not σ: below 0 or not finite, made with u and v that stand still (0 iterations), or more than \
         25 % from the exact σ beside it. Healthy: none.",
    ),
    of_table(&meaning::EXACT_SIGMA, &[Dashboard, Layers]),
    of_table(&meaning::COSINES, &[Layers]),
    measure(
        "σ used",
        &[Layers],
        "Largest singular value of the weight that the layer computes with. Healthy with SN: the layer's gain (1), to \
         within the error of σ.",
    ),
    of_table(&meaning::OPERATOR_NORM, &[Layers]),
    of_table(&meaning::FROBENIUS, &[Layers]),
    of_table(&meaning::STABLE_RANK, &[Layers]),
    of_table(&meaning::LAYER_GRADIENT, &[Layers]),
    of_table(&meaning::EFFECTIVE_RANK, &[Spectrum, Layers]),
    of_table(&meaning::MODES, &[Dashboard, Samples, Plane]),
    of_table(&meaning::HIGH_QUALITY, &[Dashboard, Samples, Plane]),
    of_table(&meaning::REVERSE_KL, &[Dashboard, Samples, Plane]),
    of_table(&meaning::DIVERSITY, &[Dashboard, Samples]),
    of_table(&meaning::SWD, &[Dashboard, Samples]),
    of_table(&meaning::CLASSIFIER, &[Dashboard, Samples]),
    measure(
        "D's landscape",
        &[Plane],
        "D's output over the plane. Healthy: higher on the modes than between them, in slopes and not in cliffs.",
    ),
    measure(
        "arrows",
        &[Plane],
        "∇xD at generated points: the way D would have them go. Healthy: towards modes, of like lengths.",
    ),
    measure(
        "▾ on a log axis",
        &[Dashboard, Layers, Spectrum],
        "Values of 0 or below, which a logarithmic axis cannot show: pale where some are, in the curve's colour where \
         their mean is. Healthy: none of a measure that is above 0 by nature; a linear axis shows the others.",
    ),
    measure(
        "× on a curve",
        &[Dashboard, Layers, Spectrum],
        "A value that is not a number or is infinite; it never stretches an axis. Healthy: none.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_but_the_journal_explains_its_measures() {
        for view in View::ALL {
            assert!(!purpose(view).is_empty());
            assert_eq!(of(view).next().is_none(), view == View::Journal, "{view:?}");
        }
        for measure in MEASURES {
            assert!(measure.meaning.contains("Healthy"), "{}", measure.name);
        }
    }
}
