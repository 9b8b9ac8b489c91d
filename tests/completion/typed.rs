//! A shell on a pseudo-terminal, and the text on its screen.

use std::{
    io::{Read, Write},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// The longest time to wait for the shell and the program.
const PATIENCE: Duration = Duration::from_secs(60);
const SIZE: PtySize = PtySize {
    rows: 40,
    cols: 100,
    pixel_width: 0,
    pixel_height: 0,
};
const CONTROL_C: &str = "\u{3}";

pub struct Typed {
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    child: Box<dyn Child + Send + Sync>,
    /// The master side, kept open because the terminal hangs up without it.
    _master: Box<dyn MasterPty + Send>,
}

impl Drop for Typed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Typed {
    /// Starts the shell in this folder and executes a line in it.
    pub fn start(shell: &[&str], folder: &Path, line: &str) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(shell[0]);
        command.args(&shell[1..]);
        command.cwd(folder);
        command.env("PATH", crate::path());
        command.env("HOME", folder);
        command.env("TERM", "xterm");
        command.env("LC_ALL", "C.UTF-8");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(SIZE.rows, SIZE.cols, 0)));
        let (shown, mut reader) = (Arc::clone(&screen), pair.master.try_clone_reader().unwrap());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let mut typed = Self {
            keys,
            screen,
            child,
            _master: pair.master,
        };
        // The quotes keep the typed line from containing the expected text.
        typed.press(&format!("{line}; echo re''ady\n"));
        typed.shows("ready");
        typed
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until this text is on the screen.
    pub fn shows(&self, part: &str) {
        let begun = Instant::now();
        while !self.text().contains(part) {
            let late = begun.elapsed() > PATIENCE;
            assert!(!late, "no {part:?} in\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types keys on an empty screen, waits for all these texts, and cancels the line.
    pub fn answers(&mut self, keys: &str, parts: &[&str]) {
        // The marker shows that the screen was cleared; the typed line does not contain it.
        self.press("clear; echo em''pty\n");
        self.shows("empty\n");
        self.press(keys);
        parts.iter().for_each(|part| self.shows(part));
        self.press(CONTROL_C);
    }
}
