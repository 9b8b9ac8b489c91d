//! The measures of the table, of those that a lane or run has.

use crate::{
    model::{
        measures::{
            DISTANCES, SLOPES,
            table::{
                ACCURACY_FAKE, ACCURACY_REAL, D_FAKE, D_REAL, GRAD_D, GRAD_G, GRAD_X_MAX,
                GRAD_X_MEAN, LOSS_D, LOSS_G, SIGMA,
            },
        },
        scores::{
            CLASS_ENTROPY, CLASSIFIER_SCORE, DIVERSITY, FRECHET, HIGH_QUALITY, MODES, REVERSE_KL,
            SWD,
        },
    },
    tui::{app::view::layers::keys, pane::members::Members},
};

/// A measure: its name on the screen, and the name of its curve.
pub(in crate::tui::pane) struct Row {
    pub name: String,
    pub curve: String,
    /// Whether the curve is itself a distance from lane a.
    pub is_distance: bool,
    pub is_count: bool,
}

const MEASURES: [(&str, &str); 21] = [
    ("‖∇xD‖ mean", GRAD_X_MEAN.name),
    ("‖∇xD‖ max", GRAD_X_MAX.name),
    ("modes", MODES.name),
    ("high quality", HIGH_QUALITY.name),
    ("reverse KL", REVERSE_KL.name),
    ("diversity", DIVERSITY.name),
    ("swd", SWD.name),
    ("Fréchet", FRECHET.name),
    ("class. score", CLASSIFIER_SCORE.name),
    ("class entropy", CLASS_ENTROPY.name),
    ("D from a", DISTANCES[0].name),
    ("G from a", DISTANCES[1].name),
    ("samples", DISTANCES[2].name),
    ("loss D", LOSS_D.name),
    ("loss G", LOSS_G.name),
    ("D real", D_REAL.name),
    ("D fake", D_FAKE.name),
    ("accuracy real", ACCURACY_REAL.name),
    ("accuracy fake", ACCURACY_FAKE.name),
    ("‖∇θD‖", GRAD_D.name),
    ("‖∇θG‖", GRAD_G.name),
];

/// Returns the rows of all measures that one has.
pub(in crate::tui::pane) fn rows(members: &Members) -> Vec<Row> {
    let measures = MEASURES.iter().map(|&(name, curve)| Row {
        name: name.to_owned(),
        curve: curve.to_owned(),
        is_distance: DISTANCES.iter().any(|measure| measure.name == curve),
        is_count: curve == MODES.name,
    });
    let row = |name: &str, curve: String| Row {
        name: name.to_owned(),
        curve,
        is_distance: false,
        is_count: false,
    };
    let slopes = SLOPES.iter();
    let slopes = slopes.map(|slope| row("bound of ∇xD", slope.name.to_owned()));
    let mut layers: Vec<String> = Vec::new();
    for key in members.all.iter().flat_map(|member| keys(member.snapshot)) {
        if !layers.contains(&key) {
            layers.push(key);
        }
    }
    let sigmas = layers.iter();
    let sigmas = sigmas.map(|key| row(&format!("σ {key}"), SIGMA.of_layer(key)));
    let known = |row: &Row| {
        let mut members = members.all.iter();
        members.any(|member| member.history.get(&row.curve).is_some())
    };
    measures.chain(slopes).chain(sigmas).filter(known).collect()
}
