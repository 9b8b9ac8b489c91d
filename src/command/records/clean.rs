//! `sn-tui clean`: lists and removes files that can be pruned.

use std::{
    fmt::Write,
    iter,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::words;
use crate::{
    command::{CleanArgs, Error},
    preset::Diagnostic,
    rundir::{
        layout,
        record::{
            FindError,
            clean::{NotRemovable, Rules, Scope, remove, select},
            find, is_run, lanes,
        },
    },
    text::streams::write_out,
};

const DAY: u64 = 86_400;

/// Lists what can be removed, and removes it with `--yes`.
///
/// # Errors
/// No run or folder has this name, something could not be removed, or standard output fails.
pub(crate) fn clean(arguments: &CleanArgs) -> Result<(), Error> {
    let now = SystemTime::now();
    let rules = Rules {
        keep: arguments.keep,
        older_than: arguments
            .older_than
            .map(|days| Duration::from_secs(days.saturating_mul(DAY))),
    };
    let (mut text, mut failures) = (String::new(), 0);
    let (mut bytes, mut count) = (0, 0);
    for (directory, scope) in gather(&arguments.what, &rules)? {
        let results = if arguments.yes {
            remove(&directory, &scope, now)
        } else {
            select(&directory, &scope, now)
                .map(|items| items.into_iter().map(|item| (item, Ok(()))).collect())
        };
        let results = match results {
            Ok(results) => results,
            Err(NotRemovable { run, why }) => {
                let _ = writeln!(text, "kept     {}: {why}", run.display());
                continue;
            }
        };
        let verb = if arguments.yes {
            "removed "
        } else {
            "would go"
        };
        for (item, result) in results {
            match result {
                Ok(()) => {
                    bytes += item.bytes;
                    count += 1;
                    let (path, size) = (item.path(), words::size(item.bytes));
                    let _ = writeln!(text, "{verb} {}  ({size}; {})", path.display(), item.why);
                }
                Err(reason) => {
                    failures += 1;
                    let _ = writeln!(text, "kept     {reason}");
                }
            }
        }
    }
    text.push_str(&match (count, arguments.yes) {
        (0, _) if failures == 0 => "nothing to remove\n".to_owned(),
        (_, true) => format!("{} freed\n", words::size(bytes)),
        (_, false) => format!("{} in all; --yes removes them\n", words::size(bytes)),
    });
    write_out(text.as_bytes())?;
    match failures {
        0 => Ok(()),
        _ => Err(Error::failed(format!("{failures} could not be removed"))),
    }
}

/// Returns the runs that the arguments name, and whether each is pruned or removed as a whole.
fn gather(what: &[String], rules: &Rules) -> Result<Vec<(PathBuf, Scope)>, Diagnostic> {
    let is_folder =
        |argument: &String| Path::new(argument).is_dir() && !is_run(Path::new(argument));
    let default = [layout::RUNS.to_owned()];
    let what = if what.is_empty() { &default[..] } else { what };
    let mut gathered = Vec::new();
    for argument in what {
        if is_folder(argument) || *argument == default[0] {
            let folder = Path::new(argument);
            let names = match find::names(folder) {
                Err(FindError::NoFolder(_)) if *argument == default[0] => Vec::new(),
                names => names.map_err(super::wrong_name)?,
            };
            let runs = names.iter().map(|name| folder.join(name));
            // The target of a link belongs to another folder.
            let runs = runs.filter(|path| !path.is_symlink());
            let runs = runs.flat_map(|path| {
                let lanes = lanes(&path);
                iter::once(path).chain(lanes)
            });
            gathered.extend(runs.map(|path| (path, Scope::Unneeded(*rules))));
        } else {
            gathered.push((super::find(argument)?, Scope::WholeRun));
        }
    }
    Ok(gathered)
}
