//! A setting one notch up or down: what hotkeys and the arrows of the settings panel do.

use super::{Preset, get, number::exact, set};

/// Values that a setting takes in turn; numbers from weak to strong.
pub const LADDERS: &[(&str, &[&str])] = &[
    (
        "loss",
        &["hinge", "non_saturating", "wasserstein", "least_squares"],
    ),
    ("spectral.on_disable", &["fold", "raw"]),
    (
        "ema",
        &["0", "0.9", "0.98", "0.99", "0.995", "0.999", "0.9999"],
    ),
    (
        "clip",
        &["None", "1", "0.3", "0.1", "0.03", "0.01", "0.003"],
    ),
    ("data.fit", &["Crop", "Pad", "Stretch"]),
    (
        "spectra.every",
        &[
            "0", "10", "20", "50", "100", "200", "500", "1000", "2000", "5000",
        ],
    ),
    (
        "data.noise",
        &["0", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5"],
    ),
];

/// Ladders of names have no ends.
const ROUND: &[&str] = &["loss", "spectral.on_disable", "data.fit"];

/// Whole numbers that move by one; others double and halve.
const BY_ONE: &[&str] = &["spectral.iterations", "n_dis"];

/// The value of the setting at `path` one notch `up` or down, as RON; none where that is refused or the setting is not
/// of a kind that has notches.
pub fn nudge(preset: &Preset, path: &str, up: bool) -> Option<String> {
    let now = get(preset, path)?;
    let possible = |value: &String| *value != now && set(preset, path, value).is_ok();
    let value = wanted(&now, path, up)?;
    if possible(&value) {
        return Some(value);
    }
    // What is possible is for the preset to say: an odd batch has no exact half.
    let below = now.parse::<u64>().ok().filter(|_| !up && !by_one(path))? / 2;
    Some(below.to_string()).filter(possible)
}

fn by_one(path: &str) -> bool {
    let layer = path.starts_with("spectral.layers.") && path.ends_with(".iterations");
    layer || BY_ONE.contains(&path)
}

fn wanted(now: &str, path: &str, up: bool) -> Option<String> {
    let text = |text: &str| Some(text.to_owned());
    if let Some((_, ladder)) = LADDERS.iter().find(|(known, _)| *known == path) {
        if ROUND.contains(&path) {
            let at = ladder.iter().position(|name| *name == now)?;
            let next = if up { at + 1 } else { at + ladder.len() - 1 };
            return text(ladder[next % ladder.len()]);
        }
        return climb(ladder, now, up);
    }
    match now {
        "true" => return text("false"),
        "false" => return text("true"),
        _ => {}
    }
    if let Ok(whole) = now.parse::<u64>() {
        // A number without a point may be a fraction that happens to be whole.
        if by_one(path) {
            let next = if up {
                whole.checked_add(1)
            } else {
                whole.checked_sub(1)
            };
            return Some(next?.to_string());
        }
        if whole > 1 || (whole == 1 && up) {
            let next = if up { whole.checked_mul(2)? } else { whole / 2 };
            if up || whole.is_multiple_of(2) {
                return Some(next.to_string());
            }
        }
    }
    let value: f32 = now.parse().ok()?;
    Some(exact(if up { value * 2.0 } else { value / 2.0 }))
}

/// The rung above or below; between two rungs, the nearer end in that direction.
fn climb(ladder: &[&str], now: &str, up: bool) -> Option<String> {
    let found = match ladder.iter().position(|rung| *rung == now) {
        Some(at) if up => ladder.get(at + 1),
        Some(at) => at.checked_sub(1).and_then(|at| ladder.get(at)),
        None => {
            let value: f32 = now
                .trim_start_matches("Some(")
                .trim_end_matches(')')
                .parse()
                .ok()?;
            let rungs = ladder.iter().map(|rung| rung.parse::<f32>());
            let numbers: Vec<f32> = rungs.map(|rung| rung.unwrap_or(f32::INFINITY)).collect();
            let same = numbers.iter().position(|&rung| rung == value);
            let rising = numbers.first() < numbers.last();
            let beyond = |rung: f32| match rising == up {
                true => rung > value,
                false => rung < value,
            };
            match (same, up) {
                (Some(at), true) => ladder.get(at + 1),
                (Some(at), false) => at.checked_sub(1).and_then(|at| ladder.get(at)),
                (None, true) => ladder
                    .iter()
                    .zip(numbers)
                    .find(|(_, n)| beyond(*n))
                    .map(|p| p.0),
                (None, false) => {
                    let mut rungs = ladder.iter().zip(numbers).rev();
                    rungs.find(|(_, n)| beyond(*n)).map(|pair| pair.0)
                }
            }
        }
    };
    found.map(|rung| (*rung).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    fn walk(path: &str, from: &str, ups: &[bool]) -> Vec<Option<String>> {
        let mut preset = set(&builtin("ring").unwrap(), path, from).unwrap();
        ups.iter()
            .map(|&up| {
                let value = nudge(&preset, path, up)?;
                preset = set(&preset, path, &value).unwrap();
                Some(value)
            })
            .collect()
    }

    fn texts(values: &[&str]) -> Vec<Option<String>> {
        values
            .iter()
            .map(|v| (*v != "-").then(|| v.to_string()))
            .collect()
    }

    #[test]
    fn every_kind_of_setting_has_its_notches() {
        let (up, down) = (true, false);
        for (path, from, ups, values) in [
            (
                "spectral.enabled",
                "true",
                vec![up, up, down],
                vec!["false", "true", "false"],
            ),
            (
                "spectral.iterations",
                "1",
                vec![down, down, up, up],
                vec!["0", "-", "1", "2"],
            ),
            ("spectral.iterations", "50", vec![up], vec!["-"]),
            (
                "spectral.layers.d.0.iterations",
                "3",
                vec![up, down],
                vec!["4", "3"],
            ),
            ("n_dis", "1", vec![down, up], vec!["-", "2"]),
            ("batch", "64", vec![up, down, down], vec!["128", "64", "32"]),
            (
                "gain",
                "1",
                vec![down, down, up, up, up],
                vec!["0.5", "0.25", "0.5", "1", "2"],
            ),
            ("gain", "3", vec![down, up], vec!["1.5", "3"]),
            (
                "discriminator.learning_rate",
                "2e-4",
                vec![up, down],
                vec!["4e-4", "2e-4"],
            ),
            (
                "ema",
                "0",
                vec![down, up, up, down],
                vec!["-", "0.9", "0.98", "0.9"],
            ),
            ("ema", "0.985", vec![up], vec!["0.99"]),
            ("ema", "0.985", vec![down], vec!["0.98"]),
            ("ema", "0.9999", vec![up], vec!["-"]),
            (
                "loss",
                "hinge",
                vec![up, down, down],
                vec!["non_saturating", "hinge", "least_squares"],
            ),
            (
                "spectral.on_disable",
                "fold",
                vec![up, up],
                vec!["raw", "fold"],
            ),
        ] {
            assert_eq!(walk(path, from, &ups), texts(&values), "{path} from {from}");
        }
        let images = builtin("digits").unwrap();
        let fit = |up| nudge(&images, "data.fit", up).unwrap();
        assert_eq!((fit(up), fit(down)), ("Pad".into(), "Stretch".into()));
        let preset = builtin("ring").unwrap();
        assert_eq!(nudge(&preset, "no.such", true), None);
        assert_eq!(nudge(&preset, "generator.betas", true), None);
    }
}
