//! The networks that a step updates.

use serde::{Deserialize, Serialize};

use super::measures::table::Owner;

/// The networks that a step updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Updates {
    /// D `n_dis` times, then G.
    #[default]
    Both,
    /// D only, `n_dis` times.
    Discriminator,
    /// G only, once.
    Generator,
}

impl Updates {
    /// The name in files and tables: `both`, `discriminator` or `generator`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Discriminator => "discriminator",
            Self::Generator => "generator",
        }
    }

    /// Whether a step computes measures of this owner. Always true for [`Owner::Layer`], because a step computes the
    /// layers of the updated networks.
    pub fn includes(self, of: Owner) -> bool {
        match (self, of) {
            (Self::Both, _) | (_, Owner::Layer) => true,
            (Self::Discriminator, of) => of == Owner::Discriminator,
            (Self::Generator, of) => of == Owner::Generator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_equals_the_json_value() {
        for updates in [Updates::Both, Updates::Discriminator, Updates::Generator] {
            assert_eq!(serde_json::to_value(updates).unwrap(), updates.name());
        }
    }
}
