//! The answers of verbs in JSON.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{LaneChange, LaneId};

/// The answer of a verb that was executed. `lane` is the one that `fork` split off or brought back.
///
/// # Errors
/// None is known: all of it is plain data.
pub(super) fn applied(
    step: u64,
    changes: &[LaneChange],
    lane: Option<LaneId>,
) -> serde_json::Result<Value> {
    let mut answer = json!({
        "applied": true,
        "step": step,
        "changes": serde_json::to_value(changes)?,
    });
    if let Some(lane) = lane {
        answer["lane"] = json!(lane);
    }
    Ok(answer)
}

/// A value as it is printed elsewhere: a number of single precision keeps its digits.
///
/// # Errors
/// None is known: all of it is plain data.
pub(super) fn printed(value: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::from_str(&serde_json::to_string(value)?)
}

/// The answer of a verb that was refused, or that nobody received.
pub(super) fn refused(why: &str) -> Value {
    json!({ "applied": false, "why": why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Change;

    #[test]
    fn answers_have_the_keys_of_the_contract() {
        let change = LaneChange {
            change: Change {
                key: "gain".into(),
                old: "4.0".into(),
                new: "2.0".into(),
            },
            lane: LaneId::A,
        };
        let text = applied(620, &[change], None).unwrap().to_string();
        let change = r#"{"key":"gain","old":"4.0","new":"2.0","lane":"a"}"#;
        let expected = format!(r#"{{"applied":true,"step":620,"changes":[{change}]}}"#);
        assert_eq!(text, expected);
        let forked = applied(9, &[], LaneId::A.next()).unwrap().to_string();
        let expected = r#"{"applied":true,"step":9,"changes":[],"lane":"b"}"#;
        assert_eq!(forked, expected);
        assert_eq!(printed(&0.1f32).unwrap().to_string(), "0.1");
        let said = refused("no").to_string();
        assert_eq!(said, r#"{"applied":false,"why":"no"}"#);
    }
}
