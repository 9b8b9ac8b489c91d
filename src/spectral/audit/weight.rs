//! Which tensors of a state dict are weights, and which vectors belong to them.

use std::cmp::Ordering;

use super::file::TensorFile;

/// The end of a weight's key, and the keys of its vectors after the layer's path: PyTorch's
/// `nn.utils.parametrizations.spectral_norm`, its `nn.utils.spectral_norm`, and layers without either.
const ENDINGS: [(&str, [&str; 2]); 3] = [
    (
        "parametrizations.weight.original",
        [
            "parametrizations.weight.0._u",
            "parametrizations.weight.0._v",
        ],
    ),
    ("weight_orig", ["weight_u", "weight_v"]),
    ("weight", ["weight_u", "weight_v"]),
];

/// A weight of two or more dimensions in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    pub key: String,
    /// Path of its module; empty at the root.
    pub layer: String,
    /// Where its u and v would stand.
    vectors: [String; 2],
}

impl Weight {
    /// The weight with this key; none where the key is another tensor's.
    fn new(key: &str) -> Option<Self> {
        ENDINGS.iter().find_map(|(ending, vectors)| {
            let path = key.strip_suffix(ending)?;
            let layer = match path.strip_suffix('.') {
                Some(layer) => layer,
                None if path.is_empty() => path,
                None => return None,
            };
            Some(Self {
                key: key.to_owned(),
                layer: layer.to_owned(),
                vectors: vectors.map(|name| format!("{path}{name}")),
            })
        })
    }

    /// The keys of u and v where the file holds both.
    pub fn vectors(&self, file: &TensorFile) -> Option<[&str; 2]> {
        let held = self.vectors.iter().all(|key| file.shape(key).is_some());
        held.then(|| self.vectors.each_ref().map(String::as_str))
    }
}

/// The weights of a file in the order of their layers, numbers in paths by their value.
pub fn weights(file: &TensorFile) -> Vec<Weight> {
    let mut found: Vec<Weight> = file
        .keys()
        .iter()
        .filter(|key| file.info(key).is_some_and(|(shape, _)| shape.len() >= 2))
        .filter_map(|key| Weight::new(key))
        .collect();
    found.sort_by(|a, b| natural(&a.layer, &b.layer).then_with(|| a.key.cmp(&b.key)));
    found
}

/// Compares texts with every run of digits as one number.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        let order = if digits_a > 0 && digits_b > 0 {
            let number = |text: &[u8]| {
                let zeros = text.iter().take_while(|&&digit| digit == b'0').count();
                (text.len() - zeros, text[zeros..].to_vec())
            };
            let order = number(&a[..digits_a]).cmp(&number(&b[..digits_b]));
            (a, b) = (&a[digits_a..], &b[digits_b..]);
            order
        } else {
            match (a.split_first(), b.split_first()) {
                (Some((first_a, rest_a)), Some((first_b, rest_b))) => {
                    (a, b) = (rest_a, rest_b);
                    // A path comes before what it is the beginning of, and before its longer neighbours.
                    (*first_a != b'.', first_a).cmp(&(*first_b != b'.', first_b))
                }
                (a, b) => return a.is_some().cmp(&b.is_some()),
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_weights() {
        let layer = |key| Weight::new(key).map(|weight| weight.layer);
        for (key, expected) in [
            ("weight", Some("")),
            ("d.2.weight", Some("d.2")),
            ("0.weight_orig", Some("0")),
            ("parametrizations.weight.original", Some("")),
            ("a.b.parametrizations.weight.original", Some("a.b")),
            ("d.2.bias", None),
            ("d.2.weight_u", None),
            ("myweight", None),
            ("in_proj_weight", None),
            ("a.parametrizations.weight.original0", None),
        ] {
            assert_eq!(layer(key).as_deref(), expected, "{key}");
        }
        let new = Weight::new("a.parametrizations.weight.original").unwrap();
        assert_eq!(new.vectors[1], "a.parametrizations.weight.0._v");
        assert_eq!(Weight::new("weight_orig").unwrap().vectors[0], "weight_u");
    }

    #[test]
    fn layers_are_ordered_as_people_count() {
        let mut layers = [
            "d.10",
            "d.2",
            "",
            "block2.1",
            "block10.0",
            "block2",
            "d.2.a",
            "10",
            "9",
        ];
        layers.sort_by(|a, b| natural(a, b));
        let expected = [
            "",
            "9",
            "10",
            "block2",
            "block2.1",
            "block10.0",
            "d.2",
            "d.2.a",
            "d.10",
        ];
        assert_eq!(layers, expected);
    }
}
