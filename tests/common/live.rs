//! The program on a terminal of its own: a pseudo-terminal with an emulator at its other end.
#![allow(dead_code, reason = "a test takes what it needs")]

use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::program::PROGRAM;

/// Patience with a slow machine; nothing takes that long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

const SIZE: PtySize = PtySize {
    rows: 30,
    cols: 100,
    pixel_width: 0,
    pixel_height: 0,
};

/// A program on a terminal, in a folder of its own; killed when dropped.
pub struct Live {
    folder: Arc<TempDir>,
    child: Box<dyn Child + Send + Sync>,
    /// None once the terminal has hung up.
    terminal: Option<Terminal>,
    pid: Pid,
    screen: Arc<Mutex<Screen>>,
    reading: Arc<Reading>,
}

struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    /// Kept so that the terminal's mode can be asked for when the program has gone.
    _slave: Box<dyn SlavePty + Send>,
    /// The terminal's mode before the program came, for comparison.
    mode: String,
}

/// What has come from the program.
struct Screen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Reading {
    stalled: AtomicBool,
    over: AtomicBool,
}

impl Live {
    /// Starts the program with `--out out` and whatever is given.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[arguments, &["--out", "out"]].concat(), |_| {})
    }

    /// Starts the ring, with a small batch and no end, and waits for the page.
    pub fn ring(arguments: &[&str]) -> Self {
        let ring = ["run", "ring", "--set", "batch=32", "--steps", "100000000"];
        let live = Self::start(&[&ring[..], arguments].concat());
        live.until("the page", |screen| {
            screen.alternate_screen() && screen.contents().contains("running")
        });
        live
    }

    /// Starts the program in a folder that is made ready first.
    pub fn start_with(arguments: &[&str], prepare: impl FnOnce(&std::path::Path)) -> Self {
        Self::start_program(PROGRAM.as_ref(), arguments, prepare)
    }

    /// The same with another program.
    pub fn start_program(
        program: &std::path::Path,
        arguments: &[&str],
        prepare: impl FnOnce(&std::path::Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        Self::start_in(Arc::new(folder), program, arguments)
    }

    /// Starts the program once more in the same folder, on a terminal of its own.
    pub fn beside(&self, arguments: &[&str]) -> Self {
        Self::start_in(Arc::clone(&self.folder), PROGRAM.as_ref(), arguments)
    }

    fn start_in(folder: Arc<TempDir>, program: &std::path::Path, arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(folder.path());
        command.env("TERM", "xterm-256color");
        for name in ["NO_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(name);
        }
        command.env("LANG", "C.UTF-8");
        // Nobody's own keys.
        command.env_remove("XDG_CONFIG_HOME");
        command.env("HOME", folder.path());

        let mode = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = Arc::new(Mutex::new(Screen {
            parser: vt100::Parser::new(SIZE.rows, SIZE.cols, 0),
            bytes: Vec::new(),
        }));
        let reading = Arc::new(Reading::default());
        let reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        {
            let (screen, reading) = (Arc::clone(&screen), Arc::clone(&reading));
            thread::spawn(move || read(reader, &screen, &reading));
        }
        let pid = Pid::from_raw(child.process_id().unwrap() as i32).unwrap();
        Self {
            folder,
            child,
            terminal: Some(Terminal {
                master: pair.master,
                keys,
                _slave: pair.slave,
                mode,
            }),
            pid,
            screen,
            reading,
        }
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Where the program was started.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Threads of the program.
    pub fn threads(&self) -> usize {
        self.entries("task")
    }

    /// Files and sockets that the program holds.
    pub fn descriptors(&self) -> usize {
        self.entries("fd")
    }

    fn entries(&self, of: &str) -> usize {
        let folder = format!("/proc/{}/{of}", self.pid.as_raw_nonzero());
        fs::read_dir(folder).unwrap().count()
    }

    /// Bytes of memory that the program holds.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most bytes of memory that it ever held.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, what: &str) -> u64 {
        let status = format!("/proc/{}/status", self.pid.as_raw_nonzero());
        let status = fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what));
        let kilobytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
        kilobytes.parse::<u64>().unwrap() << 10
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        let terminal = self.terminal.as_mut().unwrap();
        terminal.keys.write_all(keys.as_bytes()).unwrap();
        terminal.keys.flush().unwrap();
    }

    /// Processor time so far, in hundredths of a second.
    pub fn ticks(&self) -> u64 {
        let stat = format!("/proc/{}/stat", self.pid.as_raw_nonzero());
        let stat = fs::read_to_string(stat).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ');
        let times = fields.skip(11).take(2);
        times.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    /// What the program reads from, as a link.
    pub fn stdin(&self) -> PathBuf {
        format!("/proc/{}/fd/0", self.pid.as_raw_nonzero()).into()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        let size = PtySize { rows, cols, ..SIZE };
        // The emulator first: what the program draws then must find room.
        self.screen
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(rows, cols);
        self.terminal.as_ref().unwrap().master.resize(size).unwrap();
    }

    /// The terminal says that it has this size, whatever the emulator shows.
    pub fn claim(&self, rows: u16, cols: u16) {
        let size = PtySize { rows, cols, ..SIZE };
        self.terminal.as_ref().unwrap().master.resize(size).unwrap();
    }

    /// Bytes that have come.
    pub fn received(&self) -> usize {
        self.screen.lock().unwrap().bytes.len()
    }

    /// The other end no longer reads, or does so again.
    pub fn stall(&self, stalled: bool) {
        self.reading.stalled.store(stalled, Ordering::SeqCst);
    }

    /// Processor time that the program has taken; none once it has ended.
    pub fn processor_time(&self) -> Option<Duration> {
        let pid = self.pid.as_raw_nonzero();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in brackets may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        if fields.next() == Some("Z") {
            return None;
        }
        let ticks: u64 = fields
            .skip(10)
            .take(2)
            .filter_map(|n| n.parse::<u64>().ok())
            .sum();
        let second = rustix::param::clock_ticks_per_second();
        Some(Duration::from_secs_f64(ticks as f64 / second as f64))
    }

    /// Closes the other end.
    pub fn hang_up(&mut self) {
        // The reader holds a copy of the master; it lets go after the next bytes.
        self.reading.over.store(true, Ordering::SeqCst);
        self.terminal = None;
    }

    /// Waits until the screen is as wanted.
    pub fn until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        self.wait_for(what, || wanted(self.screen.lock().unwrap().parser.screen()));
    }

    pub fn until_shown(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits for a line in the run's log.
    pub fn until_logged(&self, text: &str) {
        self.wait_for(text, || self.log().contains(text));
    }

    pub fn wait_for(&self, what: &str, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for: {what}\n{}\n{}",
                self.contents(),
                self.log()
            );
            thread::sleep(LOOK);
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.out().join("sn-tui.log")).unwrap_or_default()
    }

    /// The text on the screen.
    pub fn contents(&self) -> String {
        self.screen.lock().unwrap().parser.screen().contents()
    }

    /// Everything that has come.
    pub fn transcript(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap().bytes).into_owned()
    }

    /// The sample pictures so far.
    pub fn pictures(&self) -> usize {
        fs::read_dir(self.out().join("samples")).map_or(0, |entries| entries.flatten().count())
    }

    /// Waits for the end; gives the exit code.
    pub fn code(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.signal(), None, "{}", self.contents());
                return status.exit_code();
            }
            let screen = self.contents();
            assert!(start.elapsed() < PATIENCE, "it does not end\n{screen}");
            thread::sleep(LOOK);
        }
    }

    /// Waits for the end, which must leave the terminal as it was; gives the exit code.
    pub fn code_and_terminal(&mut self) -> u32 {
        let code = self.code();
        self.until("the terminal as it was", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        assert!(!self.raw(), "the terminal's mode");
        code
    }

    /// Whether the terminal's mode is another than before the start.
    pub fn raw(&self) -> bool {
        let terminal = self.terminal.as_ref().unwrap();
        format!("{:?}", terminal.master.get_termios()) != terminal.mode
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.reading.over.store(true, Ordering::SeqCst);
        // It may be over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut terminal: Box<dyn Read + Send>, screen: &Mutex<Screen>, reading: &Reading) {
    let mut bytes = [0; 4096];
    while !reading.over.load(Ordering::SeqCst) {
        if reading.stalled.load(Ordering::SeqCst) {
            thread::sleep(LOOK);
            continue;
        }
        match terminal.read(&mut bytes) {
            Ok(0) | Err(_) => break,
            Ok(count) => {
                let mut screen = screen.lock().unwrap();
                screen.parser.process(&bytes[..count]);
                screen.bytes.extend(&bytes[..count]);
            }
        }
    }
}
