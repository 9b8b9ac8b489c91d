//! Output to standard error: notes, log lines and a progress bar.

use std::{collections::BTreeMap, io::IsTerminal, path::Path, time::Duration};

use indicatif::{FormattedDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    model::{ExactSpectra, LaneId, Measures, Snapshot, Stopped},
    run::{Ended, Handle},
    rundir::layout,
    text::streams::{say, stderr},
};

/// Writes everything that is not JSON to standard error. A closed standard error is ignored.
#[derive(Debug)]
pub(super) struct Console {
    quiet: bool,
    bar: Option<ProgressBar>,
    /// Number of the last notice shown of each lane.
    notices: BTreeMap<LaneId, u64>,
}

impl Console {
    /// Creates a console. With `quiet` it shows no notes and no progress; the progress bar needs a terminal.
    pub(super) fn new(quiet: bool) -> Self {
        let bar = (!quiet && stderr().0.is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            // With an invalid template the bar keeps its default style.
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} steps  {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            quiet,
            bar,
            notices: BTreeMap::new(),
        }
    }

    /// Writes a line, unless `--quiet` is given.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// Writes a line, also with `--quiet`.
    pub(super) fn error(&self, text: &str) {
        self.beside(|| say(text));
    }

    /// Hides the bar while `write` writes to the terminal.
    pub(super) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Updates the bar and shows new notices.
    pub(super) fn progress(&mut self, handle: &Handle) {
        for (lane, notice) in handle.lane_notices(&mut self.notices) {
            let name = lane.map_or_else(String::new, |lane| format!("lane {lane}: "));
            if notice.error {
                self.error(&format!("warning: {name}{}", notice.text));
            } else {
                self.note(&format!("{name}{}", notice.text));
            }
        }
        if let Some(bar) = &self.bar {
            let snapshot = handle.snapshot();
            bar.set_length(snapshot.steps);
            bar.set_position(snapshot.step);
            bar.set_message(rate_and_time_left(&snapshot));
        }
    }

    /// Removes the bar.
    pub(super) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Returns the speed and the remaining time, or nothing while the speed is unknown.
fn rate_and_time_left(snapshot: &Snapshot) -> String {
    let rate = snapshot.steps_per_second;
    let left = snapshot.steps.saturating_sub(snapshot.step) as f64 / f64::from(rate);
    match Duration::try_from_secs_f64(left) {
        Ok(left) if rate > 0.0 => {
            let left = FormattedDuration(Duration::from_secs(left.as_secs()));
            format!("{rate:.1} steps/s  {left} left")
        }
        _ => String::new(),
    }
}

/// Returns the first line of a headless run: preset, seed, device, threads, steps and directory.
pub(super) fn opening(snapshot: &Snapshot) -> String {
    format!(
        "{}: seed {}, {}, {}, {} steps; files in {}",
        snapshot.name,
        snapshot.seed,
        snapshot.device,
        threads(snapshot.threads),
        snapshot.steps,
        snapshot.directory.display()
    )
}

/// Returns a number of threads in words: `1 thread`, `2 threads`.
pub fn threads(count: usize) -> String {
    match count {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    }
}

/// Returns the log line of a step. `applied` is false if the update was not applied.
pub fn line(measures: &Measures, applied: bool) -> String {
    let mut line = format!(
        "step {:>6}  loss D {:.4} G {:.4}  D(real) {:.3} D(fake) {:.3}",
        measures.step, measures.loss_d, measures.loss_g, measures.d_real, measures.d_fake
    );
    if let (Some(mean), Some(max)) = (measures.grad_x_mean, measures.grad_x_max) {
        line.push_str(&format!("  |∇xD| {mean:.4} (max {max:.4})"));
    }
    line.push_str(&format!("  |∇θD| {:.4}  σ", measures.grad_d));
    for (_, sigma) in &measures.sigma {
        // A negative estimate is wrong: no singular value is below zero.
        let mark = if *sigma < 0.0 { "!" } else { "" };
        line.push_str(&format!(" {sigma:.3}{mark}"));
    }
    if !applied {
        line.push_str("  not applied");
    }
    line
}

/// Returns the log line of exact measures: σ by SVD of each layer and the error of its estimate.
pub fn exact(exact: &ExactSpectra) -> String {
    let layers = exact.layers.iter().map(|(key, layer)| {
        let sigma = layer.sigma_svd;
        let sigma = sigma.map_or_else(|| "unknown".to_owned(), |sigma| format!("{sigma:.4}"));
        match layer.sigma_error {
            Some(error) => format!("{key} {sigma} (estimate {:.1} % off)", 100.0 * error),
            None => format!("{key} {sigma}"),
        }
    });
    let layers: Vec<String> = layers.collect();
    format!("  σ by SVD of step {}: {}", exact.step, layers.join(", "))
}

/// Returns the summary of an ended run as lines of text, lane by lane if it had several.
pub fn closing(ended: &Ended) -> String {
    if ended.others.is_empty() {
        return closing_of_lane(ended);
    }
    let lanes = std::iter::once(ended).chain(&ended.others);
    let texts = lanes.map(|lane| {
        let name = lane.summary.lane.unwrap_or_default();
        format!("lane {name}: {}", closing_of_lane(lane))
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Returns the summary of an ended lane, without the others.
fn closing_of_lane(ended: &Ended) -> String {
    let summary = &ended.summary;
    let how = match summary.stopped {
        Stopped::Done => "done",
        Stopped::User | Stopped::Signal => "stopped",
        Stopped::Error => "failed",
    };
    let mut text = format!(
        "{how}: {} steps in {:.1} s, {:.1} steps/s",
        summary.steps, summary.seconds, summary.steps_per_second
    );
    if let (Some(d), Some(g)) = (summary.loss_d, summary.loss_g) {
        text.push_str(&format!("\nlosses: D {d:.4}, G {g:.4}"));
    }
    if let Some(scores) = &summary.scores {
        text.push_str(&format!(
            "\nscores: {}\n  ({})",
            scores.figures, scores.protocol
        ));
    }
    let place = |name: &Path| {
        let path = ended.directory.join(name);
        path.is_file().then(|| path.display().to_string())
    };
    if let Some(hash) = &summary.weights_sha256 {
        text.push_str(&format!("\nweights: sha256 {hash}"));
        if let Some(path) = place(Path::new(layout::WEIGHTS)) {
            text.push_str(&format!("\n  {path}"));
        }
    }
    if let Some(path) = place(&Path::new(layout::SAMPLES).join(layout::FINAL_PICTURE)) {
        text.push_str(&format!("\nsamples: {path}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{model::Summary, run::fake};

    #[test]
    fn a_line_names_the_step_and_every_sigma() {
        let mut measures = fake::measures(100);
        measures.sigma.push(("d.2".into(), f32::NAN));
        let line = super::line(&measures, true);
        assert!(line.starts_with("step    100  loss D 1.0000"), "{line}");
        assert!(line.ends_with("σ 1.500 NaN"), "{line}");
        measures.sigma.push(("d.4".into(), -0.45));
        assert!(super::line(&measures, true).ends_with("σ 1.500 NaN -0.450!"));
        measures.grad_x_mean = None;
        let other = super::line(&measures, false);
        assert!(
            !other.contains("∇xD") && other.ends_with("-0.450!  not applied"),
            "{other}"
        );
    }

    #[test]
    fn the_closing_lines_tell_every_lane() {
        let ended = |lane: Option<LaneId>, others| Ended {
            summary: Summary {
                lane,
                ..Summary::of(&fake::snapshot(), Stopped::Done)
            },
            error: None,
            directory: PathBuf::new(),
            saved: None,
            others,
        };
        let alone = closing(&ended(None, Vec::new()));
        assert!(alone.starts_with("done: ") && !alone.contains("lane"));
        let b = ended(LaneId::A.next(), Vec::new());
        let both = closing(&ended(Some(LaneId::A), vec![b]));
        assert_eq!(both.matches("done: ").count(), 2, "{both}");
        assert!(
            both.starts_with("lane a: done: ") && both.contains("\nlane b: done: "),
            "{both}"
        );
    }

    #[test]
    fn time_left_is_shown_only_while_the_speed_is_known() {
        let mut snapshot = fake::snapshot();
        assert_eq!(rate_and_time_left(&snapshot), "");
        snapshot.steps = 1500;
        snapshot.steps_per_second = 12.5;
        assert_eq!(rate_and_time_left(&snapshot), "12.5 steps/s  00:02:00 left");
    }
}
