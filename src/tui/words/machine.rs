//! Short names of a run's device, and its load.

use super::number;
use crate::model::{Load, Snapshot};

/// The words in a GPU's name that do not distinguish it from others.
const GENERIC_WORDS: [&str; 5] = ["NVIDIA", "GeForce", "Tesla", "Generation", "GPU"];

/// Returns the short name of the device: `cpu×2` with two threads, `H100 80GB`, or `cuda:1 H100 80GB` for a second GPU.
pub(crate) fn device(snapshot: &Snapshot) -> String {
    let text = snapshot.device.as_str();
    if text == "cpu" {
        return format!("cpu×{}", snapshot.threads);
    }
    let Some((index, name)) = text.split_once(' ') else {
        return text.to_owned();
    };
    // HBM is the kind of its memory.
    let is_generic = |word: &str| GENERIC_WORDS.contains(&word) || word.starts_with("HBM");
    let words = name.split_whitespace().filter(|word| !is_generic(word));
    let name = words.collect::<Vec<_>>().join(" ");
    match (index, name.as_str()) {
        (index, "") => index.to_owned(),
        ("cuda:0", name) => name.to_owned(),
        (index, name) => format!("{index} {name}"),
    }
}

/// Returns the utilization of the device: `97 %`.
pub(crate) fn share(load: &Load) -> Option<String> {
    load.share.map(|share| format!("{share} %"))
}

/// Returns the memory in use: `38 MB` for a process, `1.2/86 GB` for a GPU.
pub(crate) fn memory(load: &Load) -> Option<String> {
    let used = load.memory?;
    Some(match load.total {
        Some(total) => format!("{}/{} GB", number::billions(used), number::billions(total)),
        None => number::bytes(used),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    #[test]
    fn names_keep_the_distinguishing_words() {
        let name = |device: &str| {
            let snapshot = Snapshot {
                device: device.to_owned(),
                threads: 2,
                ..fake::snapshot()
            };
            super::device(&snapshot)
        };
        for (device, expected) in [
            ("cpu", "cpu×2"),
            ("cuda:0", "cuda:0"),
            ("cuda:0 NVIDIA H100 80GB HBM3", "H100 80GB"),
            ("cuda:1 NVIDIA H100 80GB HBM3", "cuda:1 H100 80GB"),
            ("cuda:0 NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
            (
                "cuda:0 NVIDIA GeForce RTX 3080 Laptop GPU",
                "RTX 3080 Laptop",
            ),
            ("cuda:0 NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
            ("cuda:0 Tesla T4", "T4"),
            ("cuda:0 NVIDIA", "cuda:0"),
            ("?", "?"),
            ("", ""),
        ] {
            assert_eq!(name(device), expected, "{device}");
        }
    }

    #[test]
    fn unknown_load_has_no_text() {
        let load = Load::default();
        assert_eq!((share(&load), memory(&load)), (None, None));
        let cpu = Load {
            share: Some(97),
            memory: Some(38_400_000),
            total: None,
        };
        assert_eq!(share(&cpu).unwrap(), "97 %");
        assert_eq!(memory(&cpu).unwrap(), "38 MB");
        let card = Load {
            memory: Some(1_234_000_000),
            total: Some(85_520_809_984),
            ..cpu
        };
        assert_eq!(memory(&card).unwrap(), "1.2/86 GB");
    }
}
