//! Moves a setting one notch up or down, for hotkeys and the arrows of the settings panel.

use super::{
    Preset, get,
    number::exact,
    set,
    setting::{self, Setting},
};

/// How one notch changes a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notch {
    /// Doubles or halves it.
    Double,
    /// Adds or subtracts one.
    One,
    /// Takes the next of these values, ordered from weak to strong.
    Ladder(&'static [&'static str]),
    /// Takes the next of its names, cyclically.
    Turn,
    /// Cannot be changed by a notch.
    Still,
}

/// Returns the value of the setting at `path` one notch `up` or down, as RON. Returns `None` if the setting has no
/// notches or the preset refuses the new value.
pub(crate) fn nudge(preset: &Preset, path: &str, up: bool) -> Option<String> {
    let now = get(preset, path)?;
    let row = setting::own(path);
    let value = match row.map_or(Notch::Double, |row| row.notch) {
        Notch::Double => double(&now, up),
        Notch::One => one(&now, up),
        Notch::Ladder(ladder) => climb(ladder, &now, up),
        Notch::Turn => turn(row.map_or(&[], Setting::names), &now, up),
        Notch::Still => None,
    }?;
    (value != now && set(preset, path, &value).is_ok()).then_some(value)
}

fn double(now: &str, up: bool) -> Option<String> {
    if let Ok(whole) = now.parse::<u64>() {
        let next = if up {
            whole.checked_mul(2)
        } else {
            Some(whole / 2)
        };
        return next.map(|next| next.to_string());
    }
    let value: f32 = now.parse().ok()?;
    Some(exact(if up { value * 2.0 } else { value / 2.0 }))
}

fn one(now: &str, up: bool) -> Option<String> {
    let whole: u64 = now.parse().ok()?;
    let next = if up {
        whole.checked_add(1)
    } else {
        whole.checked_sub(1)
    };
    next.map(|next| next.to_string())
}

fn turn(names: &[&str], now: &str, up: bool) -> Option<String> {
    let at = names.iter().position(|name| *name == now)?;
    let next = if up { at + 1 } else { at + names.len() - 1 };
    Some(names[next % names.len()].to_owned())
}

/// Returns the next value of the ladder above or below. `None` counts as infinity.
fn climb(ladder: &[&str], now: &str, up: bool) -> Option<String> {
    let number = |rung: &str| match rung {
        "None" => Some(f32::INFINITY),
        rung => rung.parse::<f32>().ok(),
    };
    let now = number(now)?;
    let rising = number(ladder.first()?) < number(ladder.last()?);
    let mut ahead = ladder.iter().filter(|rung| {
        number(rung).is_some_and(|rung| if rising == up { rung > now } else { rung < now })
    });
    let found = if up { ahead.next() } else { ahead.next_back() };
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
