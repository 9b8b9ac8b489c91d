//! The meaning of the key of a tensor, as PyTorch and its wrappers write keys.

/// The meaning of a tensor, by its key only. Parameters have their full names, such as `module.weight`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A parameter that is used as it is.
    Plain { parameter: String },
    /// A parameter before the division by σ: `X_orig` of `nn.utils.spectral_norm`, `parametrizations.X.original` of
    /// `nn.utils.parametrizations.spectral_norm`.
    Raw { parameter: String },
    /// The raw weight of an older wrapper, `weight_bar`.
    Bar { parameter: String },
    /// The directions of weight normalization, `X_v` or `parametrizations.X.original1`, with the key of their lengths.
    Directions { parameter: String, lengths: String },
    /// Not the weight of a layer.
    Other,
}

/// Names of a stored u without a v: in mimicry and in BigGAN.
const U_ONLY: [&str; 2] = ["sn_u", "u0"];
const WEIGHT: &str = "weight";

impl Key {
    /// Returns the meaning of a key.
    pub(super) fn of(key: &str) -> Self {
        let (module, name) = split(key);
        if let Some((module, parameter)) = parametrized(module) {
            let parameter = format!("{module}{parameter}");
            return match name {
                "original" => Self::Raw { parameter },
                "original1" => Self::Directions {
                    parameter,
                    lengths: format!("{}0", key.strip_suffix('1').unwrap_or(key)),
                },
                _ => Self::Other,
            };
        }
        let of = |name: &str| format!("{module}{name}");
        if name == "weight_bar" {
            return Self::Bar {
                parameter: of(WEIGHT),
            };
        }
        if let Some(name) = name.strip_suffix("_orig").filter(|name| !name.is_empty()) {
            return Self::Raw {
                parameter: of(name),
            };
        }
        if is_weight(name) {
            Self::Plain {
                parameter: key.to_owned(),
            }
        } else {
            Self::Other
        }
    }

    /// Returns the directions of weight normalization if `key` is `X_v` of a weight X. It has this meaning only if `X_g`
    /// exists.
    pub(super) fn directions(key: &str) -> Option<Self> {
        let parameter = key.strip_suffix("_v")?;
        is_weight(split(parameter).1).then(|| Self::Directions {
            parameter: parameter.to_owned(),
            lengths: format!("{parameter}_g"),
        })
    }

    /// Returns the parameter of which `key` would be u or v.
    pub(super) fn vector_of(key: &str) -> Option<String> {
        let (module, name) = split(key);
        if let Some((module, parameter)) = parametrized_step(module) {
            return matches!(name, "_u" | "_v").then(|| format!("{module}{parameter}"));
        }
        let numbered = |name: &str| {
            let number = name.strip_prefix('u').filter(|digits| !digits.is_empty());
            number.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        if name == "sn_u" || numbered(name) {
            return Some(format!("{module}{WEIGHT}"));
        }
        let parameter = key.strip_suffix("_u").or_else(|| key.strip_suffix("_v"))?;
        Some(parameter.to_owned())
    }

    /// Returns the possible keys of u and v of a parameter, or of u only, in the order of preference.
    pub(super) fn vectors(parameter: &str) -> Vec<(String, Option<String>)> {
        let (module, name) = split(parameter);
        let places = [
            format!("{module}parametrizations.{name}.0._"),
            format!("{parameter}_"),
        ];
        let both = places.iter().map(|place| {
            let [u, v] = ["u", "v"].map(|vector| format!("{place}{vector}"));
            (u, Some(v))
        });
        let u_only = places.iter().map(|place| (format!("{place}u"), None));
        let named = U_ONLY.iter().filter(|_| name == WEIGHT);
        let named = named.map(|u| (format!("{module}{u}"), None));
        both.chain(u_only).chain(named).collect()
    }

    /// Returns the layer of a parameter: the path of its module, and its own name if that is not `weight`.
    pub(super) fn layer(parameter: &str) -> &str {
        match split(parameter) {
            (module, WEIGHT) => module.strip_suffix('.').unwrap_or(module),
            _ => parameter,
        }
    }
}

/// Splits a key behind its last dot.
fn split(key: &str) -> (&str, &str) {
    key.split_at(key.rfind('.').map_or(0, |dot| dot + 1))
}

/// Returns module and name of a path `module.parametrizations.name.`.
fn parametrized(path: &str) -> Option<(&str, &str)> {
    let (before, name) = split(path.strip_suffix('.')?);
    let module = before.strip_suffix("parametrizations.")?;
    (module.is_empty() || module.ends_with('.')).then_some((module, name))
}

/// Returns module and name of a path `module.parametrizations.name.0.`.
fn parametrized_step(path: &str) -> Option<(&str, &str)> {
    let (before, number) = split(path.strip_suffix('.')?);
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    parametrized(before).filter(|_| digits)
}

/// Returns whether PyTorch gives weights such a name.
fn is_weight(name: &str) -> bool {
    name == WEIGHT || name.starts_with("weight_") || name.ends_with("_weight")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_known_by_the_ends_of_their_keys() {
        let parameter = |key: &str| match Key::of(key) {
            Key::Plain { parameter } | Key::Raw { parameter } | Key::Bar { parameter } => {
                Some(parameter)
            }
            Key::Directions { .. } | Key::Other => None,
        };
        for (key, expected) in [
            ("weight", Some("weight")),
            ("d.2.weight", Some("d.2.weight")),
            ("0.weight_orig", Some("0.weight")),
            ("0.weight_bar", Some("0.weight")),
            ("parametrizations.weight.original", Some("weight")),
            ("a.b.parametrizations.weight.original", Some("a.b.weight")),
            (
                "0.parametrizations.weight_hh_l0.original",
                Some("0.weight_hh_l0"),
            ),
            ("0.weight_hh_l0", Some("0.weight_hh_l0")),
            ("0.weight_hh_l0_orig", Some("0.weight_hh_l0")),
            ("in_proj_weight", Some("in_proj_weight")),
            ("0.kernel_orig", Some("0.kernel")),
            ("d.2.bias", None),
            ("myweight", None),
            ("_orig", None),
            ("a.parametrizations.weight.original0", None),
            ("aparametrizations.weight.original", None),
        ] {
            assert_eq!(parameter(key).as_deref(), expected, "{key}");
        }
    }

    #[test]
    fn the_halves_of_weight_normalization_find_each_other() {
        let halves = |key: Option<Key>| match key {
            Some(Key::Directions { parameter, lengths }) => Some((parameter, lengths)),
            _ => None,
        };
        let old = halves(Key::directions("0.weight_v")).unwrap();
        assert_eq!(old, ("0.weight".into(), "0.weight_g".into()));
        let old = halves(Key::directions("0.weight_ih_l0_v")).unwrap();
        assert_eq!(old.1, "0.weight_ih_l0_g");
        assert_eq!(halves(Key::directions("0.bias_v")), None);
        let new = halves(Some(Key::of("0.parametrizations.weight.original1"))).unwrap();
        let lengths = "0.parametrizations.weight.original0";
        assert_eq!(new, ("0.weight".into(), lengths.into()));
    }

    #[test]
    fn vectors_belong_to_their_parameter() {
        for (key, expected) in [
            ("0.weight_u", Some("0.weight")),
            ("0.weight_hh_l0_v", Some("0.weight_hh_l0")),
            ("0.parametrizations.weight.0._u", Some("0.weight")),
            ("0.sn_u", Some("0.weight")),
            ("u12", Some("weight")),
            ("0.u", None),
            ("0.up", None),
            ("0.parametrizations.weight.0.base", None),
        ] {
            assert_eq!(Key::vector_of(key).as_deref(), expected, "{key}");
        }
        let of = Key::vectors("0.weight");
        let keys: Vec<&str> = of.iter().map(|(u, _)| &**u).collect();
        let step = "0.parametrizations.weight.0._u";
        assert_eq!(
            keys,
            [step, "0.weight_u", step, "0.weight_u", "0.sn_u", "0.u0"]
        );
        assert_eq!(of[1].1.as_deref(), Some("0.weight_v"));
        assert_eq!(Key::vectors("in_proj_weight").len(), 4);
    }

    #[test]
    fn only_weights_of_other_names_name_their_layer() {
        for (parameter, layer) in [
            ("weight", ""),
            ("d.2.weight", "d.2"),
            ("module.0.weight_hh_l0", "module.0.weight_hh_l0"),
            ("in_proj_weight", "in_proj_weight"),
        ] {
            assert_eq!(Key::layer(parameter), layer);
        }
    }
}
