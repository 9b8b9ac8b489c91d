//! The six optimizer settings A to F of Miyato et al. 2018.

use std::str::FromStr;

use super::Preset;

/// A setting of Miyato et al. 2018, table 1: learning rate and betas of both networks, and D updates for each G update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the letters of the table, whose numbers are in `values`"
)]
pub enum OptimizerSetting {
    A,
    B,
    C,
    D,
    E,
    F,
}

impl OptimizerSetting {
    /// All settings, in the order of the letters.
    pub const ALL: [Self; 6] = [Self::A, Self::B, Self::C, Self::D, Self::E, Self::F];

    /// (learning rate, (β1, β2), n_dis)
    pub fn values(self) -> (f32, (f32, f32), usize) {
        match self {
            Self::A => (1e-4, (0.5, 0.9), 5),
            Self::B => (1e-4, (0.5, 0.999), 1),
            Self::C => (2e-4, (0.5, 0.999), 1),
            Self::D => (1e-3, (0.5, 0.9), 5),
            Self::E => (1e-3, (0.5, 0.999), 5),
            Self::F => (1e-3, (0.9, 0.999), 5),
        }
    }

    /// Changes a preset to this setting.
    pub fn apply(self, preset: &mut Preset) {
        let (learning_rate, betas, n_dis) = self.values();
        for network in [&mut preset.generator, &mut preset.discriminator] {
            network.learning_rate = learning_rate;
            network.betas = betas;
        }
        preset.n_dis = n_dis;
    }
}

/// The error of a text that names no setting of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the paper's settings are A, B, C, D, E and F")]
pub struct UnknownSetting;

impl FromStr for OptimizerSetting {
    type Err = UnknownSetting;

    /// Parses the letter of a setting, of either case.
    fn from_str(text: &str) -> Result<Self, UnknownSetting> {
        Ok(match text {
            "A" | "a" => Self::A,
            "B" | "b" => Self::B,
            "C" | "c" => Self::C,
            "D" | "d" => Self::D,
            "E" | "e" => Self::E,
            "F" | "f" => Self::F,
            _ => return Err(UnknownSetting),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    #[test]
    fn a_setting_reaches_both_networks() {
        let mut preset = builtin("digits").unwrap();
        "F".parse::<OptimizerSetting>().unwrap().apply(&mut preset);
        assert_eq!(preset.generator.betas, (0.9, 0.999));
        assert_eq!(preset.discriminator.learning_rate, 1e-3);
        assert_eq!(preset.n_dis, 5);
        assert!("G".parse::<OptimizerSetting>().is_err());
    }
}
