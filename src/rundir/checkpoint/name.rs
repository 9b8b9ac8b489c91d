//! File names of checkpoints.

use super::Kind;
use crate::rundir::numbered::Numbered;

const EXTENSION: &str = "safetensors";

/// The parts of a checkpoint's file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The step.
    pub step: u64,
    /// Why the checkpoint was made.
    pub kind: Kind,
    /// Distinguishes marks of the same step, from 1.
    pub number: u32,
}

impl Name {
    /// The file name.
    pub fn file(&self) -> String {
        let prefix = match self.kind {
            Kind::Scheduled => "step",
            Kind::Marked => "mark",
        };
        let Self { step, number, .. } = *self;
        Numbered {
            prefix,
            step,
            number,
            extension: EXTENSION,
        }
        .to_string()
    }

    /// Parses a file name. `None` if it is not that of a checkpoint.
    pub fn read(file: &str) -> Option<Self> {
        let Numbered {
            prefix,
            step,
            number,
            extension,
        } = Numbered::read(file)?;
        let kind = match (prefix, number) {
            ("step", 1) => Kind::Scheduled,
            ("mark", _) => Kind::Marked,
            _ => return None,
        };
        (extension == EXTENSION).then_some(Self { step, kind, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for (kind, number, file) in [
            (Kind::Scheduled, 1, "step-000020.safetensors"),
            (Kind::Marked, 1, "mark-000020.safetensors"),
            (Kind::Marked, 2, "mark-000020-2.safetensors"),
        ] {
            let name = Name {
                step: 20,
                kind,
                number,
            };
            assert_eq!((&*name.file(), Name::read(file)), (file, Some(name)));
        }
        for file in [
            "step-000020-2.safetensors",
            "best-000020.safetensors",
            "mark-000020.png",
            ".mark-000020.safetensors",
        ] {
            assert_eq!(Name::read(file), None, "{file}");
        }
    }
}
