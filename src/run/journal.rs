//! journal.jsonl: every change and every alarm of a run as it happens, one JSON object a line.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Change;

/// The file, made with its first line.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Option<File>,
    /// The last line did not get through: part of it may stand in the file, and the person has been told.
    torn: bool,
}

impl Journal {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            torn: false,
        }
    }

    /// Adds a line and hands it to the system at once.
    ///
    /// # Errors
    /// What stood in the way, with the path: for the first of several lines in a row that do not get through.
    pub fn append(&mut self, change: &Change) -> Result<(), String> {
        let written = self.write(change);
        let told = std::mem::replace(&mut self.torn, written.is_err());
        match written {
            Err(error) if !told => Err(format!("cannot write {}: {error}", self.path.display())),
            _ => Ok(()),
        }
    }

    fn write(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_string(change)?;
        line.push('\n');
        if self.torn {
            line.insert(0, '\n');
        }
        // One call for one line: nothing waits in a buffer when the program ends in whatever way.
        open(&mut self.file, &self.path)?.write_all(line.as_bytes())
    }
}

fn open<'a>(file: &'a mut Option<File>, path: &Path) -> io::Result<&'a mut File> {
    match file {
        Some(file) => Ok(file),
        None => {
            let opened = OpenOptions::new().create(true).append(true).open(path)?;
            Ok(file.insert(opened))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(step: u64) -> Change {
        Change {
            step,
            kind: "set".into(),
            key: "loss".into(),
            old: "hinge".into(),
            new: "a \"quote\"\nand a line".into(),
            cause: "key".into(),
        }
    }

    #[test]
    fn a_change_is_one_line_with_its_keys_in_order() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("journal.jsonl");
        let mut journal = Journal::new(path.clone());
        assert!(!path.exists());
        for step in [3, 4] {
            journal.append(&change(step)).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let first = r#"{"step":3,"kind":"set","key":"loss","old":"hinge","new":"a \"quote\"\nand a line","cause":"key"}"#;
        assert_eq!(text.lines().next(), Some(first));
        let read: Vec<Change> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(read, [change(3), change(4)]);
    }

    #[test]
    fn what_cannot_be_written_is_told_once() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("journal.jsonl");
        std::fs::create_dir(&folder).unwrap();
        let mut journal = Journal::new(folder.clone());
        let told = journal.append(&change(1)).unwrap_err();
        assert!(told.contains("journal.jsonl"), "{told}");
        assert_eq!(journal.append(&change(2)), Ok(()));
        // Where it gets through again, a line that was torn off does not spoil the next one.
        std::fs::remove_dir(&folder).unwrap();
        assert_eq!(journal.append(&change(3)), Ok(()));
        let text = std::fs::read_to_string(&folder).unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 1);
    }
}
