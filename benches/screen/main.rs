//! Measures the cost of the live screen with the real program in a pseudo-terminal:
//!
//! ```sh
//! cargo bench --bench screen                          # all three
//! cargo bench --bench screen -- first-frame
//! cargo bench --bench screen -- bandwidth
//! cargo bench --bench screen -- overhead --preset digits --steps 300 --threads 2 --minutes 4 --keep pairs.txt
//! ```
//!
//! - `first-frame`: milliseconds from the start of the program to the end of its first frame, for every preset, as the
//!   median of five starts. The budget is 100.
//! - `bandwidth`: bytes a second sent to a terminal of 120×40 from step 200 to 1,200, with samples every 50 steps at 10
//!   frames a second. The budget is 20 kB/s with ASCII and 60 kB/s with half blocks in true colour.
//! - `overhead`: seconds of training with the screen divided by seconds without, in alternating pairs. It ends when the
//!   95 % interval of the median is ±0.5 %, or after `--pairs` or `--minutes`. With `--keep FILE`, a later call
//!   continues from the pairs of this one. The budget is 1.02.

mod bandwidth;
mod first_frame;
mod interval;
mod live;
mod overhead;

use std::{env, error::Error, path::PathBuf, process::ExitCode, thread, time::Duration};

/// The program of this build; `--program FILE` selects another.
const PROGRAM: &str = env!("CARGO_BIN_EXE_sn-tui");

type Failure = Box<dyn Error>;

/// The options of a measurement.
struct Plan {
    program: String,
    what: Vec<String>,
    preset: String,
    steps: u64,
    /// The largest number of pairs, including those in `keep`.
    pairs: usize,
    threads: usize,
    /// The time after which no further pair is started.
    time: Duration,
    /// The file that keeps pairs for a later call.
    keep: Option<PathBuf>,
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
        ("first-frame", first_frame::measure),
        ("bandwidth", bandwidth::measure),
        ("overhead", overhead::measure),
    ];
    for (name, measure) in all.into_iter().filter(|(name, _)| wanted(name)) {
        if let Err(error) = measure(&plan) {
            eprintln!("error: {name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn plan(mut arguments: impl Iterator<Item = String>) -> Result<Plan, Failure> {
    let mut plan = Plan {
        program: PROGRAM.to_owned(),
        what: Vec::new(),
        preset: "ring".to_owned(),
        steps: 1500,
        pairs: 100,
        threads: thread::available_parallelism()?.get(),
        time: Duration::MAX,
        keep: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            // cargo passes `--bench` to every bench.
            "--bench" => {}
            "--program" => plan.program = value()?,
            "--preset" => plan.preset = value()?,
            "--steps" => plan.steps = value()?.parse()?,
            "--pairs" => plan.pairs = value()?.parse()?,
            "--threads" => plan.threads = value()?.parse()?,
            "--minutes" => {
                plan.time = Duration::try_from_secs_f64(60.0 * value()?.parse::<f64>()?)?;
            }
            "--keep" => plan.keep = Some(value()?.into()),
            "first-frame" | "bandwidth" | "overhead" => plan.what.push(argument),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(plan)
}
