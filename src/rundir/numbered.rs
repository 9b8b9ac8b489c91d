//! File names that contain a step: `step-000100.png`, `mark-000100-2.safetensors`.

use std::fmt;

/// The parts of a file name with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbered<'a> {
    /// The word before the step, such as `step` or `mark`.
    pub prefix: &'a str,
    pub step: u64,
    /// Distinguishes files of the same step, from 1, which is not written.
    pub number: u32,
    pub extension: &'a str,
}

impl fmt::Display for Numbered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", self.prefix, self.step)?;
        if self.number > 1 {
            write!(f, "-{}", self.number)?;
        }
        write!(f, ".{}", self.extension)
    }
}

impl<'a> Numbered<'a> {
    /// Parses a file name. `None` if this program would not write it like that.
    pub(crate) fn read(name: &'a str) -> Option<Self> {
        let (stem, extension) = name.split_once('.')?;
        let (prefix, digits) = stem.split_once('-')?;
        let (step, number) = match digits.split_once('-') {
            Some((step, number)) => (step, number.parse().ok()?),
            None => (digits, 1),
        };
        let read = Self {
            prefix,
            step: step.parse().ok()?,
            number,
            extension,
        };
        (number > 0 && read.to_string() == name).then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for (step, number) in [(0, 1), (20, 2), (1_234_567, 1), (u64::MAX, u32::MAX)] {
            let name = Numbered {
                prefix: "mark",
                step,
                number,
                extension: "safetensors",
            };
            assert_eq!(Numbered::read(&name.to_string()), Some(name));
        }
        for name in [
            "mark-12.png",
            "mark-0000012.png",
            "mark-000012-1.png",
            "mark-000012-0.png",
            "mark-000012-02.png",
            "mark-000012-2-2.png",
            "mark-000012-.png",
            "mark-+00012.png",
            "mark-00012.5.png",
            "mark-000012",
            "mark.png",
            "mark-99999999999999999999999.png",
            "",
        ] {
            assert_eq!(Numbered::read(name), None, "{name}");
        }
    }
}
