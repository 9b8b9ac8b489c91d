//! The purposes of the views, and the meanings of their measures.

use crate::{
    model::measures::meaning::{self, Meaning},
    tui::app::view::View,
};

/// A measure of some views.
pub struct Measure {
    /// Its name on the screen.
    pub name: &'static str,
    /// What it is, and its values in a healthy run.
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

/// Creates a measure from its meaning in [`meaning`].
const fn from_table(meaning: &Meaning, views: &'static [View]) -> Measure {
    measure(meaning.title, views, meaning.text)
}

/// Returns the measures of a view.
pub fn for_view(view: View) -> impl Iterator<Item = &'static Measure> {
    MEASURES
        .iter()
        .filter(move |measure| measure.views.contains(&view))
}

/// Returns the purpose of a view, in a sentence or two.
pub fn purpose(view: View) -> &'static str {
    match view {
        View::Dashboard => {
            "An overview of the run: losses, D's output, gradients, σ of D's layers, samples, settings. Letters under the \
             curves mark changes; ← → move a cursor that reads values at a step."
        }
        View::Layers => {
            "Every layer with a weight: σ by power iteration beside σ by SVD, and measures of the weight. ↑ ↓ select the \
             layer that keys act on."
        }
        View::Spectrum => {
            "The singular values of the selected layer, the largest scaled to 1, with those of a pinned step in the \
             background (figure 3 of Miyato et al. 2018). A collapse is visible here before it is in the samples."
        }
        View::Samples => {
            "Samples of the averaged G from fixed latents, the latest and earlier ones, beside real samples."
        }
        View::Plane => {
            "The plane as D sees it: its output as a heat map, real and generated points, the directions in which D pulls \
             the generated points, and G's output for a lattice of latents."
        }
        View::Journal => {
            "Every change and every alarm, with its step, the old and the new value, and its cause. ↑ ↓ select one and move \
             the cursor of the curves to its step; / searches."
        }
        View::Compare => {
            "The lanes of the run, or several watched runs, against each other: settings that differ, measures and scores of \
             each, the difference from lane a (or from the run in front), and how far D, G and samples have gone apart."
        }
    }
}

/// Returns the table of measures in Markdown, with the views of each.
pub fn markdown() -> String {
    let mut table = "| measure | is | views |\n| --- | --- | --- |\n".to_owned();
    for measure in MEASURES {
        let views: Vec<&str> = measure.views.iter().map(|view| view.title()).collect();
        let (name, meaning, views) = (
            measure.name,
            measure.meaning.replace('|', "\\|"),
            views.join(", "),
        );
        table.push_str(&format!("| {name} | {meaning} | {views} |\n"));
    }
    table
}

use View::{Compare, Dashboard, Layers, Plane, Samples, Spectrum};

static MEASURES: &[Measure] = &[
    from_table(&meaning::LOSS, &[Dashboard]),
    from_table(&meaning::OUTPUT, &[Dashboard]),
    from_table(&meaning::SLOPE, &[Dashboard]),
    from_table(&meaning::LIPSCHITZ, &[Dashboard]),
    from_table(&meaning::GRADIENT, &[Dashboard]),
    from_table(&meaning::SIGMA, &[Dashboard, Layers]),
    measure(
        "SN×n",
        &[Dashboard, Layers],
        "The layer is normalized, with n power iterations per update. One is enough while W changes slowly; with too few \
         at a high learning rate, σ lags behind. With SN off, σ is still measured. Healthy: the error of σ stays below 1 %.",
    ),
    measure(
        "σ!  σ~",
        &[Dashboard, Layers],
        "!: a wrong estimate, below 0 or not finite, or more than 25 % from the exact σ beside it. Healthy: none. ~ and dim: \
         stale, because u and v are frozen (0 iterations), or not in use, because SN is off: the exact σ beside it tells more.",
    ),
    from_table(&meaning::EXACT_SIGMA, &[Dashboard, Layers]),
    from_table(&meaning::COSINES, &[Layers]),
    measure(
        "σ used",
        &[Layers],
        "The largest singular value of the weight that the layer computes with. Healthy with SN: the layer's gain (1), up \
         to the error of σ.",
    ),
    from_table(&meaning::OPERATOR_NORM, &[Layers]),
    from_table(&meaning::FROBENIUS, &[Layers]),
    from_table(&meaning::STABLE_RANK, &[Layers]),
    from_table(&meaning::COSINE_NEXT, &[Layers]),
    from_table(&meaning::LAYER_GRADIENT, &[Layers]),
    from_table(&meaning::EFFECTIVE_RANK, &[Spectrum, Layers]),
    from_table(&meaning::MODES, &[Dashboard, Samples, Plane]),
    from_table(&meaning::HIGH_QUALITY, &[Dashboard, Samples, Plane]),
    from_table(&meaning::REVERSE_KL, &[Dashboard, Samples, Plane]),
    from_table(&meaning::DISTANCE, &[Compare]),
    from_table(&meaning::DISTANCE_OF_SAMPLES, &[Compare]),
    measure(
        "b − a",
        &[Compare],
        "What lane b has more than lane a at the same step, then the size of the mean difference over steps: bars in the tint \
         of the lane that is higher, dim where they hardly differ; then the greatest size at one step (max |Δ|). With several \
         lanes it is that of the selected one. Healthy: small where a change does not matter.",
    ),
    from_table(&meaning::DIVERSITY, &[Dashboard, Samples]),
    from_table(&meaning::SWD, &[Dashboard, Samples]),
    from_table(&meaning::CLASSIFIER, &[Dashboard, Samples]),
    measure(
        "D's landscape",
        &[Plane],
        "D's output over the plane. Healthy: higher on the modes than between them, with slopes instead of cliffs.",
    ),
    measure(
        "arrows",
        &[Plane],
        "∇xD at generated points: the directions in which D pulls them. Healthy: towards modes, of similar lengths.",
    ),
    measure(
        "▾ on a log axis",
        &[Dashboard, Layers, Spectrum],
        "Values of 0 or below, which a logarithmic axis cannot show: pale if only some values are, in the curve's colour \
         if the mean is. Healthy: none for a positive measure; a linear axis shows the others.",
    ),
    measure(
        "× on a curve",
        &[Dashboard, Layers, Spectrum],
        "A value that is not a number or infinite; it never extends an axis. Healthy: none.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_but_the_journal_explains_its_measures() {
        for view in View::ALL {
            assert!(!purpose(view).is_empty());
            assert_eq!(
                for_view(view).next().is_none(),
                view == View::Journal,
                "{view:?}"
            );
        }
        for measure in MEASURES {
            assert!(measure.meaning.contains("Healthy"), "{}", measure.name);
        }
    }
}
