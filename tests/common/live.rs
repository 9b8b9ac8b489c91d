//! The program on a pseudo-terminal with a terminal emulator at the other end.
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
use vt100::MouseProtocolMode;

use crate::program::PROGRAM;

/// The longest time to wait for anything, with a slow machine in mind.
const PATIENCE: Duration = Duration::from_secs(60);
/// The polling interval.
const LOOK: Duration = Duration::from_millis(20);

const SIZE: PtySize = PtySize {
    rows: 30,
    cols: 100,
    pixel_width: 0,
    pixel_height: 0,
};

/// A program on a terminal, in its own folder; killed when dropped.
pub struct Live {
    folder: Arc<TempDir>,
    child: Box<dyn Child + Send + Sync>,
    /// `None` once the terminal has hung up.
    terminal: Option<Terminal>,
    pid: Pid,
    screen: Arc<Mutex<Screen>>,
    reading: Arc<Reading>,
}

struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    /// The slave side, kept open so that the terminal's mode can be read after the program has ended.
    _slave: Box<dyn SlavePty + Send>,
    /// The terminal's mode before the program started.
    mode: String,
}

/// The program's output so far.
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
    /// Starts the program with `--out out` and these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[arguments, &["--out", "out"]].concat(), |_| {})
    }

    /// Starts `ring` with a small batch and no end, and waits for the dashboard.
    pub fn ring(arguments: &[&str]) -> Self {
        let ring = ["run", "ring", "--set", "batch=32", "--steps", "100000000"];
        let live = Self::start(&[&ring[..], arguments].concat());
        live.until("the page", |screen| {
            screen.alternate_screen() && screen.contents().contains("running")
        });
        live
    }

    /// Starts the program in a folder that `prepare` fills first.
    pub fn start_with(arguments: &[&str], prepare: impl FnOnce(&std::path::Path)) -> Self {
        Self::start_program(PROGRAM.as_ref(), arguments, prepare)
    }

    /// Starts another program in a folder that `prepare` fills first.
    pub fn start_program(
        program: &std::path::Path,
        arguments: &[&str],
        prepare: impl FnOnce(&std::path::Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        Self::start_in(Arc::new(folder), program, arguments)
    }

    /// Starts the program again in the same folder, on another terminal.
    pub fn start_again(&self, arguments: &[&str]) -> Self {
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
        // The user's own keys do not apply.
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

    /// The folder in which the program was started.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The number of threads of the program.
    pub fn threads(&self) -> usize {
        self.entries("task")
    }

    /// The number of files and sockets that the program has open.
    pub fn descriptors(&self) -> usize {
        self.entries("fd")
    }

    fn entries(&self, of: &str) -> usize {
        let folder = format!("/proc/{}/{of}", self.pid.as_raw_nonzero());
        fs::read_dir(folder).unwrap().count()
    }

    /// The resident memory of the program in bytes.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The largest resident memory of the program so far in bytes.
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

    /// Types these keys.
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

    /// The file that the program's standard input is connected to.
    pub fn stdin(&self) -> PathBuf {
        format!("/proc/{}/fd/0", self.pid.as_raw_nonzero()).into()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    pub fn resize(&self, rows: u16, cols: u16) {
        let size = PtySize { rows, cols, ..SIZE };
        // The emulator is resized first, so that it has room for what the program draws next.
        self.screen
            .lock()
            .unwrap()
            .parser
            .screen_mut()
            .set_size(rows, cols);
        self.terminal.as_ref().unwrap().master.resize(size).unwrap();
    }

    /// Sets the size that the terminal reports, without resizing the emulator.
    pub fn report_size(&self, rows: u16, cols: u16) {
        let size = PtySize { rows, cols, ..SIZE };
        self.terminal.as_ref().unwrap().master.resize(size).unwrap();
    }

    /// The number of bytes received so far.
    pub fn received(&self) -> usize {
        self.screen.lock().unwrap().bytes.len()
    }

    /// Stops or continues reading at the other end of the terminal.
    pub fn stall(&self, stalled: bool) {
        self.reading.stalled.store(stalled, Ordering::SeqCst);
    }

    /// The processor time of the program; `None` once it has ended.
    pub fn processor_time(&self) -> Option<Duration> {
        let pid = self.pid.as_raw_nonzero();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The process name in parentheses may contain any character.
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

    /// Closes the other end of the terminal.
    pub fn hang_up(&mut self) {
        // The reader holds a copy of the master, which it drops after the next bytes.
        self.reading.over.store(true, Ordering::SeqCst);
        self.terminal = None;
    }

    /// Waits until the screen meets a condition.
    pub fn until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        self.wait_for(what, || wanted(self.screen.lock().unwrap().parser.screen()));
    }

    pub fn until_shown(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Waits for a text in the run's log.
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

    /// All output received so far.
    pub fn transcript(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap().bytes).into_owned()
    }

    /// The number of sample pictures so far.
    pub fn pictures(&self) -> usize {
        fs::read_dir(self.out().join("samples")).map_or(0, |entries| entries.flatten().count())
    }

    /// Waits for the end of the program and returns its exit code.
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

    /// Waits for the end of a program that was killed.
    pub fn until_dead(&mut self) {
        let start = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < PATIENCE, "it does not end");
            thread::sleep(LOOK);
        }
    }

    /// Waits for the end of the program, checks that the terminal's mode is restored, and returns the exit code.
    pub fn code_and_terminal(&mut self) -> u32 {
        let code = self.code();
        self.until("the terminal as it was", |screen| {
            let modes = !screen.alternate_screen() && !screen.hide_cursor();
            let mouse = screen.mouse_protocol_mode() != MouseProtocolMode::None;
            modes && !screen.bracketed_paste() && !mouse
        });
        assert!(!self.raw(), "the terminal's mode");
        code
    }

    /// Whether the terminal's mode differs from that before the start.
    pub fn raw(&self) -> bool {
        let terminal = self.terminal.as_ref().unwrap();
        format!("{:?}", terminal.master.get_termios()) != terminal.mode
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.reading.over.store(true, Ordering::SeqCst);
        // The program may have ended already.
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
