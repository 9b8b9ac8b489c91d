//! What the views show, in words: what each measure is and what healthy looks like.

use crate::tui::app::view::View;

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

const MEASURES: &[Measure] = &[
    measure(
        "loss D, G",
        &[Dashboard],
        "The losses of discriminator and generator. Healthy: both wander within a band and neither falls to its end; \
         D's loss at 0 means that D has won and G learns nothing.",
    ),
    measure(
        "D real, fake",
        &[Dashboard],
        "D's mean output on real and on generated samples. Healthy: real above fake, by a gap that stays; a gap that \
         grows without end means that D wins, none that it has lost.",
    ),
    measure(
        "‖∇xD‖",
        &[Dashboard],
        "Norm of the gradient of D's output with respect to a generated sample, mean of a batch: what G learns from. \
         Healthy: steady. Towards 0 it starves G, growing without end it shakes G; spectral normalization bounds it by \
         the gain.",
    ),
    measure(
        "‖∇θD‖, ‖∇θG‖",
        &[Dashboard],
        "Norms of the gradients of the losses with respect to all parameters of D, of G. Healthy: within a decade or \
         two of where they started.",
    ),
    measure(
        "σ",
        &[Dashboard, Layers],
        "Largest singular value of a layer's raw weight W, by power iteration. With SN the layer uses W/σ, so σ may drift without harm. Healthy without SN: steady; a growing σ lets D become steep.",
    ),
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
    measure(
        "σ exact, error",
        &[Dashboard, Layers],
        "σ by an SVD in double precision, and how far the estimate is from it. Healthy: below 1 %; the estimate is \
         never above the exact one but by rounding.",
    ),
    measure(
        "cosine u, v",
        &[Layers],
        "1 − |cos| between u, v and the first singular vectors. Healthy: near 0; larger where the first two singular \
         values are close, which does no harm.",
    ),
    measure(
        "σ used",
        &[Layers],
        "Largest singular value of the weight that the layer computes with. Healthy with SN: the layer's gain (1), to \
         within the error of σ.",
    ),
    measure(
        "operator",
        &[Layers],
        "Norm of the raw convolution as a linear map, stride and padding included. The paper divides by σ of the \
         reshaped matrix instead; Healthy: the ratio of the two hardly changes.",
    ),
    measure(
        "‖W‖F",
        &[Layers],
        "Frobenius norm of the raw weight: the root of the sum of all squared singular values. Healthy: it changes slowly.",
    ),
    measure(
        "stable rank",
        &[Layers],
        "‖W‖F²/σ²: over how many directions the weight is spread. Healthy: well above 1; at 1 one direction is left.",
    ),
    measure(
        "gradient",
        &[Layers],
        "Norm of the loss's gradient with respect to the layer's weight. Healthy: of one order in all layers; 0 means \
         that a layer learns nothing.",
    ),
    measure(
        "effective rank",
        &[Spectrum, Layers],
        "exp of the entropy of the singular values over their sum (Roy & Vetterli 2007): how many directions count. \
         Healthy: steady or slowly falling; a fall to a few is spectral collapse.",
    ),
    measure(
        "modes",
        &[Dashboard, Samples, Plane],
        "Modes of a mixture that at least one good sample hits. Healthy: all of them.",
    ),
    measure(
        "high quality",
        &[Dashboard, Samples, Plane],
        "Share of samples within 3 standard deviations of a mode. Healthy: above 0.9 at the end.",
    ),
    measure(
        "reverse KL",
        &[Dashboard, Samples, Plane],
        "How unevenly samples fall on the modes, in nats. Healthy: near 0.",
    ),
    measure(
        "diversity",
        &[Dashboard, Samples],
        "How different generated images are from each other, beside real ones. Healthy: near that of real images (1); a \
         fall is mode collapse.",
    ),
    measure(
        "swd",
        &[Dashboard, Samples],
        "Sliced Wasserstein distance between generated and real images. Healthy: falling, then steady.",
    ),
    measure(
        "class. score, Fréchet, entropy",
        &[Dashboard, Samples],
        "By the classifier of the bundled sets. Healthy: how sure and varied its classes are (higher is better), distance of \
         features (lower is better), how evenly classes are hit (ln 10 = 2.303 at best).",
    ),
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
