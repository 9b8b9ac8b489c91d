//! Measures the time from the start of the program to the end of its first frame.

use std::sync::atomic::Ordering;

use sn_tui::preset::builtin;

use super::{
    Failure, Plan,
    live::{COLOURS, LOOK, Live},
};

pub fn measure(plan: &Plan) -> Result<(), Failure> {
    println!("first frame, ms from the start of the program (budget 100)");
    for name in builtin::names() {
        let mut times = Vec::new();
        for _ in 0..5 {
            let folder = tempfile::tempdir()?;
            let arguments = ["run", name, "--out", "out"];
            let mut live = Live::start(plan, folder.path(), &arguments, COLOURS, false)?;
            let micros = live.wait_for("the first frame", LOOK, |live| {
                Some(live.seen.first_frame.load(Ordering::SeqCst)).filter(|&micros| micros > 0)
            })?;
            times.push(micros as f64 / 1e3);
            // A preset whose data is missing fails after its first frame, which does not matter here.
            live.leave()?;
        }
        times.sort_by(f64::total_cmp);
        println!(
            "  {name:<16} {:>6.1}  ({:.1} to {:.1})",
            times[2], times[0], times[4]
        );
    }
    Ok(())
}
