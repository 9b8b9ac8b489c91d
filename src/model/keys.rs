//! The keys of the JSON output and their meanings, for the documentation. The keys of a line and of the summary stand
//! beside the code that writes them: [`Line::KEYS`](super::Line::KEYS), [`Summary::KEYS`](super::Summary::KEYS).

/// Keys of a JSON object that belong together, and what they mean.
pub type Meaning = (&'static [&'static str], &'static str);

/// The name of a field, which serde writes as its key. A name that is no field of the type does not compile.
macro_rules! name_of {
    ($type:ty, $field:ident) => {{
        const _: usize = std::mem::offset_of!($type, $field);
        stringify!($field)
    }};
}
pub(super) use name_of;

/// The Markdown table of keys and meanings.
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
        model::{
            ExactSpectra, Figures, ImageScores, LaneId, Line, Logged, MixtureScores, Scores,
            Stopped, Summary,
            measures::exact::{LIPSCHITZ_BOUND, LIPSCHITZ_OF_MATRICES},
        },
        preset::Lipschitz,
        run::fake,
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
        for (of_matrices, absent) in [
            (false, LIPSCHITZ_OF_MATRICES.name),
            (true, LIPSCHITZ_BOUND.name),
        ] {
            let line = Logged {
                lane: Some(LaneId::A),
                measures: Arc::new(fake::measures(2)),
                applied: false,
                scores: scores(images()),
                spectra: Some(Arc::new(ExactSpectra {
                    step: 2,
                    layers: Vec::new(),
                    lipschitz: Some(Lipschitz {
                        value: 1.0,
                        of_matrices,
                    }),
                })),
            };
            let text = serde_json::to_string(&Line::from(&line)).unwrap();
            let mut expected = named(&Line::KEYS);
            expected.retain(|key| key != absent);
            assert_eq!(keys_of(&text), expected);
        }
    }

    #[test]
    fn the_table_of_the_summary_has_all_its_keys_in_order() {
        let mut keys = Vec::new();
        for figures in [mixture(), images()] {
            let mut summary = Summary::of(&fake::snapshot(), Stopped::Done);
            summary.lane = Some(LaneId::A);
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
        assert_eq!(named(&Summary::KEYS), expected);
    }
}
