//! The rooms of src, which are its top-level modules and those of `engine`, and the imports allowed between them.

mod imports;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use imports::{Import, Module};

/// Rooms from top to bottom. A room imports only from lower rows. No import goes up or within a row, and there is no
/// cycle.
const ROOMS: &[&[&str]] = &[
    &["main"],
    &["command"],
    &["tui", "headless"],
    &["run"],
    &["remote"],
    &["weights"],
    &["rundir"],
    &["engine"],
    &["engine::gan"],
    &["engine::metric"],
    &["engine::data"],
    &["engine::nn"],
    &["engine::spectral"],
    &["engine::picture", "engine::simd", "engine::random"],
    &["model"],
    &["preset"],
    &["files"],
    &["text"],
];

/// Imports that break the rule and remain to be removed: (importing room, imported room).
const EXCEPTIONS: &[(&str, &str)] = &[];

/// Every file of src with its module, except lib.rs, which declares the rooms.
fn files(folder: &Path, module: &Module) -> Vec<(PathBuf, Module)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            found.extend(files(&path, &module.inner(name)));
        } else if name == "mod" {
            found.push((path, module.clone()));
        } else if name != "lib" {
            found.push((path.clone(), module.inner(name)));
        }
    }
    found
}

/// The imports of all files except tests.
fn imports() -> Vec<(PathBuf, Import)> {
    let files = files(Path::new("src"), &Module::root());
    let read = files.iter().map(|(path, module)| {
        let text = fs::read_to_string(path).unwrap();
        let (imports, tests) = imports::read(&text, module);
        (path, module, imports, tests)
    });
    let read: Vec<_> = read.collect();
    let tests: Vec<&Module> = read.iter().flat_map(|file| &file.3).collect();
    let mut all = Vec::new();
    for (path, module, imports, _) in &read {
        if !tests.iter().any(|tests| module.is_within(tests)) {
            let imports = imports.iter().cloned();
            all.extend(imports.map(|import| (path.to_path_buf(), import)));
        }
    }
    all
}

fn row(room: &str) -> Option<usize> {
    ROOMS.iter().position(|row| row.contains(&room))
}

#[test]
fn every_room_has_its_place_and_every_place_a_room() {
    let files = files(Path::new("src"), &Module::root());
    let there: BTreeSet<String> = files
        .iter()
        .filter_map(|(_, module)| module.room())
        .collect();
    let placed = ROOMS.iter().copied().flatten();
    let placed: BTreeSet<String> = placed.copied().map(str::to_owned).collect();
    assert_eq!(there, placed);
}

#[test]
fn no_import_goes_up() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    let imports = imports();
    assert!(imports.len() > 500, "{}", imports.len());
    for (path, Import { from, to, text }) in &imports {
        if from == to || row(from) < row(to) {
            continue;
        }
        if EXCEPTIONS.contains(&(from, to)) {
            used.insert((from.as_str(), to.as_str()));
        } else {
            wrong.push(format!("{}: {text}", path.display()));
        }
    }
    let wrong = wrong.join("\n");
    assert!(wrong.is_empty(), "not from a lower room:\n{wrong}");
    let unused = EXCEPTIONS.iter().filter(|pair| !used.contains(*pair));
    let unused: Vec<_> = unused.collect();
    assert!(unused.is_empty(), "no exceptions any more: {unused:?}");
}
