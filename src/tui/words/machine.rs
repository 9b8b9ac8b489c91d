//! The device of a run and what it does, in few words.

use super::number;
use crate::model::{Load, Snapshot};

/// Words of a GPU's name that tell nothing to whoever sits at it.
const NOISE: [&str; 5] = ["NVIDIA", "GeForce", "Tesla", "Generation", "GPU"];

/// The device: `cpu×2` with two threads, `H100 80GB`, of a second GPU `cuda:1 H100 80GB`.
pub fn device(snapshot: &Snapshot) -> String {
    let text = snapshot.device.as_str();
    if text == "cpu" {
        return format!("cpu×{}", snapshot.threads);
    }
    let Some((index, name)) = text.split_once(' ') else {
        return text.to_owned();
    };
    // The kind of its memory.
    let is_noise = |word: &str| NOISE.contains(&word) || word.starts_with("HBM");
    let words = name.split_whitespace().filter(|word| !is_noise(word));
    let name = words.collect::<Vec<_>>().join(" ");
    match (index, name.as_str()) {
        (index, "") => index.to_owned(),
        ("cuda:0", name) => name.to_owned(),
        (index, name) => format!("{index} {name}"),
    }
}

/// How busy it is: `97 %`.
pub fn share(load: &Load) -> Option<String> {
    load.share.map(|share| format!("{share} %"))
}

/// How full its memory is: `38 MB` of the process, `1.2/86 GB` of a GPU.
pub fn memory(load: &Load) -> Option<String> {
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
    fn a_device_keeps_what_tells_it_from_others() {
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
    fn what_is_not_known_has_no_words() {
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
