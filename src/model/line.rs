//! The measures of one step as a line of JSON.

use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    Figures, ImageScores, LaneId, Measures, Scores,
    keys::{self, name_of},
    measures::exact::{LIPSCHITZ_BOUND, LIPSCHITZ_OF_MATRICES},
    measures::table::{
        ACCURACY_FAKE, ACCURACY_REAL, D_FAKE, D_REAL, GRAD_D, GRAD_G, GRAD_X_MAX, GRAD_X_MEAN,
        LAYERS, LOSS_D, LOSS_G, Measure, OfLayers, SIGMA, STEP, WEIGHT_NORM,
    },
    scores::{CLASS_ENTROPY, CLASSIFIER_SCORE, DIVERSITY, FRECHET, SWD},
};
use crate::model::{Exact, ExactSpectra};

/// The content of the line of one step.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The lane that made the step; `None` in a run without lanes.
    pub lane: Option<LaneId>,
    /// The measures of the step.
    pub measures: Arc<Measures>,
    /// Whether the update was applied. It is not if a loss or gradient was not finite.
    pub applied: bool,
    /// The latest scores, unless an earlier line has them.
    pub scores: Option<Arc<Scores>>,
    /// The latest exact measures of the weights, unless an earlier line has them.
    pub spectra: Option<Arc<ExactSpectra>>,
}

/// The line of one step. Its keys are part of the program's interface. Non-finite numbers become `null`.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// The lane, in a run with lanes.
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<LaneId>,
    #[serde(flatten)]
    measures: Keyed<'a>,
    /// Exact measures by layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    spectra: Option<ByLayer<'a, Exact>>,
    /// The step of the weights that were measured exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    spectra_step: Option<u64>,
    /// The bound of D's slope by the norms of its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    lipschitz_bound: Option<f64>,
    /// The same product where a convolution's norm as a linear map is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    lipschitz_of_matrices: Option<f64>,
    /// `false` if the update was not applied; otherwise left out.
    #[serde(skip_serializing_if = "is_true")]
    applied: bool,
    /// The step of the scores, if it is an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    scores_step: Option<u64>,
    /// Scores of images. Scores of mixtures are only in the summary.
    #[serde(flatten)]
    scores: Option<&'a ImageScores>,
}

fn is_true(flag: &bool) -> bool {
    *flag
}

/// A step with its measures, under the names of the table of measures.
#[derive(Debug)]
struct Keyed<'a>(&'a Measures);

impl Serialize for Keyed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("step", &self.0.step)?;
        for measure in &STEP {
            map.serialize_entry(measure.name, &(measure.access.get)(self.0))?;
        }
        for measure in LAYERS.iter().filter(|measure| measure.access.in_line) {
            map.serialize_entry(measure.name, &ByLayer((measure.access.get)(self.0)))?;
        }
        map.end()
    }
}

/// Measures of layers that are written to metrics.jsonl but not to headless output, by name.
#[derive(Debug)]
pub(crate) struct ExtraMeasures<'a>(pub &'a Measures);

impl Serialize for ExtraMeasures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let extra = LAYERS.iter().filter(|measure| !measure.access.in_line);
        let entry = |measure: &'static Measure<OfLayers>| {
            (measure.name, ByLayer((measure.access.get)(self.0)))
        };
        serializer.collect_map(extra.map(entry))
    }
}

/// A JSON object with one entry per layer, in order.
#[derive(Debug)]
pub(crate) struct ByLayer<'a, T = f32>(pub &'a [(String, T)]);

impl<T: Serialize> Serialize for ByLayer<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(layer, value)| (layer, value)))
    }
}

impl Line<'_> {
    /// All keys, in their order, and what they mean.
    pub const KEYS: [keys::Meaning; 12] = [
        (
            &[name_of!(Line, lane)],
            "The lane: `a`, `b` …; only in a run with lanes.",
        ),
        (&[name_of!(Measures, step)], "The step, counted from 1."),
        (
            &[LOSS_D.name, LOSS_G.name],
            "Losses of D and G. The values of D, here and below, come from the last D update of the step.",
        ),
        (
            &[D_REAL.name, D_FAKE.name],
            "D's mean output on real and on generated samples.",
        ),
        (
            &[ACCURACY_REAL.name, ACCURACY_FAKE.name],
            "Share of the samples that D classifies correctly, by the sign of its output (least squares: by 0.5).",
        ),
        (
            &[GRAD_D.name, GRAD_G.name],
            "2-norms of the losses' gradients over all raw parameters.",
        ),
        (
            &[GRAD_X_MEAN.name, GRAD_X_MAX.name],
            "Norm of the gradient of D's output with respect to one generated sample, in the G update: mean and maximum \
             over the batch. `null` where D has batch norm.",
        ),
        (
            &[SIGMA.name, WEIGHT_NORM.name],
            "By layer: uᵀWv of the raw weight after the last D update's power iterations, before Adam changes W; and ‖W‖F. \
             Layers have their keys of the weights file.",
        ),
        (
            &[name_of!(Line, spectra), name_of!(Line, spectra_step)],
            "Exact measures by SVD, and their step: in the line of every `spectra.every`-th step.",
        ),
        (
            &[LIPSCHITZ_BOUND.name, LIPSCHITZ_OF_MATRICES.name],
            "The most that ‖∇xD‖ can be anywhere, beside `spectra`: gain times norms of the weights in use times slopes. \
             The second, which is no bound, where the norm of a convolution as a linear map is unknown.",
        ),
        (
            &[name_of!(Line, applied)],
            "`false` if the update was not applied. No other line has this key.",
        ),
        (
            &[
                name_of!(Line, scores_step),
                DIVERSITY.name,
                SWD.name,
                CLASSIFIER_SCORE.name,
                FRECHET.name,
                CLASS_ENTROPY.name,
            ],
            "New scores of images. `scores_step` is there if they belong to an earlier step.",
        ),
    ];
}

impl<'a> Line<'a> {
    /// The line with `applied` set.
    pub fn with_applied(self, applied: bool) -> Self {
        Self { applied, ..self }
    }

    /// The line of a lane, if it is named.
    pub fn of(self, lane: Option<LaneId>) -> Self {
        Self { lane, ..self }
    }

    /// The line with exact measures, if there are any.
    pub fn with(self, exact: Option<&'a ExactSpectra>) -> Self {
        Self {
            spectra: exact.map(|exact| ByLayer(&exact.layers[..])),
            spectra_step: exact.map(|exact| exact.step),
            lipschitz_bound: exact.and_then(|exact| (LIPSCHITZ_BOUND.access)(exact)),
            lipschitz_of_matrices: exact.and_then(|exact| (LIPSCHITZ_OF_MATRICES.access)(exact)),
            ..self
        }
    }
}

impl<'a> From<&'a Measures> for Line<'a> {
    fn from(measures: &'a Measures) -> Self {
        Self {
            lane: None,
            measures: Keyed(measures),
            applied: true,
            spectra: None,
            spectra_step: None,
            lipschitz_bound: None,
            lipschitz_of_matrices: None,
            scores_step: None,
            scores: None,
        }
    }
}

impl<'a> From<&'a Logged> for Line<'a> {
    fn from(logged: &'a Logged) -> Self {
        let measures = &*logged.measures;
        let scores = logged.scores.as_deref();
        let scores = scores.and_then(|scores| match &scores.figures {
            Figures::Images(images) => Some((scores.step, images)),
            Figures::Mixture(_) => None,
        });
        Self {
            lane: logged.lane,
            applied: logged.applied,
            scores_step: scores
                .map(|(step, _)| step)
                .filter(|&step| step != measures.step),
            scores: scores.map(|(_, images)| images),
            ..Self::from(measures).with(logged.spectra.as_deref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Figures, ImageScores};

    #[test]
    fn keys_are_in_order_and_non_finite_values_are_null() {
        let measures = Measures {
            step: 7,
            loss_d: f32::NAN,
            loss_g: 0.1,
            d_real: f32::INFINITY,
            d_fake: -1.5,
            accuracy_real: 1.0,
            accuracy_fake: 0.25,
            grad_d: 2.0,
            grad_g: 1e-7,
            grad_x_mean: Some(f32::NEG_INFINITY),
            grad_x_max: None,
            sigma: vec![("d.2".into(), 1.25), ("d.10".into(), f32::NAN)],
            weight_norm: vec![("d.2".into(), 3.0), ("d.10".into(), 4.0)],
            gradient_norm: Vec::new(),
        };
        let mut logged = Logged {
            lane: None,
            measures: Arc::new(measures),
            applied: true,
            scores: None,
            spectra: None,
        };
        let plain = concat!(
            r#"{"step":7,"loss_d":null,"loss_g":0.1,"d_real":null,"d_fake":-1.5,"#,
            r#""accuracy_real":1.0,"accuracy_fake":0.25,"grad_d":2.0,"grad_g":1e-7,"#,
            r#""grad_x_mean":null,"grad_x_max":null,"sigma":{"d.2":1.25,"d.10":null},"#,
            r#""weight_norm":{"d.2":3.0,"d.10":4.0}}"#
        );
        let json = |logged: &Logged| serde_json::to_string(&Line::from(logged)).unwrap();
        assert_eq!(json(&logged), plain);
        logged.applied = false;
        let not_applied = [plain.trim_end_matches('}'), r#"},"applied":false}"#].concat();
        assert_eq!(json(&logged), not_applied);
        logged.applied = true;
        let scores = |step| Scores {
            step,
            protocol: "as is usual".into(),
            figures: Figures::Images(ImageScores {
                diversity: 0.5,
                swd: f32::INFINITY,
                classifier_score: Some(4.5),
                frechet: Some(f32::NAN),
                class_entropy: None,
            }),
        };
        logged.scores = Some(Arc::new(scores(7)));
        let scored = r#","diversity":0.5,"swd":null,"classifier_score":4.5,"frechet":null}"#;
        assert_eq!(
            json(&logged),
            [plain.trim_end_matches('}'), "}", scored].concat()
        );
        logged.lane = LaneId::A.next();
        let named = [r#"{"lane":"b","#, &plain[1..plain.len() - 1], scored].concat();
        assert_eq!(json(&logged), named);
        logged.lane = None;
        logged.scores = Some(Arc::new(scores(4)));
        assert_eq!(
            json(&logged),
            [plain.trim_end_matches('}'), r#"},"scores_step":4"#, scored].concat()
        );
    }
}
