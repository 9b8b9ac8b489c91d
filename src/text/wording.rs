//! Sentences that many errors share, so that the same thing is always said in the same words.

use std::fmt::Display;

/// Says what cannot be read, and why.
pub fn unreadable(what: impl Display, why: impl Display) -> String {
    format!("cannot read {what}: {why}")
}

/// Says what cannot be written, and why.
pub fn unwritable(what: impl Display, why: impl Display) -> String {
    format!("cannot write {what}: {why}")
}
