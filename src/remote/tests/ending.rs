//! The end of a run reaches who attaches at the last moment, or comes back.

use crate::{
    files::folder::Folder,
    remote::{address::Listener, tests::*},
};

fn tells_the_end(snapshot: &Snapshot) -> bool {
    let notice = snapshot.notice.as_ref();
    notice.is_some_and(|notice| notice.text.contains("`q` closes this screen"))
}

/// A process that serves these clients one after another, with these answers, and is gone.
fn serving(out: &Path, clients: Vec<Vec<bool>>) -> thread::JoinHandle<()> {
    let listener = Listener::bind(&Folder::open(out).unwrap()).unwrap();
    thread::spawn(move || clients.iter().for_each(|last| brief(&listener, last)))
}

#[test]
fn the_last_news_of_a_new_screen_tell_the_end() {
    for last in [vec![true], vec![false, true]] {
        let out = tempfile::tempdir().unwrap();
        let process = serving(out.path(), vec![last]);
        let client = attach(out.path(), CONTROLLER);
        process.join().unwrap();
        assert!(client.is_over() && tells_the_end(&client.snapshot()));
        assert_eq!(client.send(crate::model::Command::Pause), None);
    }
}

#[test]
fn the_last_news_of_a_screen_that_comes_back_tell_the_end() {
    for last in [vec![true], vec![false, true]] {
        let out = tempfile::tempdir().unwrap();
        let process = serving(out.path(), vec![vec![false, false], last]);
        let client = attach(out.path(), CONTROLLER);
        assert!(!client.is_over() && !tells_the_end(&client.snapshot()));
        until(&client, tells_the_end);
        process.join().unwrap();
        assert!(client.is_over() && !client.is_lost());
    }
}
