//! Which networks a step updates.

use serde::{Deserialize, Serialize};

/// Which networks a step updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Updates {
    /// D `n_dis` times, then G.
    #[default]
    Both,
    /// D alone, `n_dis` times.
    Discriminator,
    /// G alone, once.
    Generator,
}
