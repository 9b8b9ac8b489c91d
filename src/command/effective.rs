//! The effective preset of a run: the named preset with all overrides.

use std::path::{Path, PathBuf};

use crate::{
    model::RunRequest,
    preset::{Data, Diagnostic, Named, Plan, Preset, Source, load, plan, set_all},
    rundir::record::{FindError, find},
};

/// A preset with all overrides, and the planned changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// The preset's name.
    pub name: String,
    /// The preset with `--set` and the other flags applied.
    pub preset: Preset,
    /// Planned changes and forks.
    pub plan: Plan,
}

/// Loads a preset, applies `--setting`, `--set`, `--steps` and `--data` in this order, and checks `--at` and `--fork`.
///
/// `--steps` never changes the decay of learning rates. If the preset has no `decay_steps`, the decay keeps the length of
/// the preset's `steps`.
///
/// # Errors
/// The first problem of the preset, a setting or a planned change.
pub fn effective(request: &RunRequest) -> Result<Effective, Diagnostic> {
    let Named { name, mut preset } = named(request.preset())?;
    if let Some(setting) = request.setting {
        setting.apply(&mut preset);
    }
    let mut preset = set_all(&preset, &request.set)?;
    if let Some(steps) = request.steps {
        preset = preset.until(steps);
    }
    if let Some(path) = &request.data {
        take_images_from(path, &mut preset, &name)?;
    }
    let plan = plan(&preset, &request.at, &request.fork)?;
    Ok(Effective { name, preset, plan })
}

/// Returns the preset that an argument names: a preset, a path, or a run in `runs/`.
fn named(argument: &str) -> Result<Named, Diagnostic> {
    let unknown = match load(argument) {
        Err(unknown) if !argument.ends_with(".ron") && !argument.contains('/') => unknown,
        loaded => return loaded,
    };
    match find(argument) {
        // A folder in the working directory needs a slash: its name could be a misspelt preset.
        Ok(directory) if directory == Path::new(argument) => Err(unknown),
        // The slash makes `load` take it for a folder, whatever its name.
        Ok(directory) => load(&format!("{}/", directory.display())),
        Err(error @ FindError::Ambiguous { .. }) => Err(Diagnostic::plain(error.to_string())),
        Err(FindError::NoSuchRun { near, .. }) if !near.is_empty() => {
            let help = unknown.help.clone().unwrap_or_default();
            let runs = near.join(", ");
            Err(unknown.with_help(format!("{help}; runs of such a name: {runs}")))
        }
        Err(_) => Err(unknown),
    }
}

/// Replaces the preset's images by those at `path`. The path becomes absolute, so that the preset file of the run works
/// from any folder.
fn take_images_from(path: &Path, preset: &mut Preset, name: &str) -> Result<(), Diagnostic> {
    let Data::Images { source, .. } = &mut preset.data else {
        let message = format!("--data is for images, and `{name}` learns a mixture of Gaussians");
        let help = "take a preset of images, or set your own points: --set 'data.centres=Points([(0, 0), (1, 1)])'";
        return Err(Diagnostic::plain(message).with_help(help.to_owned()));
    };
    let absolute = std::path::absolute(path)
        .map_err(|error| Diagnostic::plain(format!("--data {}: {error}", path.display())))?;
    // Normalized: a trailing slash does not make another path.
    let absolute: PathBuf = absolute.components().collect();
    let Some(text) = absolute.to_str() else {
        let message = format!("--data {}: the path is not UTF-8", path.display());
        return Err(Diagnostic::plain(message));
    };
    *source = Source::Path(text.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[&str], steps: Option<u64>, at: &[&str]) -> Result<Effective, Diagnostic> {
        let owned = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
        effective(&RunRequest {
            set: owned(set),
            steps,
            at: owned(at),
            ..RunRequest::default()
        })
    }

    #[test]
    fn steps_never_move_the_decay() {
        let preset = of(&["steps=400"], Some(100), &[]).unwrap().preset;
        assert_eq!((preset.steps, preset.decay_steps), (100, Some(400)));
        let preset = of(&["decay_steps=50"], Some(100), &[]).unwrap().preset;
        assert_eq!((preset.steps, preset.decay_steps), (100, Some(50)));
        let preset = of(&["steps=400"], None, &[]).unwrap().preset;
        assert_eq!((preset.steps, preset.decay_steps), (400, None));
    }

    #[test]
    fn a_path_is_the_same_however_it_is_written() {
        let data = |path: &str| {
            let mut preset = crate::preset::builtin::builtin("dolls").unwrap();
            take_images_from(Path::new(path), &mut preset, "dolls").unwrap();
            preset.data
        };
        assert_eq!(data("/a/pictures//"), data("/a/./pictures"));
        assert_ne!(data("/a/pictures"), data("/a/others"));
    }

    #[test]
    fn settings_that_need_each_other_may_be_given_one_by_one() {
        let layers = "discriminator.layers=[Flatten, Linear(out: 8), ReLU, Linear(out: 1)]";
        let exception = "spectral.layers={\"d.3\": (iterations: 5)}";
        let preset = of(&[exception, layers], None, &[]).unwrap().preset;
        assert_eq!(preset.spectral.layer("d.3").iterations, 5);
        assert!(of(&[exception], None, &[]).is_err());
    }

    #[test]
    fn planned_changes_are_tried_in_the_order_of_their_steps() {
        let at = ["20:loss=wasserstein", "10:spectral.layers.d.2.iterations=0"];
        let schedule = of(&[], None, &at).unwrap().plan.at;
        let steps: Vec<u64> = schedule.iter().map(|s| s.step).collect();
        assert_eq!(steps, [10, 20]);
        for wrong in [
            "0:n_dis=2",
            "5:latent=3",
            "5:n_dis=0",
            "5:steps=9",
            "n_dis=2",
            "x:n_dis=2",
        ] {
            assert!(of(&[], None, &[wrong]).is_err(), "{wrong}");
        }
    }
}
