//! What to try about an alarm, with the settings that are in force.

use super::{Alarm, AlarmKind};
use crate::preset::{Preset, matrices};

/// What to try about values that are not finite, whatever the settings.
pub(crate) const NON_FINITE: &str =
    "rewind to a saved state (R), lower the learning rates or the gain, then resume";

impl Alarm {
    /// What to try under these settings. What they have already is left out.
    pub fn advice(&self, settings: &Preset) -> String {
        advice(self.kind, &self.layer, settings)
    }
}

/// What to try about an alarm of this kind and layer (see [`Alarm::advice`]).
pub(crate) fn advice(kind: AlarmKind, layer: &str, settings: &Preset) -> String {
    let spectral = &settings.spectral;
    let on = spectral.enabled || normalizes_all(settings);
    let normalize = (!on).then_some("spectral normalization on");
    let own = |words: &str| Some(words.to_owned());
    let tries: Vec<Option<String>> = match kind {
        AlarmKind::DyingGradient => {
            let clip = "widen or disable weight clipping (clip)".to_owned();
            let gain = if on {
                "raise the gain"
            } else {
                "switch spectral normalization on"
            };
            let rate = on || settings.clip.is_none();
            vec![
                settings.clip.map(|_| clip),
                own(gain),
                rate.then(|| "lower D's learning rate".to_owned()),
            ]
        }
        AlarmKind::ExplodingGradient => {
            let left_out = on && !normalizes_all(settings);
            vec![
                normalize.map(str::to_owned),
                on.then(|| "more power iterations (spectral.iterations)".to_owned()),
                left_out.then(|| "all layers normalized".to_owned()),
                own("a lower rate of D"),
            ]
        }
        AlarmKind::DiscriminatorWins => vec![
            normalize.map(str::to_owned),
            own(if settings.n_dis > 1 {
                "a lower rate of D or n_dis"
            } else {
                "a lower rate of D"
            }),
            own("a higher rate of G"),
            own(if settings.data.noise() > 0.0 {
                "more noise (data.noise)"
            } else {
                "noise (data.noise)"
            }),
        ],
        AlarmKind::DiscriminatorLoses => vec![
            own("raise D's learning rate or n_dis"),
            own("lower G's learning rate"),
        ],
        AlarmKind::ModeCollapse if on => vec![
            own("lower G's learning rate"),
            own("raise n_dis or the batch"),
            own("more power iterations"),
        ],
        AlarmKind::ModeCollapse => vec![
            normalize.map(str::to_owned),
            own("lower learning rates"),
            own("raise n_dis or the batch"),
        ],
        AlarmKind::LowQuality => vec![
            normalize.map(str::to_owned),
            own("lower learning rates"),
            own("a larger batch"),
        ],
        AlarmKind::SpectralCollapse => {
            let off = !spectral.layer(layer).enabled;
            vec![
                off.then(|| "spectral normalization of this layer".to_owned()),
                own("a lower learning rate of D"),
            ]
        }
        AlarmKind::EstimateDrift => {
            let exception = spectral.layers.get(layer);
            let setting = match exception.and_then(|layer| layer.iterations) {
                Some(_) => format!("spectral.layers.{layer}.iterations"),
                None => "spectral.iterations".to_owned(),
            };
            let network = if layer.starts_with("g.") { "G" } else { "D" };
            vec![
                Some(format!("more iterations ({setting})")),
                Some(format!("a lower rate of {network}")),
            ]
        }
        AlarmKind::NonFinite => vec![own(NON_FINITE)],
    };
    either(&tries.into_iter().flatten().collect::<Vec<_>>())
}

/// Whether every layer of D is normalized, exceptions included.
pub(crate) fn normalizes_all(settings: &Preset) -> bool {
    let matrices = matrices(settings).into_iter();
    let mut of_d = matrices.filter(|matrix| matrix.key.starts_with("d."));
    of_d.all(|matrix| settings.spectral.layer(&matrix.key).enabled)
}

/// Joins alternatives: `a, b, or c`.
fn either(tries: &[String]) -> String {
    match tries {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{}, or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preset::set_all, run::fake};

    /// The advice under settings of the fake run, in which spectral normalization is on.
    fn of(kind: AlarmKind, layer: &str, settings: &[&str]) -> String {
        advice(kind, layer, &set_all(&fake::preset(), settings).unwrap())
    }

    #[test]
    fn normalization_is_advised_where_it_is_off() {
        use AlarmKind::*;
        let off = "spectral.enabled=false";
        for kind in [
            DyingGradient,
            ExplodingGradient,
            DiscriminatorWins,
            ModeCollapse,
            LowQuality,
        ] {
            let words = "spectral normalization on";
            assert!(of(kind, "", &[off]).contains(words), "{kind:?}");
            let on = of(kind, "", &[]);
            assert!(!on.contains("normalization"), "{kind:?}: {on}");
        }
        let collapsed = |settings: &[&str]| of(SpectralCollapse, "d.0", settings);
        let words = "spectral normalization of this layer, or a lower learning rate of D";
        assert_eq!(collapsed(&[off]), words);
        assert_eq!(collapsed(&["spectral.layers.d.0.enabled=false"]), words);
        let own = [off, "spectral.layers.d.0.enabled=true"];
        assert_eq!(collapsed(&own), "a lower learning rate of D");
        let each = |key: &str| format!("spectral.layers.{key}.enabled=true");
        let d = matrices(&fake::preset())
            .into_iter()
            .map(|matrix| matrix.key);
        let d: Vec<String> = d
            .filter(|key| key.starts_with("d."))
            .map(|key| each(&key))
            .collect();
        let all: Vec<&str> = [off]
            .into_iter()
            .chain(d.iter().map(String::as_str))
            .collect();
        assert_eq!(
            of(ExplodingGradient, "", &all),
            of(ExplodingGradient, "", &[])
        );
        assert!(of(ModeCollapse, "", &all[..all.len() - 1]).contains("normalization on"));
        for kind in [DiscriminatorLoses, EstimateDrift, NonFinite] {
            assert_eq!(of(kind, "d.0", &[]), of(kind, "d.0", &[off]));
        }
    }

    #[test]
    fn what_is_so_already_is_left_out() {
        use AlarmKind::*;
        let left_out = "spectral.layers.d.0.enabled=false";
        let layers = "all layers normalized";
        assert!(!of(ExplodingGradient, "", &[]).contains(layers));
        assert!(of(ExplodingGradient, "", &[left_out]).contains(layers));
        assert!(of(DyingGradient, "", &["clip=0.01"]).starts_with("widen or disable"));
        assert!(!of(DyingGradient, "", &[]).contains("clip"));
        assert!(of(DiscriminatorWins, "", &["n_dis=5"]).contains("or n_dis"));
        assert!(!of(DiscriminatorWins, "", &["n_dis=1"]).contains("n_dis"));
        assert!(
            of(DiscriminatorWins, "", &["data.noise=0.1"]).ends_with("or more noise (data.noise)")
        );
        let own = "spectral.layers.d.0.iterations=2";
        assert_eq!(
            of(EstimateDrift, "d.0", &[own]),
            "more iterations (spectral.layers.d.0.iterations), or a lower rate of D"
        );
        assert_eq!(
            of(EstimateDrift, "g.0", &[own]),
            "more iterations (spectral.iterations), or a lower rate of G"
        );
    }
}
