//! Measures how many bytes a second the live screen sends to the terminal.

use std::{sync::atomic::Ordering, time::Instant};

use super::{
    Failure, Plan,
    live::{ASCII, COLOURS, LOOK, Live},
};

pub fn measure(plan: &Plan) -> Result<(), Failure> {
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
            let mut live = Live::start(plan, folder.path(), &arguments, variables, true)?;
            let mut mark = |step: u64| {
                live.wait_for("the steps", LOOK, |live| {
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
