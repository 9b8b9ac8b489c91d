//! Wording that many error messages share.

use std::fmt::Display;

/// `cannot read WHAT: WHY`
pub(crate) fn unreadable(what: impl Display, why: impl Display) -> String {
    format!("cannot read {what}: {why}")
}

/// `cannot write WHAT: WHY`
pub(crate) fn unwritable(what: impl Display, why: impl Display) -> String {
    format!("cannot write {what}: {why}")
}
