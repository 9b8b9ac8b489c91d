//! Where the lanes of a run are, and the way to its process.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use crate::{
    command::Error,
    model::{Command, LaneId, Target},
    preset::Diagnostic,
    remote::{Acted, AttachError, CommandClient, path as socket},
    rundir::{
        layout,
        record::{FindError, find},
    },
};

/// Why a verb was not executed.
pub(super) enum Failed {
    /// Nobody trains the run, for this reason.
    Nobody(String),
    /// The run refuses it, for this reason.
    Refused(String),
    /// Something else failed.
    Other(Error),
}

impl<E: Into<Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// A run that a process trains.
pub(super) struct Place {
    /// The directory of lane a.
    base: PathBuf,
    /// The process that trains.
    pid: i32,
    /// The lane that the argument names.
    pub lane: LaneId,
}

impl Place {
    /// Finds the run that an argument names, and connects to its process.
    pub(super) fn find(run: &str) -> Result<(Self, CommandClient), Failed> {
        let directory = find(run).map_err(|error| match error {
            FindError::Ambiguous { .. } => {
                Failed::Other(Diagnostic::plain(error.to_string()).into())
            }
            error => Failed::Nobody(error.to_string()),
        })?;
        let client = open(&directory)?;
        let pid = client.pid();
        // All lanes of a process listen; one that was resumed alone is the first of its own.
        if let Some((base, lane)) = lane_of(&directory)
            && let Ok(first) = CommandClient::open(&base)
            && first.pid() == pid
        {
            return Ok((Self { base, pid, lane }, first));
        }
        let place = Self {
            base: directory,
            pid,
            lane: LaneId::A,
        };
        Ok((place, client))
    }

    /// Has the run execute a command.
    pub(super) fn act(
        &self,
        client: &CommandClient,
        to: Target,
        command: Command,
        note: Option<String>,
    ) -> Result<Acted, Failed> {
        let acted = client.act(Some(to), command, note);
        acted.map_err(|error| match error {
            crate::remote::Error::Closed => self.ended(),
            crate::remote::Error::Io(error) if is_gone(&error) => self.ended(),
            error => Failed::Other(AttachError::from(error).into()),
        })
    }

    /// The failure of a run that ended before it answered.
    pub(super) fn ended(&self) -> Failed {
        ended(&self.base)
    }

    /// The directory of a lane.
    pub(super) fn directory(&self, lane: LaneId) -> PathBuf {
        if lane == LaneId::A {
            return self.base.clone();
        }
        self.base.join(layout::LANES).join(lane.to_string())
    }

    /// The lanes that the process trains, each with its connection.
    pub(super) fn lanes(&self) -> Vec<(LaneId, CommandClient)> {
        let listening = |lane: &LaneId| socket(&self.directory(*lane)).exists();
        let clients = LaneId::all().filter(listening).filter_map(|lane| {
            let client = CommandClient::open(&self.directory(lane)).ok()?;
            (client.pid() == self.pid).then_some((lane, client))
        });
        clients.collect()
    }
}

/// Connects to the process of a run.
fn open(directory: &Path) -> Result<CommandClient, Failed> {
    CommandClient::open(directory).map_err(|error| match error {
        AttachError::NoRun(_) | AttachError::Killed(_) | AttachError::NoAnswer(_) => {
            Failed::Nobody(error.to_string())
        }
        AttachError::Refused { ref error, .. } if is_gone(error) => ended(directory),
        error => Failed::Refused(error.to_string()),
    })
}

/// Whether an error means that the process has closed the connection.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}

/// The failure of a run that ended before it answered.
fn ended(directory: &Path) -> Failed {
    let directory = directory.display();
    Failed::Nobody(format!("the run in {directory} ended before it answered"))
}

/// The directory of lane a and the name of the lane whose directory this is; `None` for a run.
fn lane_of(directory: &Path) -> Option<(PathBuf, LaneId)> {
    let path: PathBuf = std::path::absolute(directory).ok()?.components().collect();
    let lane = path.file_name()?.to_str()?.parse().ok()?;
    let lanes = path.parent()?;
    let base = lanes.parent()?;
    (lanes.ends_with(layout::LANES) && lane != LaneId::A).then(|| (base.to_owned(), lane))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_lane_is_told_from_that_of_a_run() {
        let found = |path: &str| lane_of(Path::new(path));
        let base = PathBuf::from("/runs/mine");
        let b = LaneId::A.next().unwrap();
        assert_eq!(found("/runs/mine/lanes/b"), Some((base.clone(), b)));
        assert_eq!(found("/runs/mine/lanes/./b/"), Some((base, b)));
        for run in [
            "/runs/mine",
            "/runs/lanes/a",
            "/runs/lanes/mine",
            "/lanes",
            "/b",
        ] {
            assert_eq!(found(run), None, "{run}");
        }
    }
}
