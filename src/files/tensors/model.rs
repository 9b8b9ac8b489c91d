//! A model in a folder: one safetensors file, or several with an index, as Hugging Face writes it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use serde::Deserialize;

use super::{Error, TensorFile, Tensors};
use crate::files::open;

const WHOLE: &str = "model.safetensors";
const INDEX: &str = ".safetensors.index.json";
/// Longest index file, in bytes.
const MAX_INDEX: u64 = 64 << 20;

#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: BTreeMap<String, PathBuf>,
}

/// The model file or the index in a folder; `None` if there is neither.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    let whole = folder.join(WHOLE);
    if whole.is_file() {
        return Some(whole);
    }
    let named = folder.join(format!("model{INDEX}"));
    if named.is_file() {
        return Some(named);
    }
    let entries = fs::read_dir(folder).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| is_index(path) && path.is_file()).min()
}

/// Opens the model file or index that [`find`] found.
///
/// # Errors
/// If a file cannot be read, or the index is invalid, names a file outside its folder, or names a tensor that its file
/// does not have.
pub(crate) fn open(path: &Path) -> Result<Tensors, Error> {
    if !is_index(path) {
        return Ok(TensorFile::open(path)?.into());
    }
    let wrong = |reason: String| Error::Index {
        path: path.to_owned(),
        reason,
    };
    let text = open::plain(path).and_then(|file| open::bounded(file, MAX_INDEX));
    let text = text.map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let index: Index = serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("is not an index of a model: {error}")))?;
    let names: BTreeSet<&PathBuf> = index.weight_map.values().collect();
    if let Some(name) = names.iter().find(|name| !is_plain(name)) {
        return Err(wrong(format!(
            "names a file that is not in its folder: {}",
            name.display()
        )));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let files = names
        .iter()
        .map(|name| TensorFile::open(&folder.join(name)));
    let files: Vec<TensorFile> = files.collect::<Result<_, _>>()?;
    let held: BTreeMap<&PathBuf, BTreeSet<String>> = (names.into_iter())
        .zip(files.iter().map(|file| file.keys().into_iter().collect()))
        .collect();
    for (key, name) in &index.weight_map {
        if !held[name].contains(key) {
            return Err(wrong(format!(
                "promises {key} in {}, which does not hold it",
                name.display()
            )));
        }
    }
    Ok(files.into())
}

fn is_index(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.ends_with(INDEX))
}

/// Whether a path is a file name without folders.
fn is_plain(name: &Path) -> bool {
    let mut parts = name.components();
    matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tensors::encode::{Entry, file};

    fn shard(folder: &Path, name: &str, key: &str) {
        let entry = Entry::count(key.to_owned(), 1);
        fs::write(folder.join(name), file(vec![entry], None).unwrap()).unwrap();
    }

    #[test]
    fn a_model_is_one_file_or_the_files_of_its_index() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        assert_eq!(find(folder), None);
        shard(folder, "a.safetensors", "x");
        shard(folder, "b.safetensors", "y");
        assert_eq!(find(folder), None);
        let index = folder.join("net.safetensors.index.json");
        let text =
            r#"{"metadata": {}, "weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}"#;
        fs::write(&index, text).unwrap();
        assert_eq!(find(folder).as_deref(), Some(&*index));
        let mut keys = open(&index).unwrap().keys();
        keys.sort();
        assert_eq!(keys, ["x", "y"]);
        shard(folder, WHOLE, "z");
        let whole = find(folder).unwrap();
        assert_eq!(open(&whole).unwrap().keys(), ["z"]);
    }

    #[test]
    fn an_invalid_index_is_refused_with_a_reason() {
        let home = tempfile::tempdir().unwrap();
        shard(home.path(), "a.safetensors", "x");
        let index = home.path().join("model.safetensors.index.json");
        for (text, words) in [
            ("{}", "not an index of a model"),
            (
                r#"{"weight_map": {"x": "../a.safetensors"}}"#,
                "not in its folder",
            ),
            (
                r#"{"weight_map": {"x": "/a.safetensors"}}"#,
                "not in its folder",
            ),
            (
                r#"{"weight_map": {"y": "a.safetensors"}}"#,
                "promises y in a.safetensors",
            ),
            (
                r#"{"weight_map": {"x": "gone.safetensors"}}"#,
                "cannot read",
            ),
        ] {
            fs::write(&index, text).unwrap();
            let message = open(&index).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
