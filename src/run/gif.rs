//! Records a GIF of the samples over time. A separate thread encodes and writes it.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel},
    thread,
};

use crate::{
    engine::picture::{Picture, gif},
    files::folder::Place,
    rundir::WriteError,
};

/// Maximum number of pictures in the queue of the thread.
const QUEUE: usize = 4;

/// A GIF in progress.
#[derive(Debug)]
pub(super) struct GifRecorder {
    pictures: SyncSender<Picture>,
    /// Number of frames sent to the thread.
    pub frames: usize,
    /// Number of pictures that were dropped because the queue was full.
    pub dropped: usize,
    unfinished: UnfinishedGif,
}

/// A GIF that takes no more pictures and is still being written.
#[derive(Debug)]
pub(super) struct UnfinishedGif(Receiver<GifResult>);

/// Path and number of frames of a written GIF.
pub(super) type GifResult = Result<(PathBuf, usize), GifError>;

/// Why there is no GIF.
#[derive(Debug, thiserror::Error)]
pub(super) enum GifError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the thread that wrote the GIF died")]
    ThreadDied,
}

impl GifRecorder {
    /// Starts a GIF. It is written to a temporary file, which is renamed to `target` at the end.
    ///
    /// # Errors
    /// If the file or the thread cannot be created.
    pub(super) fn start(target: Place) -> Result<Self, WriteError> {
        let temporary = target.temporary();
        let file = temporary.new_file().map_err(WriteError::saving(&target))?;
        let (pictures, receiver) = sync_channel::<Picture>(QUEUE);
        let (sender, results) = sync_channel(1);
        let place = target.clone();
        let record = move || {
            let written = write(file, receiver).and_then(|frames| {
                temporary.rename(&target)?;
                Ok(frames)
            });
            let result = match written {
                Ok(frames) => Ok((target.path(), frames)),
                Err(error) => {
                    // Best effort: the first error is the one to report.
                    let _ = temporary.remove();
                    Err(WriteError::saving(&target)(error).into())
                }
            };
            // The receiver may be gone.
            let _ = sender.send(result);
        };
        let named = thread::Builder::new().name("sn-tui gif".into());
        named.spawn(record).map_err(WriteError::saving(&place))?;
        Ok(Self {
            pictures,
            frames: 0,
            dropped: 0,
            unfinished: UnfinishedGif(results),
        })
    }

    /// Adds a picture as a frame, or drops it if the queue is full. Returns false if the thread has ended.
    pub(super) fn push(&mut self, picture: Picture) -> bool {
        match self.pictures.try_send(picture) {
            Ok(()) => self.frames += 1,
            Err(TrySendError::Full(_)) => self.dropped += 1,
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }

    /// Ends the recording. The thread writes the queued pictures and finishes the file.
    pub(super) fn finish(self) -> UnfinishedGif {
        self.unfinished
    }
}

impl UnfinishedGif {
    /// The result, or `None` if the GIF is still being written.
    pub(super) fn poll(&self) -> Option<GifResult> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(GifError::ThreadDied)),
        }
    }

    /// Waits until the GIF is written, and returns the result.
    pub(super) fn wait(self) -> GifResult {
        self.0.recv().unwrap_or(Err(GifError::ThreadDied))
    }
}

/// Writes frames until the channel closes. Returns the number of frames.
fn write(file: File, pictures: Receiver<Picture>) -> io::Result<usize> {
    let mut to = BufWriter::new(file);
    let mut frames = 0;
    {
        let mut writer = gif::GifWriter::new(&mut to);
        for picture in pictures {
            // All frames of a GIF have one size, but the picture grows with the number of samples.
            if writer.takes(&picture) {
                writer.frame(&picture)?;
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
    fn a_gif_appears_at_its_path_when_it_is_finished() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("gifs/step-000001.gif");
        let mut recorder = GifRecorder::start(place(&home, "gifs/step-000001.gif")).unwrap();
        for value in [0, 9, 200] {
            assert!(recorder.push(Picture::filled(8, 8, 1, value)));
            assert!(!path.exists());
        }
        assert_eq!((recorder.frames, recorder.dropped), (3, 0));
        assert_eq!(recorder.finish().wait().unwrap(), (path.clone(), 3));
        assert!(fs::read(&path).unwrap().starts_with(b"GIF89a"));
        assert_eq!(fs::read_dir(home.path().join("gifs")).unwrap().count(), 1);
    }

    #[test]
    fn a_gif_without_a_frame_leaves_no_file() {
        let home = tempfile::tempdir().unwrap();
        let recorder = GifRecorder::start(place(&home, "step-000001.gif")).unwrap();
        let why = recorder.finish().wait().unwrap_err().to_string();
        assert!(why.contains("no frame"), "{why}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        let removed = place(&home, "gifs/samples.gif");
        drop(home);
        assert!(GifRecorder::start(removed).is_err());
    }
}
