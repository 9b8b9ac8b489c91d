//! summary.json: the result of a run whose process ended in order.

use std::{io, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{FileError, WriteError, layout, read_json};
use crate::{
    files::folder::Place,
    model::{Scores, Summary},
};

/// Writes a summary.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write(place: &Place, summary: &Summary) -> Result<(), WriteError> {
    serde_json::to_string(summary)
        .map_err(io::Error::other)
        .and_then(|text| place.write(format!("{text}\n").as_bytes()))
        .map_err(WriteError::saving(place))
}

/// Reads the summary of a run leniently. `None` if the file does not exist.
///
/// # Errors
/// If the file cannot be read or is not valid.
pub(crate) fn read(directory: &Path) -> Result<Option<Summary>, FileError> {
    read_json(directory, layout::SUMMARY, parse)
}

/// Parses a summary, as in its file or in the last line of headless output.
///
/// # Errors
/// If it is not a JSON object, or lacks the steps or why the run ended.
pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Summary> {
    let mut fields: Map<String, Value> = serde_json::from_slice(bytes)?;
    if let Some(Value::Object(wrapped)) = fields.remove("summary") {
        fields = wrapped;
    }
    let steps = fields.get("steps").and_then(Value::as_u64).unwrap_or(0);
    let scores = Scores::read(steps, |key| match fields.get(key)? {
        Value::Null => Some(f32::NAN),
        number => number.as_f64().map(|number| number as f32),
    });
    // Null is a number that is not finite.
    fields.retain(|_, value| !value.is_null());
    Ok(Summary {
        scores: scores.map(Into::into),
        ..Summary::deserialize(Value::Object(fields))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stopped;

    const PLAIN: &str = r#"{"preset":"ring","seed":0,"steps":50,"seconds":2.5,"stopped":"signal","modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":null}"#;

    #[test]
    fn both_forms_of_a_summary_are_understood() {
        for text in [PLAIN.to_owned(), format!("{{\"summary\":{PLAIN}}}")] {
            let summary = parse(text.as_bytes()).unwrap();
            assert_eq!((summary.steps, summary.stopped), (50, Stopped::Signal));
            assert_eq!(summary.scores.unwrap().step, 50);
        }
        assert!(parse(b"{\"steps\":1}").is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(read(home.path()).unwrap(), None);
        let folder = crate::files::folder::Folder::open(home.path()).unwrap();
        let plain = PLAIN.replace("null", "0.25");
        let summary = Summary {
            loss_g: Some(0.5),
            weights_sha256: Some("ab".into()),
            ..parse(plain.as_bytes()).unwrap()
        };
        write(&folder.place(layout::SUMMARY), &summary).unwrap();
        assert_eq!(read(home.path()).unwrap(), Some(summary));
        std::fs::write(home.path().join(layout::SUMMARY), "{").unwrap();
        assert!(
            read(home.path())
                .unwrap_err()
                .to_string()
                .contains("summary.json")
        );
    }
}
