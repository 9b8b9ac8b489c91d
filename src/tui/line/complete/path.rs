//! Completion of paths.

use std::fs;

use crate::{model::request::home, preset::complete::Candidate};

/// The maximum number of candidates.
const MAX_CANDIDATES: usize = 200;

/// Returns the index of the byte at which the last word begins. A space after a backslash is part of the word.
pub(super) fn word(text: &str) -> usize {
    let space = |&(at, _): &(usize, &str)| !text[..at].ends_with('\\');
    text.rmatch_indices(' ')
        .find(space)
        .map_or(0, |(at, _)| at + 1)
}

/// Returns the entries of the word's folder that begin with its last part, sorted by name. Hidden entries are listed only
/// if that part begins with a dot. Folders end in `/`.
pub(super) fn candidates(word: &str) -> Vec<Candidate> {
    let (folder, begun) = match word.rfind('/') {
        Some(at) => word.split_at(at + 1),
        None => ("", word),
    };
    let plain = |text: &str| text.replace('\\', "");
    let place = match folder {
        "" => ".".into(),
        folder => home(plain(folder).as_ref()),
    };
    let begun = plain(begun);
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begun.starts_with('.');
            if hidden || !name.starts_with(&begun) {
                return None;
            }
            let is_folder = entry.path().is_dir();
            let end = if is_folder { "/" } else { "" };
            let about = if is_folder { "a folder" } else { "" };
            let text = format!("{folder}{}{end}", escaped(&name));
            Some(Candidate::new(text, about))
        })
        .take(MAX_CANDIDATES)
        .collect();
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found
}

/// Returns a name with backslashes before the characters that the command line treats specially.
fn escaped(name: &str) -> String {
    let special = |c: char| c.is_whitespace() || "'\"\\#$`&|;<>()*?".contains(c);
    let escape = |c: char| special(c).then_some('\\').into_iter().chain([c]);
    name.chars().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_files_are_offered_and_spaces_escaped() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["my images", "more", ".hidden"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("train.gz"), "").unwrap();
        let root = format!("{}/", folder.path().display());
        let offered = |word: &str| -> Vec<String> {
            let found = candidates(&format!("{root}{word}"));
            let texts = found.into_iter();
            texts.map(|c| c.text.replace(&root, "")).collect()
        };
        assert_eq!(offered(""), ["more/", "my\\ images/", "train.gz"]);
        assert_eq!(offered("my\\ i"), ["my\\ images/"]);
        assert_eq!(offered(".h"), [".hidden/"]);
        assert!(candidates("/nowhere/at/all/").is_empty());
        assert_eq!(word("cifar10 --data my\\ im"), 15);
        assert_eq!(word(""), 0);
    }
}
