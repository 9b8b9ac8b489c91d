//! The keys of the JSON output and their meanings, for the documentation.

/// Keys of a JSON object that belong together, and what they mean.
pub type Meaning = (&'static [&'static str], &'static str);

/// The keys of a step's line, in their order.
pub const LINE: [Meaning; 10] = [
    (&["step"], "The step, counted from 1."),
    (
        &["loss_d", "loss_g"],
        "Losses of D and G. The values of D, here and below, come from the last D update of the step.",
    ),
    (
        &["d_real", "d_fake"],
        "D's mean output on real and on generated samples.",
    ),
    (
        &["accuracy_real", "accuracy_fake"],
        "Share of the samples that D classifies correctly, by the sign of its output (least squares: by 0.5).",
    ),
    (
        &["grad_d", "grad_g"],
        "2-norms of the losses' gradients over all raw parameters.",
    ),
    (
        &["grad_x_mean", "grad_x_max"],
        "Norm of the gradient of D's output with respect to one generated sample, in the G update: mean and maximum \
         over the batch. `null` where D has batch norm.",
    ),
    (
        &["sigma", "weight_norm"],
        "By layer: uᵀWv of the raw weight after the last D update's power iterations, before Adam changes W; and ‖W‖F. \
         Layers have their keys of the weights file.",
    ),
    (
        &["spectra", "spectra_step"],
        "Exact measures by SVD, and their step: in the line of every `spectra.every`-th step.",
    ),
    (
        &["applied"],
        "`false` if the update was not applied. No other line has this key.",
    ),
    (
        &[
            "scores_step",
            "diversity",
            "swd",
            "classifier_score",
            "frechet",
            "class_entropy",
        ],
        "New scores of images. `scores_step` is there if they belong to an earlier step.",
    ),
];

/// The keys of the summary.
pub const SUMMARY: [Meaning; 9] = [
    (&["preset", "seed"], "Name of the preset, and the seed."),
    (&["steps"], "Steps made, resumed ones included."),
    (
        &["seconds", "steps_per_second"],
        "Seconds of training, pauses not counted, and steps in that time.",
    ),
    (&["loss_d", "loss_g"], "Losses of the last step."),
    (
        &["weights_sha256"],
        "SHA-256 of the tensors' bytes in the weights file, in byte order of the keys.",
    ),
    (
        &["stopped"],
        "Why the run ended: `done`, `user`, `signal` or `error`.",
    ),
    (
        &["device"],
        "The device that trained, such as `cpu` or `cuda:0 NVIDIA H100 80GB HBM3`.",
    ),
    (
        &["modes", "modes_total", "high_quality", "reverse_kl"],
        "Scores of mixtures.",
    ),
    (
        &[
            "diversity",
            "swd",
            "classifier_score",
            "frechet",
            "class_entropy",
        ],
        "Scores of images.",
    ),
];

/// Returns a Markdown table of keys and meanings.
pub fn markdown(keys: &[Meaning]) -> String {
    let mut table = "| key | meaning |\n| --- | --- |\n".to_owned();
    for (names, meaning) in keys {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        table += &format!("| {} | {meaning} |\n", names.join(", "));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::{
        model::{Figures, ImageScores, Line, Logged, MixtureScores, Scores, Stopped, Summary},
        run::fake,
        spectral::ExactSpectra,
    };

    fn scores(figures: Figures) -> Option<Arc<Scores>> {
        let protocol = "none".into();
        Some(Arc::new(Scores {
            step: 1,
            protocol,
            figures,
        }))
    }

    fn images() -> Figures {
        Figures::Images(ImageScores {
            diversity: 1.0,
            swd: 1.0,
            classifier_score: Some(1.0),
            frechet: Some(1.0),
            class_entropy: Some(1.0),
        })
    }

    fn mixture() -> Figures {
        Figures::Mixture(MixtureScores {
            modes: 1,
            modes_total: 1,
            high_quality: 1.0,
            reverse_kl: 1.0,
        })
    }

    fn keys_of(text: &str) -> Vec<String> {
        let object: Value = serde_json::from_str(text).unwrap();
        object.as_object().unwrap().keys().cloned().collect()
    }

    fn named(keys: &[Meaning]) -> Vec<String> {
        let names = keys.iter().flat_map(|(names, _)| names.iter());
        names.map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_table_of_a_line_has_all_its_keys_in_order() {
        let line = Logged {
            lane: None,
            measures: Arc::new(fake::measures(2)),
            applied: false,
            scores: scores(images()),
            spectra: Some(Arc::new(ExactSpectra {
                step: 2,
                layers: Vec::new(),
            })),
        };
        let text = serde_json::to_string(&Line::from(&line)).unwrap();
        assert_eq!(keys_of(&text), named(&LINE));
    }

    #[test]
    fn the_table_of_the_summary_has_all_its_keys_in_order() {
        let mut keys = Vec::new();
        for figures in [mixture(), images()] {
            let mut summary = Summary::of(&fake::snapshot(), Stopped::Done);
            summary.scores = scores(figures);
            let text = serde_json::to_string(&summary).unwrap();
            keys.extend(keys_of(&text));
        }
        let mut expected = Vec::new();
        for key in keys {
            if !expected.contains(&key) {
                expected.push(key);
            }
        }
        assert_eq!(named(&SUMMARY), expected);
    }
}
