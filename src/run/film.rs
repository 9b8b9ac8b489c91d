//! A GIF of the samples over time, encoded and written on a thread of its own.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    thread,
};

use crate::{
    files::folder::Place,
    picture::{Picture, gif},
};

/// Pictures that may wait for the thread.
const WAITING: usize = 4;

/// A film that is being taken.
#[derive(Debug)]
pub(super) struct Film {
    pictures: SyncSender<Picture>,
    /// Frames handed over.
    pub frames: usize,
    /// Pictures that found the thread too far behind.
    pub missed: usize,
    developing: Developing,
}

/// A film that takes no more pictures and is not finished yet.
#[derive(Debug)]
pub(super) struct Developing(Receiver<Developed>);

/// Where a film stands and how many frames it has, or why there is none.
pub(super) type Developed = Result<(PathBuf, usize), String>;

impl Film {
    /// Begins a film that will stand at `target`, and until then aside.
    ///
    /// # Errors
    /// The disk's, with the path; no thread.
    pub(super) fn begin(target: Place) -> Result<Self, String> {
        let path = target.path();
        let failed =
            |error: &dyn std::fmt::Display| format!("cannot save {}: {error}", path.display());
        let aside = target.temporary();
        let file = aside.new_file().map_err(|error| failed(&error))?;
        let (pictures, receiver) = sync_channel::<Picture>(WAITING);
        let (sender, developed) = sync_channel(1);
        let develop = move || {
            let written = write(file, receiver).and_then(|frames| {
                aside.rename(&target)?;
                Ok(frames)
            });
            let result = match written {
                Ok(frames) => Ok((target.path(), frames)),
                Err(error) => {
                    // Best effort: the first error is the one to report.
                    let _ = aside.remove();
                    Err(format!("cannot save {target}: {error}"))
                }
            };
            // Nobody may be waiting any more.
            let _ = sender.send(result);
        };
        let named = thread::Builder::new().name("sn-tui film".into());
        named.spawn(develop).map_err(|error| failed(&error))?;
        Ok(Self {
            pictures,
            frames: 0,
            missed: 0,
            developing: Developing(developed),
        })
    }

    /// Hands over a picture; it is left out where the thread is too far behind. False where the thread has given up.
    pub(super) fn frame(&mut self, picture: Picture) -> bool {
        match self.pictures.try_send(picture) {
            Ok(()) => self.frames += 1,
            Err(TrySendError::Full(_)) => self.missed += 1,
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }

    /// Ends it; the thread finishes what waits.
    pub(super) fn end(self) -> Developing {
        self.developing
    }
}

impl Developing {
    /// What became of it; none while it goes on.
    pub(super) fn look(&self) -> Option<Developed> {
        match self.0.try_recv() {
            Ok(developed) => Some(developed),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(gone()),
        }
    }

    /// The same, waiting for it.
    pub(super) fn wait(self) -> Developed {
        self.0.recv().unwrap_or_else(|_| gone())
    }
}

fn gone() -> Developed {
    Err("the thread that wrote the GIF died".to_owned())
}

/// Writes frames until nobody sends any more; gives their number.
fn write(file: File, pictures: Receiver<Picture>) -> io::Result<usize> {
    let mut to = BufWriter::new(file);
    let mut frames = 0;
    {
        let mut film = gif::Film::new(&mut to);
        for picture in pictures {
            // The grid changes its size with the number of samples: a film does not.
            if film.takes(&picture) {
                film.frame(&picture)?;
                frames += 1;
            }
        }
    }
    to.flush()?;
    if frames == 0 {
        return Err(io::Error::other("it has no frame"));
    }
    to.get_ref().sync_all()?;
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::files::folder::Folder;

    fn place(home: &tempfile::TempDir, name: &str) -> Place {
        Folder::open(home.path()).unwrap().place(name)
    }

    #[test]
    fn a_film_stands_at_its_path_when_it_is_developed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("gifs/step-000001.gif");
        let mut film = Film::begin(place(&home, "gifs/step-000001.gif")).unwrap();
        for value in [0, 9, 200] {
            assert!(film.frame(Picture::filled(8, 8, 1, value)));
            assert!(!path.exists());
        }
        assert_eq!((film.frames, film.missed), (3, 0));
        assert_eq!(film.end().wait(), Ok((path.clone(), 3)));
        assert!(fs::read(&path).unwrap().starts_with(b"GIF89a"));
        assert_eq!(fs::read_dir(home.path().join("gifs")).unwrap().count(), 1);
    }

    #[test]
    fn a_film_without_a_frame_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let film = Film::begin(place(&home, "step-000001.gif")).unwrap();
        let why = film.end().wait().unwrap_err();
        assert!(why.contains("no frame"), "{why}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        let gone = place(&home, "gifs/film.gif");
        drop(home);
        assert!(Film::begin(gone).is_err());
    }
}
