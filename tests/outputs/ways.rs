//! Everything that may already be at the path of an output.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
};

use crate::{
    cases::CASES,
    place::{FULL, Home, NULL, is_device, is_fifo, read_through},
};

#[test]
fn a_regular_file_is_replaced_and_keeps_its_mode() {
    let home = Home::new();
    for case in &CASES {
        let place = home.place();
        let name = format!("kept{}", case.end);
        let path = place.path(&name);
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let before = File::open(&path).unwrap();
        place.succeeds(case, &name);
        place.assert_whole_file(case, &name);
        assert_eq!(
            path.metadata().unwrap().permissions().mode() & 0o7777,
            0o640
        );
        // The old file was not overwritten in place: a reader that has it open reads all of it.
        assert_eq!(std::io::read_to_string(before).unwrap(), "before");
        assert_eq!(place.names(), [name]);
    }
}

#[test]
fn a_link_stays_and_its_target_is_replaced_or_made() {
    let home = Home::new();
    for case in &CASES {
        for there in [true, false] {
            let place = home.place();
            fs::create_dir(place.path("folder")).unwrap();
            let target = format!("folder/target{}", case.end);
            if there {
                fs::write(place.path(&target), "before").unwrap();
                let mode = Permissions::from_mode(0o600);
                fs::set_permissions(place.path(&target), mode).unwrap();
            }
            // A chain of two links, each relative to its own folder.
            let (first, second) = (format!("a{}", case.end), format!("folder/b{}", case.end));
            symlink(&second, place.path(&first)).unwrap();
            symlink(format!("target{}", case.end), place.path(&second)).unwrap();
            place.succeeds(case, &first);
            place.assert_whole_file(case, &target);
            let mode = place.path(&target).metadata().unwrap().permissions();
            assert!(!there || mode.mode() & 0o777 == 0o600);
            assert!(place.path(&first).is_symlink() && place.path(&second).is_symlink());
        }
    }
}

#[test]
fn a_pipe_and_a_device_are_written_through() {
    let home = Home::new();
    for case in &CASES {
        let place = home.place();
        let (pipe, link) = (format!("pipe{}", case.end), format!("link{}", case.end));
        let path = place.fifo(&pipe);
        symlink(&pipe, place.path(&link)).unwrap();
        for name in [&pipe, &link] {
            let (bytes, ended) = read_through(&path, place.start(case, name));
            assert!(ended.status.success(), "{ended:?}");
            assert!(case.is_whole(&bytes) && is_fifo(&path));
        }
        assert!(place.path(&link).is_symlink());
        let device = format!("null{}", case.end);
        if let Some(path) = place.device(&device, NULL) {
            place.succeeds(case, &device);
            assert!(is_device(&path, NULL));
            fs::remove_file(&path).unwrap();
        }
        let device = format!("full{}", case.end);
        if let Some(path) = place.device(&device, FULL) {
            place.fails(case, &device, &["cannot write full", "No space left"]);
            assert!(is_device(&path, FULL));
            fs::remove_file(&path).unwrap();
        }
        assert_eq!(place.names(), [link, pipe]);
    }
}

#[test]
fn a_hyphen_is_standard_output() {
    let home = Home::new();
    for case in &CASES {
        let place = home.place();
        let said = place.succeeds(case, "-");
        assert!(case.is_whole(&said.stdout), "{}", case.words.join(" "));
        assert!(place.names().is_empty());
    }
}

/// An open file is reached by a path as `/dev/stdout` does it.
#[test]
fn an_open_file_of_the_process_is_written_to_and_not_replaced() {
    let home = Home::new();
    for case in &CASES {
        let place = home.place();
        let link = format!("stdout{}", case.end);
        symlink("/proc/self/fd/1", place.path(&link)).unwrap();
        let said = place.succeeds(case, &link);
        assert!(case.is_whole(&said.stdout), "{}", case.words.join(" "));

        fs::write(place.path("log"), "before").unwrap();
        let mut held = File::options()
            .read(true)
            .append(true)
            .open(place.path("log"))
            .unwrap();
        let mut command = crate::program::program(&place.path("."), case.words);
        command.arg(&link).stdout(held.try_clone().unwrap());
        assert!(command.status().unwrap().success());
        let mut bytes = Vec::new();
        std::io::Seek::rewind(&mut held).unwrap();
        std::io::Read::read_to_end(&mut held, &mut bytes).unwrap();
        let written = bytes.strip_prefix(b"before");
        assert!(written.is_some_and(|bytes| case.is_whole(bytes)));
        assert!(place.path(&link).is_symlink());
    }
}

#[test]
fn unwritable_paths_are_refused_before_work_begins() {
    let home = Home::new();
    for case in &CASES {
        let place = home.place();
        let folder = format!("folder{}", case.end);
        fs::create_dir(place.path(&folder)).unwrap();
        place.fails(case, &folder, &["cannot write folder", "that is a folder"]);
        let below = format!("gone/file{}", case.end);
        place.fails(case, &below, &["cannot write gone/file", "no folder gone"]);
        let (one, two) = (format!("one{}", case.end), format!("two{}", case.end));
        symlink(&two, place.path(&one)).unwrap();
        symlink(&one, place.path(&two)).unwrap();
        place.fails(case, &one, &["cannot write one", "symbolic links"]);
        assert_eq!(place.names(), [folder, one, two]);
        let kept = place.path("kept");
        fs::create_dir(&kept).unwrap();
        fs::set_permissions(&kept, Permissions::from_mode(0o555)).unwrap();
        // Root can write there despite the mode.
        if File::create(kept.join("file")).is_err() {
            let within = format!("kept/file{}", case.end);
            place.fails(
                case,
                &within,
                &["cannot write kept/file", "Permission denied"],
            );
        }
        assert!(!place.path("samples.npy").exists(), "it began all the same");
    }
}
