//! What wrappers put before the keys of a network: `module.` of DataParallel, `_orig_mod.` of torch.compile, `netD.` or
//! `main.` of the module that holds it.

use std::collections::{BTreeMap, BTreeSet};

use super::Part;

/// Names that networks go by, in small letters.
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

/// Keys as networks of this program have them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Unwrapped {
    /// With the keys that they were.
    pub keys: BTreeMap<String, String>,
    /// The only network, where what stood before its keys is a name of it.
    pub single: Option<Part>,
    /// What was left off, `netD.module.`, once each.
    pub left_off: BTreeSet<String>,
}

/// Leaves off what stands before all keys, or before all those of a network. Layers are numbers, and what the networks are
/// called here stays.
pub fn unwrapped(keys: BTreeMap<String, String>) -> Unwrapped {
    let mut prefix = String::new();
    let mut single = None;
    let mut rest: BTreeMap<&str, &String> = keys.iter().map(|(key, at)| (&**key, at)).collect();
    while let Some(first) = common(&rest) {
        if Part::named(first).is_some() {
            break;
        }
        prefix += &format!("{first}.");
        single = named(first).or(single);
        rest = without_first(&rest);
    }
    let mut left_off = BTreeSet::from([prefix]);
    let unwrapped = match (single, by_network(&rest)) {
        (None, Some(networks)) => {
            let mut unwrapped = BTreeMap::new();
            for (part, (name, mut own)) in networks {
                let mut prefix = match name == part.name() {
                    true => String::new(),
                    false => format!("{name}."),
                };
                while let Some(first) = common(&own) {
                    prefix += &format!("{first}.");
                    own = without_first(&own);
                }
                left_off.insert(prefix);
                let own = own.into_iter();
                unwrapped
                    .extend(own.map(|(key, at)| (format!("{}.{key}", part.name()), at.clone())));
            }
            unwrapped
        }
        _ => rest
            .into_iter()
            .map(|(key, at)| (key.to_owned(), at.clone()))
            .collect(),
    };
    left_off.remove("");
    Unwrapped {
        keys: unwrapped,
        single,
        left_off,
    }
}

/// What all keys begin with before their first dot, but a layer's number.
fn common<'a>(keys: &BTreeMap<&'a str, &String>) -> Option<&'a str> {
    let mut firsts = keys
        .keys()
        .map(|key| key.split_once('.').map(|(first, _)| first));
    let first = firsts.next()??;
    let number = first.bytes().all(|byte| byte.is_ascii_digit());
    (!number && firsts.all(|other| other == Some(first))).then_some(first)
}

fn without_first<'a, 'b>(keys: &BTreeMap<&'a str, &'b String>) -> BTreeMap<&'a str, &'b String> {
    let rest = keys
        .iter()
        .filter_map(|(key, at)| Some((key.split_once('.')?.1, *at)));
    rest.collect()
}

/// The keys of each network with its name, where that stands before all of them.
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

/// The network of this name.
fn named(name: &str) -> Option<Part> {
    let name = name.to_ascii_lowercase();
    let mut all = NAMES.iter();
    all.find(|(_, names)| names.contains(&&*name))
        .map(|(part, _)| *part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &[&str]) -> (Vec<String>, Option<Part>, Vec<String>) {
        let keys = keys
            .iter()
            .map(|key| ((*key).to_owned(), (*key).to_owned()));
        let unwrapped = unwrapped(keys.collect());
        for (key, at) in &unwrapped.keys {
            assert_eq!(key.rsplit('.').next(), at.rsplit('.').next());
        }
        (
            unwrapped.keys.into_keys().collect(),
            unwrapped.single,
            unwrapped.left_off.into_iter().collect(),
        )
    }

    #[test]
    fn what_stands_before_all_keys_is_left_off() {
        for (keys, left, single, off) in [
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
            let off = off.iter().map(|text| (*text).to_owned()).collect();
            let left = left.map(str::to_owned).to_vec();
            assert_eq!(of(keys), (left, single, off), "{keys:?}");
        }
    }
}
