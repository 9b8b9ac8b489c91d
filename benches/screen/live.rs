//! The program on a pseudo-terminal.

use std::{
    io::{Read, Write},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, PtySize, native_pty_system};

use super::{Failure, Plan};

const SIZE: PtySize = PtySize {
    rows: 40,
    cols: 120,
    pixel_width: 0,
    pixel_height: 0,
};
/// The escape sequence that ends a synchronized update, and so a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// The longest time to wait for anything.
const PATIENCE: Duration = Duration::from_secs(900);
/// The polling interval when a time is measured.
pub const LOOK: Duration = Duration::from_millis(5);

pub const COLOURS: &[(&str, &str)] = &[
    ("TERM", "xterm-256color"),
    ("COLORTERM", "truecolor"),
    ("LANG", "C.UTF-8"),
];
pub const ASCII: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("LANG", "C")];

/// The program on a pseudo-terminal whose output is always read.
pub struct Live {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    pub seen: Arc<Seen>,
    began: Instant,
}

pub struct Seen {
    /// `None` if the output is not interpreted, as when a real terminal draws on another machine.
    screen: Option<Mutex<vt100::Parser>>,
    pub bytes: AtomicU64,
    pub frames: AtomicU64,
    /// Microseconds from the start to the end of the first frame; 0 until then.
    pub first_frame: AtomicU64,
}

impl Live {
    /// Starts the program; `looking` interprets what it draws.
    pub fn start(
        plan: &Plan,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        looking: bool,
    ) -> Result<Self, Failure> {
        let pair = native_pty_system().openpty(SIZE)?;
        let mut command = CommandBuilder::new(&plan.program);
        command.args(arguments);
        command.cwd(folder);
        for name in [
            "NO_COLOR",
            "COLORTERM",
            "LC_ALL",
            "LC_CTYPE",
            "LANG",
            "TERM",
        ] {
            command.env_remove(name);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let mut reader = pair.master.try_clone_reader()?;
        let keys = pair.master.take_writer()?;
        let seen = Arc::new(Seen {
            screen: looking.then(|| Mutex::new(vt100::Parser::new(SIZE.rows, SIZE.cols, 0))),
            bytes: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            first_frame: AtomicU64::new(0),
        });
        let began = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        let master = pair.master;
        let for_reader = Arc::clone(&seen);
        thread::spawn(move || {
            let _master = master;
            let mut bytes = [0; 1 << 16];
            let mut frames = Ends::default();
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let new = &bytes[..count];
                for_reader.bytes.fetch_add(count as u64, Ordering::SeqCst);
                let ended = frames.count(new);
                if ended > 0 && for_reader.frames.fetch_add(ended, Ordering::SeqCst) == 0 {
                    let micros = began.elapsed().as_micros() as u64;
                    for_reader.first_frame.store(micros, Ordering::SeqCst);
                }
                if let Some(screen) = &for_reader.screen {
                    lock(screen).process(new);
                }
            }
        });
        Ok(Self {
            child,
            keys,
            seen,
            began,
        })
    }

    /// Polls at the given interval until a value is found.
    pub fn wait_for<T>(
        &mut self,
        what: &str,
        every: Duration,
        found: impl Fn(&Self) -> Option<T>,
    ) -> Result<T, Failure> {
        loop {
            if let Some(found) = found(self) {
                return Ok(found);
            }
            let gone = self.child.try_wait()?.is_some();
            if gone || self.began.elapsed() > PATIENCE {
                let screen = self.seen.contents();
                return Err(format!("waited in vain for {what}:\n{screen}").into());
            }
            thread::sleep(every);
        }
    }

    /// The step that the status line shows.
    pub fn step(&self) -> Option<u64> {
        let line = self.seen.contents();
        let (_, rest) = line.split_once("step ")?;
        let digits: String = rest
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == ',')
            .filter(|c| *c != ',')
            .collect();
        digits.parse().ok()
    }

    /// Presses `q` and waits for the end, whatever the exit status.
    pub fn leave(mut self) -> Result<ExitStatus, Failure> {
        // Writing fails if the program has already ended.
        let _ = self.keys.write_all(b"q").and_then(|()| self.keys.flush());
        Ok(self.child.wait()?)
    }

    /// Presses `q` and waits for exit code 0.
    pub fn quit(self) -> Result<(), Failure> {
        let status = self.leave()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the program ended with {status:?}").into())
        }
    }
}

impl Seen {
    fn contents(&self) -> String {
        let screen = self.screen.as_ref();
        screen.map_or_else(String::new, |screen| lock(screen).screen().contents())
    }
}

/// Counts the ends of frames, including those that arrive in two parts.
#[derive(Default)]
struct Ends {
    /// The number of bytes of [`FRAME_END`] seen so far.
    matched: usize,
}

impl Ends {
    fn count(&mut self, bytes: &[u8]) -> u64 {
        let mut count = 0;
        for &byte in bytes {
            // The first byte of the sequence does not occur again in it, so a mismatch restarts at 0 or 1.
            self.matched = match byte {
                _ if byte == FRAME_END[self.matched] => self.matched + 1,
                _ => (byte == FRAME_END[0]).into(),
            };
            if self.matched == FRAME_END.len() {
                self.matched = 0;
                count += 1;
            }
        }
        count
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
