//! Stripping the prefixes that wrappers add to the keys of a network: `module.` of DataParallel, `_orig_mod.` of
//! torch.compile, `netD.` or `main.` of an outer module.

use std::collections::{BTreeMap, BTreeSet};

use super::Part;

/// Usual names of networks, in lower case.
const NAMES: [(Part, &[&str]); 3] = [
    (Part::G, &["g", "netg", "net_g", "gen", "generator"]),
    (
        Part::D,
        &[
            "d",
            "netd",
            "net_d",
            "dis",
            "disc",
            "discriminator",
            "critic",
        ],
    ),
    (
        Part::Ema,
        &[
            "ema",
            "g_ema",
            "ema_g",
            "netg_ema",
            "net_g_ema",
            "generator_ema",
        ],
    ),
];

/// Keys without prefixes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stripped {
    /// Keys of this program, with the original keys.
    pub keys: BTreeMap<String, String>,
    /// The only network, if a prefix of all keys names one.
    pub network: Option<Part>,
    /// All stripped prefixes: `netD.module.`.
    pub prefixes: BTreeSet<String>,
}

/// Strips components that all keys, or all keys of a network, start with. The numbers of layers and this program's names
/// of networks are kept. `keys` maps keys to original keys.
pub(super) fn strip_prefixes(keys: BTreeMap<String, String>) -> Stripped {
    let mut prefix = String::new();
    let mut network = None;
    let mut remaining: BTreeMap<&str, &String> =
        keys.iter().map(|(key, at)| (&**key, at)).collect();
    while let Some(first) = common(&remaining) {
        if Part::from_name(first).is_some() {
            break;
        }
        prefix += &format!("{first}.");
        network = named(first).or(network);
        remaining = without_first(&remaining);
    }
    let mut prefixes = BTreeSet::from([prefix]);
    let stripped = match (network, by_network(&remaining)) {
        (None, Some(networks)) => {
            let mut stripped = BTreeMap::new();
            for (part, (name, mut own)) in networks {
                let mut prefix = if name == part.name() {
                    String::new()
                } else {
                    format!("{name}.")
                };
                while let Some(first) = common(&own) {
                    prefix += &format!("{first}.");
                    own = without_first(&own);
                }
                prefixes.insert(prefix);
                let own = own.into_iter();
                stripped
                    .extend(own.map(|(key, at)| (format!("{}.{key}", part.name()), at.clone())));
            }
            stripped
        }
        _ => remaining
            .into_iter()
            .map(|(key, at)| (key.to_owned(), at.clone()))
            .collect(),
    };
    prefixes.remove("");
    Stripped {
        keys: stripped,
        network,
        prefixes,
    }
}

/// The first component of all keys if it is the same and not the number of a layer.
fn common<'a>(keys: &BTreeMap<&'a str, &String>) -> Option<&'a str> {
    let mut firsts = keys
        .keys()
        .map(|key| key.split_once('.').map(|(first, _)| first));
    let first = firsts.next()??;
    let number = first.bytes().all(|byte| byte.is_ascii_digit());
    (!number && firsts.all(|other| other == Some(first))).then_some(first)
}

/// The keys without their first component.
fn without_first<'a, 'b>(keys: &BTreeMap<&'a str, &'b String>) -> BTreeMap<&'a str, &'b String> {
    let keys = keys
        .iter()
        .filter_map(|(key, at)| Some((key.split_once('.')?.1, *at)));
    keys.collect()
}

/// The keys of each network, without its name, and the name. `None` if a key does not start with a network's name.
#[allow(clippy::type_complexity)]
fn by_network<'a, 'b>(
    keys: &BTreeMap<&'a str, &'b String>,
) -> Option<Vec<(Part, (&'a str, BTreeMap<&'a str, &'b String>))>> {
    let mut networks: Vec<(Part, (&str, BTreeMap<&str, &String>))> = Vec::new();
    for (key, at) in keys {
        let (name, rest) = key.split_once('.')?;
        let part = named(name)?;
        match networks.iter_mut().find(|(other, _)| *other == part) {
            None => networks.push((part, (name, BTreeMap::from([(rest, *at)])))),
            Some((_, (other, _))) if *other != name => return None,
            Some((_, (_, own))) => drop(own.insert(rest, at)),
        }
    }
    Some(networks)
}

/// The network with this usual name.
fn named(name: &str) -> Option<Part> {
    let name = name.to_ascii_lowercase();
    let mut all = NAMES.iter();
    all.find(|(_, names)| names.contains(&&*name))
        .map(|(part, _)| *part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(keys: &[&str]) -> (Vec<String>, Option<Part>, Vec<String>) {
        let keys = keys
            .iter()
            .map(|key| ((*key).to_owned(), (*key).to_owned()));
        let stripped = strip_prefixes(keys.collect());
        for (key, original) in &stripped.keys {
            assert_eq!(key.rsplit('.').next(), original.rsplit('.').next());
        }
        (
            stripped.keys.into_keys().collect(),
            stripped.network,
            stripped.prefixes.into_iter().collect(),
        )
    }

    #[test]
    fn common_prefixes_are_stripped() {
        for (keys, left, network, prefixes) in [
            (
                &["0.weight", "2.bias"][..],
                ["0.weight", "2.bias"],
                None,
                &[][..],
            ),
            (
                &["g.0.weight", "d.0.bias"],
                ["d.0.bias", "g.0.weight"],
                None,
                &[],
            ),
            (
                &["module.0.weight", "module.2.bias"],
                ["0.weight", "2.bias"],
                None,
                &["module."],
            ),
            (
                &["_orig_mod.module.g.0.weight", "_orig_mod.module.d.0.bias"],
                ["d.0.bias", "g.0.weight"],
                None,
                &["_orig_mod.module."],
            ),
            (
                &["netD.main.0.weight", "netD.main.2.bias"],
                ["0.weight", "2.bias"],
                Some(Part::D),
                &["netD.main."],
            ),
            (
                &["netG.module.0.weight", "netD.0.bias"],
                ["d.0.bias", "g.0.weight"],
                None,
                &["netD.", "netG.module."],
            ),
            (
                &["g.module.0.weight", "g.module.2.bias"],
                ["g.0.weight", "g.2.bias"],
                None,
                &["module."],
            ),
            (
                &["G.0.weight", "G_ema.0.weight"],
                ["ema.0.weight", "g.0.weight"],
                None,
                &["G.", "G_ema."],
            ),
            (
                &["g.0.weight", "training.adam_g.x"],
                ["g.0.weight", "training.adam_g.x"],
                None,
                &[],
            ),
            (
                &["module.0.weight", "epoch"],
                ["epoch", "module.0.weight"],
                None,
                &[],
            ),
            (
                &["netD.0.weight", "critic.0.weight"],
                ["critic.0.weight", "netD.0.weight"],
                None,
                &[],
            ),
        ] {
            let prefixes = prefixes.iter().map(|text| (*text).to_owned()).collect();
            let left = left.map(str::to_owned).to_vec();
            assert_eq!(stripped(keys), (left, network, prefixes), "{keys:?}");
        }
    }
}
