//! `sn-tui clean`: what could go, and how it goes.

use std::{
    fmt::Write,
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
            Unknown,
            clean::{Asked, Kept, Rules, look, remove},
            find, is_run,
        },
    },
    text::streams::write_out,
};

const DAY: u64 = 86_400;

/// Says what could go, and with `--yes` takes it away.
///
/// # Errors
/// A name of no run or folder; something that could not be removed; standard output fails.
pub fn clean(arguments: &CleanArgs) -> Result<(), Error> {
    let now = SystemTime::now();
    let rules = Rules {
        keep: arguments.keep,
        older_than: arguments
            .older_than
            .map(|days| Duration::from_secs(days.saturating_mul(DAY))),
    };
    let (mut text, mut failures) = (String::new(), 0);
    let (mut bytes, mut count) = (0, 0);
    for (directory, asked) in gather(&arguments.what, &rules)? {
        let results = match arguments.yes {
            true => remove(&directory, &asked, now),
            false => look(&directory, &asked, now)
                .map(|items| items.into_iter().map(|item| (item, Ok(()))).collect()),
        };
        let results = match results {
            Ok(results) => results,
            Err(Kept { run, why }) => {
                let _ = writeln!(text, "stays    {}: {why}", run.display());
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
                    let _ = writeln!(text, "stays    {reason}");
                }
            }
        }
    }
    text.push_str(&match (count, arguments.yes) {
        (0, _) if failures == 0 => "nothing to remove\n".to_owned(),
        (_, true) => format!("{} are free again\n", words::size(bytes)),
        (_, false) => format!("{} in all; --yes removes them\n", words::size(bytes)),
    });
    write_out(text.as_bytes())?;
    match failures {
        0 => Ok(()),
        _ => Err(Error::failed(format!("{failures} could not be removed"))),
    }
}

/// What the arguments mean: folders whose runs are gone through, and runs to remove as a whole.
fn gather(what: &[String], rules: &Rules) -> Result<Vec<(PathBuf, Asked)>, Diagnostic> {
    let folders = |argument: &String| Path::new(argument).is_dir() && !is_run(Path::new(argument));
    let default = [layout::RUNS.to_owned()];
    let what = if what.is_empty() { &default[..] } else { what };
    let mut gathered = Vec::new();
    for argument in what {
        if folders(argument) || *argument == default[0] {
            let folder = Path::new(argument);
            let names = match find::names(folder) {
                Err(Unknown::NoFolder(_)) if *argument == default[0] => Vec::new(),
                names => names.map_err(super::wrong)?,
            };
            let runs = names.iter().map(|name| folder.join(name));
            // What a link leads to belongs to another place.
            let runs = runs.filter(|path| !path.is_symlink());
            gathered.extend(runs.map(|path| (path, Asked::Beyond(*rules))));
        } else {
            gathered.push((super::find(argument)?, Asked::Whole));
        }
    }
    Ok(gathered)
}
