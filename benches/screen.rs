//! What the live screen costs, measured on the real program in a pseudo-terminal:
//!
//! ```sh
//! cargo bench --bench screen                          # all three
//! cargo bench --bench screen -- first-frame
//! cargo bench --bench screen -- bandwidth
//! cargo bench --bench screen -- overhead --preset ring --steps 1000 --pairs 20 --threads 2
//! ```
//!
//! `first-frame`: milliseconds from the start of the program to the end of its first frame, for every preset, the
//! median of five starts; the budget is 100. `bandwidth`: bytes a second that reach a terminal of 120×40 from step 200 to
//! 1,200 with samples every 50 steps at 10 frames a second; the budget is 20 kB/s with ASCII and 60 kB/s with half
//! blocks in true colour. `overhead`: seconds to the end of training with the screen over seconds without, in
//! alternating pairs, with the 95 % interval of the median; the budget is 1.02.

use std::{
    env,
    error::Error,
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use sn_tui::preset::builtin;

/// The program of this build; `--program FILE` measures another.
const PROGRAM: &str = env!("CARGO_BIN_EXE_sn-tui");
const SIZE: PtySize = PtySize {
    rows: 40,
    cols: 120,
    pixel_width: 0,
    pixel_height: 0,
};
/// Ends a synchronized update: the last bytes of a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(900);
const LOOK: Duration = Duration::from_millis(5);

type Failure = Box<dyn Error>;

/// What to measure.
struct Plan {
    program: String,
    what: Vec<String>,
    preset: String,
    steps: u64,
    pairs: usize,
    threads: usize,
}

type Measure = fn(&Plan) -> Result<(), Failure>;

fn main() -> ExitCode {
    let plan = match plan(env::args().skip(1)) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let wanted = |name: &str| plan.what.is_empty() || plan.what.iter().any(|what| what == name);
    let all: [(&str, Measure); 3] = [
        ("first-frame", first_frames),
        ("bandwidth", bandwidths),
        ("overhead", overhead),
    ];
    for (name, measure) in all.into_iter().filter(|(name, _)| wanted(name)) {
        if let Err(error) = measure(&plan) {
            eprintln!("error: {name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn plan(arguments: impl Iterator<Item = String>) -> Result<Plan, Failure> {
    let mut plan = Plan {
        program: PROGRAM.to_owned(),
        what: Vec::new(),
        preset: "ring".to_owned(),
        steps: 1500,
        pairs: 12,
        threads: thread::available_parallelism()?.get(),
    };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            // What cargo passes to every bench.
            "--bench" => {}
            "--program" => plan.program = value()?,
            "--preset" => plan.preset = value()?,
            "--steps" => plan.steps = value()?.parse()?,
            "--pairs" => plan.pairs = value()?.parse()?,
            "--threads" => plan.threads = value()?.parse()?,
            "first-frame" | "bandwidth" | "overhead" => plan.what.push(argument),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(plan)
}

/// The program on a terminal that keeps reading.
struct Live {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<Seen>,
    began: Instant,
}

struct Seen {
    screen: Mutex<vt100::Parser>,
    bytes: AtomicU64,
    /// Microseconds from the start to the end of the first frame; 0 before.
    first_frame: AtomicU64,
}

impl Live {
    fn start(
        plan: &Plan,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
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
            screen: Mutex::new(vt100::Parser::new(SIZE.rows, SIZE.cols, 0)),
            bytes: AtomicU64::new(0),
            first_frame: AtomicU64::new(0),
        });
        let began = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        let master = pair.master;
        let for_reader = Arc::clone(&seen);
        thread::spawn(move || {
            let _master = master;
            let mut bytes = [0; 1 << 16];
            let mut tail: Vec<u8> = Vec::new();
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let new = &bytes[..count];
                for_reader.bytes.fetch_add(count as u64, Ordering::SeqCst);
                if for_reader.first_frame.load(Ordering::SeqCst) == 0 {
                    tail.extend(new);
                    if tail
                        .windows(FRAME_END.len())
                        .any(|window| window == FRAME_END)
                    {
                        let micros = began.elapsed().as_micros() as u64;
                        for_reader.first_frame.store(micros, Ordering::SeqCst);
                    }
                }
                lock(&for_reader.screen).process(new);
            }
        });
        Ok(Self {
            child,
            keys,
            seen,
            began,
        })
    }

    fn wait_for<T>(
        &mut self,
        what: &str,
        found: impl Fn(&Self) -> Option<T>,
    ) -> Result<T, Failure> {
        loop {
            if let Some(found) = found(self) {
                return Ok(found);
            }
            let gone = self.child.try_wait()?.is_some();
            if gone || self.began.elapsed() > PATIENCE {
                let screen = lock(&self.seen.screen).screen().contents();
                return Err(format!("waited in vain for {what}:\n{screen}").into());
            }
            thread::sleep(LOOK);
        }
    }

    /// The step in the status line.
    fn step(&self) -> Option<u64> {
        let line = lock(&self.seen.screen).screen().contents();
        let (_, rest) = line.split_once("step ")?;
        let digits: String = rest
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == ',')
            .filter(|c| *c != ',')
            .collect();
        digits.parse().ok()
    }

    fn quit(mut self) -> Result<(), Failure> {
        self.keys.write_all(b"q")?;
        self.keys.flush()?;
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the program ended with {status:?}").into()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const COLOURS: &[(&str, &str)] = &[
    ("TERM", "xterm-256color"),
    ("COLORTERM", "truecolor"),
    ("LANG", "C.UTF-8"),
];
const ASCII: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("LANG", "C")];

fn first_frames(plan: &Plan) -> Result<(), Failure> {
    println!("first frame, ms from the start of the program (budget 100)");
    for name in builtin::names() {
        let mut times = Vec::new();
        for _ in 0..5 {
            let folder = tempfile::tempdir()?;
            let arguments = ["run", name, "--out", "out"];
            let mut live = Live::start(plan, folder.path(), &arguments, COLOURS)?;
            let micros = live.wait_for("the first frame", |live| {
                Some(live.seen.first_frame.load(Ordering::SeqCst)).filter(|&micros| micros > 0)
            })?;
            times.push(micros as f64 / 1e3);
            // A preset whose data are not there fails afterwards, which is no matter here.
            let _ = live.keys.write_all(b"q").and_then(|()| live.keys.flush());
            live.child.wait()?;
        }
        times.sort_by(f64::total_cmp);
        println!(
            "  {name:<16} {:>6.1}  ({:.1} to {:.1})",
            times[2], times[0], times[4]
        );
    }
    Ok(())
}

fn bandwidths(plan: &Plan) -> Result<(), Failure> {
    println!("bandwidth at 120×40, steps 200 to 1,200, samples every 50, 10 frames/s");
    for preset in ["digits", "ring"] {
        for (look, variables, budget) in [
            ("ASCII", ASCII, 20.0),
            ("half blocks, true colour", COLOURS, 60.0),
        ] {
            let folder = tempfile::tempdir()?;
            let threads = plan.threads.to_string();
            let arguments = [
                "run",
                preset,
                "--out",
                "out",
                "--threads",
                &threads,
                "--set",
                "samples.every=50",
            ];
            let mut live = Live::start(plan, folder.path(), &arguments, variables)?;
            let mut mark = |step: u64| {
                live.wait_for("the steps", |live| {
                    live.step().filter(|&now| now >= step)?;
                    Some((Instant::now(), live.seen.bytes.load(Ordering::SeqCst)))
                })
            };
            let (start, before) = mark(200)?;
            let (end, after) = mark(1200)?;
            let seconds = (end - start).as_secs_f64();
            let rate = (after - before) as f64 / seconds / 1e3;
            println!("  {preset:<8} {look:<26} {rate:>6.1} kB/s (budget {budget}), {seconds:.1} s");
            live.quit()?;
        }
    }
    Ok(())
}

fn overhead(plan: &Plan) -> Result<(), Failure> {
    let Plan {
        preset,
        steps,
        pairs,
        threads,
        ..
    } = plan;
    println!(
        "overhead: {preset}, {steps} steps, {threads} threads, live at 10 frames/s over headless"
    );
    let mut ratios = Vec::new();
    for pair in 0..*pairs {
        // Each goes first in half of the pairs.
        let (live, headless) = match pair % 2 {
            0 => {
                let live = train(plan, true)?;
                (live, train(plan, false)?)
            }
            _ => {
                let headless = train(plan, false)?;
                (train(plan, true)?, headless)
            }
        };
        ratios.push(live / headless);
        let (low, median, high) = median_interval(&ratios);
        println!(
            "  pair {:>2}: live {live:.2} s, headless {headless:.2} s, ratio {:.4}; median {median:.4} [{low:.4}, {high:.4}]",
            pair + 1,
            live / headless
        );
        if pair >= 7 && (high - low) / 2.0 <= 0.005 {
            break;
        }
    }
    let (low, median, high) = median_interval(&ratios);
    println!(
        "  median {median:.4}, 95 % interval [{low:.4}, {high:.4}] (budget: its lower end at most 1.02)"
    );
    Ok(())
}

/// Seconds from the start of the program until the weights are written.
fn train(plan: &Plan, live: bool) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let weights = folder.path().join("out/weights.safetensors");
    let (steps, threads) = (plan.steps.to_string(), plan.threads.to_string());
    let arguments = [
        "run",
        &plan.preset,
        "--out",
        "out",
        "--steps",
        &steps,
        "--threads",
        &threads,
    ];
    let began = SystemTime::now();
    if live {
        let mut live = Live::start(plan, folder.path(), &arguments, COLOURS)?;
        live.wait_for("the last step", |live| {
            live.step().filter(|&now| now >= plan.steps)
        })?;
        live.wait_for("the weights", |_| weights.is_file().then_some(()))?;
        live.quit()?;
    } else {
        let status = Command::new(&plan.program)
            .args(arguments)
            .args(["--headless", "--quiet"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("the program ended with {status}").into());
        }
    }
    let written = fs::metadata(&weights)?.modified()?;
    Ok(written.duration_since(began)?.as_secs_f64())
}

/// (lower end, median, upper end): the interval between order statistics that holds the median with 95 % at least,
/// whatever the distribution.
fn median_interval(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
    // Chance that fewer than k of n values lie below the median.
    let mut tail = 0.0;
    let mut term = 0.5f64.powi(n as i32);
    let mut k = 0;
    while k < n / 2 && tail + term <= 0.025 {
        tail += term;
        term *= (n - k) as f64 / (k + 1) as f64;
        k += 1;
    }
    match k {
        0 => (f64::NEG_INFINITY, median, f64::INFINITY),
        k => (sorted[k - 1], median, sorted[n - k]),
    }
}
