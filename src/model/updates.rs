//! Which networks a step updates.

use serde::{Deserialize, Serialize};

use super::measures::table::Owner;

/// Which networks a step updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

impl Updates {
    /// `both`, `discriminator`, `generator`: as files and tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Discriminator => "discriminator",
            Self::Generator => "generator",
        }
    }

    /// Whether a step makes a measure of this owner anew; it does one of layers where it does their network's.
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
    fn the_name_is_that_of_json() {
        for updates in [Updates::Both, Updates::Discriminator, Updates::Generator] {
            assert_eq!(serde_json::to_value(updates).unwrap(), updates.name());
        }
    }
}
