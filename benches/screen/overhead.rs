//! Measures how much longer training takes with the screen.
//!
//! Both runs of a pair take the same steps with the same threads on the same cores, one right after the other, in
//! alternating order. Training time is read from the files of the run on both sides: from the picture of step 0, which
//! is written right before the first step, to the weights. The terminal reads everything at once and draws nothing,
//! because a real one draws on another machine.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use super::{
    Failure, Plan,
    interval::median_interval,
    live::{COLOURS, Live},
};

/// The wanted half-width of the interval.
const PRECISION: f64 = 0.005;
/// The fewest pairs; with fewer, an interval may be narrow by chance.
const LEAST: usize = 12;
/// The polling interval for the end of a run, long enough to cost nothing.
const LOOK: Duration = Duration::from_millis(50);

/// The seconds that training took on each side.
#[derive(Clone, Copy)]
struct Pair {
    live: f64,
    headless: f64,
}

pub fn measure(plan: &Plan) -> Result<(), Failure> {
    println!(
        "overhead: {}, {} steps, {} threads, live at 10 frames/s over headless",
        plan.preset, plan.steps, plan.threads
    );
    let mut pairs = stored_pairs(plan)?;
    if !pairs.is_empty() {
        println!("  {} pairs of earlier calls", pairs.len());
    }
    let began = Instant::now();
    while pairs.len() < plan.pairs && began.elapsed() < plan.time && !is_enough(&pairs) {
        let live_first = pairs.len().is_multiple_of(2);
        let (live, headless) = if live_first {
            let live = train_live(plan)?;
            (live, train_headless(plan)?)
        } else {
            let headless = train_headless(plan)?;
            (train_live(plan)?, headless)
        };
        let pair = Pair {
            live: live.seconds,
            headless,
        };
        pairs.push(pair);
        store_pair(plan, pair)?;
        let (low, median, high) = interval(&pairs);
        println!(
            "  pair {:>2}: live {:.3} s ({:.1} frames/s), headless {headless:.3} s, ratio {:.4}; median {median:.4} [{low:.4}, {high:.4}]",
            pairs.len(),
            live.seconds,
            live.frames / live.seconds,
            live.seconds / headless,
        );
    }
    let (low, median, high) = interval(&pairs);
    let verdict = if low <= 1.02 { "holds" } else { "is exceeded" };
    println!(
        "  median {median:.4}, 95 % interval [{low:.4}, {high:.4}] of {} pairs{}: the budget (lower end at most 1.02) {verdict}",
        pairs.len(),
        if is_enough(&pairs) {
            ""
        } else {
            ", wider than aimed at"
        },
    );
    Ok(())
}

fn interval(pairs: &[Pair]) -> (f64, f64, f64) {
    let ratios: Vec<f64> = pairs.iter().map(|pair| pair.live / pair.headless).collect();
    median_interval(&ratios)
}

fn is_enough(pairs: &[Pair]) -> bool {
    let (low, _, high) = interval(pairs);
    pairs.len() >= LEAST && (high - low) / 2.0 <= PRECISION
}

/// The prefix of this measurement's lines in the file of pairs.
fn heading(plan: &Plan) -> String {
    format!("{} {} {} ", plan.preset, plan.steps, plan.threads)
}

/// The pairs that earlier calls stored.
fn stored_pairs(plan: &Plan) -> Result<Vec<Pair>, Failure> {
    let Some(path) = plan.keep.as_ref().filter(|path| path.exists()) else {
        return Ok(Vec::new());
    };
    let (text, heading) = (fs::read_to_string(path)?, heading(plan));
    let lines = text.lines().filter_map(|line| line.strip_prefix(&heading));
    let pair = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(live)), Some(Ok(headless)), None) => Ok(Pair { live, headless }),
            _ => Err(format!("{}: no pair: {heading}{line}", path.display()).into()),
        }
    };
    lines.map(pair).collect()
}

fn store_pair(plan: &Plan, pair: Pair) -> Result<(), Failure> {
    if let Some(path) = &plan.keep {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?;
        writeln!(file, "{}{} {}", heading(plan), pair.live, pair.headless)?;
    }
    Ok(())
}

/// The result of a training with the screen.
struct Watched {
    seconds: f64,
    /// The number of frames that reached the terminal.
    frames: f64,
}

fn train_live(plan: &Plan) -> Result<Watched, Failure> {
    let folder = tempfile::tempdir()?;
    let arguments = arguments(plan);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut live = Live::start(plan, folder.path(), &arguments, COLOURS, false)?;
    let weights = folder.path().join(WEIGHTS);
    live.wait_for("the weights", LOOK, |_| weights.is_file().then_some(()))?;
    let frames = live.seen.frames.load(Ordering::SeqCst) as f64;
    live.quit()?;
    Ok(Watched {
        seconds: seconds(folder.path())?,
        frames,
    })
}

fn train_headless(plan: &Plan) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let status = Command::new(&plan.program)
        .args(arguments(plan))
        .args(["--headless", "--quiet"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if status.success() {
        seconds(folder.path())
    } else {
        Err(format!("the program ended with {status}").into())
    }
}

fn arguments(plan: &Plan) -> Vec<String> {
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
    arguments.map(str::to_owned).to_vec()
}

const WEIGHTS: &str = "out/weights.safetensors";

/// The seconds of training of the run in this folder.
fn seconds(folder: &Path) -> Result<f64, Failure> {
    let when =
        |name: &str| -> Result<_, Failure> { Ok(fs::metadata(folder.join(name))?.modified()?) };
    let (start, end) = (when("out/samples/step-000000.png")?, when(WEIGHTS)?);
    Ok(end.duration_since(start)?.as_secs_f64())
}
