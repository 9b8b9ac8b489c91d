//! The result of a replay, and the comparison of lines and tensors.

use std::fmt;

use serde_json::Value;

use crate::files::tensors::StateTensor;

/// Result of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All compared numbers are identical.
    Same {
        /// Number of replayed steps.
        steps: u64,
        /// Number of steps whose measures were compared.
        compared: u64,
        /// The step after which the complete state was compared with a checkpoint, if there is one.
        state: Option<u64>,
    },
    /// A step differs.
    Differs {
        /// The first step that differs.
        step: u64,
        /// The name of the value that differs, with both values if possible.
        what: String,
    },
}

/// Whether two tensors are identical to the bit.
pub(super) fn is_same(a: &StateTensor, b: &StateTensor) -> bool {
    let bits = |tensor: &StateTensor| tensor.data.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    (&a.key, &a.shape, bits(a)) == (&b.key, &b.shape, bits(b))
}

/// Describes the first entry that differs between two JSON lines, with both values.
pub(super) fn difference(recorded: &str, replayed: &str) -> String {
    let value = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_default();
    let found = differing(String::new(), &value(recorded), &value(replayed));
    found.unwrap_or_else(|| "the notation of a number".to_owned())
}

/// Describes the first difference between two values called `name`: `spectra.d.0.sigma_svd: 1.5 there, 2.0 here`. `there`
/// is the recorded run, `here` the replay.
fn differing(name: String, there: &Value, here: &Value) -> Option<String> {
    let (Value::Object(theirs), Value::Object(ours)) = (there, here) else {
        return (there != here).then(|| format!("{name}: {there} there, {here} here"));
    };
    let under = |key: &str| match name.as_str() {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    let missing = |key: &String| format!("{} exists on one side only", under(key));
    let of = |(key, there): (&String, &Value)| match ours.get(key) {
        Some(here) => differing(under(key), there, here),
        None => Some(missing(key)),
    };
    let more = || ours.keys().find(|key| !theirs.contains_key(*key));
    theirs.iter().find_map(of).or_else(|| more().map(missing))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same {
                steps,
                compared,
                state,
            } => {
                write!(f, "{steps} steps again, measures of {compared} compared")?;
                if let Some(step) = state {
                    write!(f, ", the whole state after step {step}")?;
                }
                write!(f, ": the same to the bit")
            }
            Self::Differs { step, what } => {
                write!(f, "step {step} is the first that differs: {what}")
            }
        }
    }
}
