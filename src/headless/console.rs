//! Standard error: notes, lines for people, a progress bar.

use std::{io::IsTerminal, path::Path, time::Duration};

use indicatif::{FormattedDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    model::{Measures, Snapshot, Stopped},
    run::{Ended, Handle},
    rundir::layout,
    spectral::ExactSpectra,
    text::streams::{say, stderr},
};

/// Where everything goes that is not JSON. A standard error that is closed disturbs nothing.
#[derive(Debug)]
pub struct Console {
    quiet: bool,
    bar: Option<ProgressBar>,
    /// The last notice shown.
    notice: u64,
}

impl Console {
    /// Notes and progress are left out where `quiet`; the bar needs a terminal.
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && stderr().0.is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            // A template that were wrong would show in the default style.
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} steps  {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            quiet,
            bar,
            notice: 0,
        }
    }

    /// A line that `--quiet` leaves out.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// A line in any case.
    pub fn error(&self, text: &str) {
        self.beside(|| say(text));
    }

    /// Does something that writes to the terminal without the bar in the way.
    pub fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Moves the bar, and shows notices that are new.
    pub fn progress(&mut self, handle: &Handle) {
        for notice in handle.notices(self.notice) {
            self.notice = notice.number;
            if notice.error {
                self.error(&format!("warning: {}", notice.text));
            } else {
                self.note(&notice.text);
            }
        }
        if let Some(bar) = &self.bar {
            let snapshot = handle.snapshot();
            bar.set_length(snapshot.steps);
            bar.set_position(snapshot.step);
            bar.set_message(rate_and_time_left(&snapshot));
        }
    }

    /// Takes the bar away.
    pub fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

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

/// What is being run and where its files go.
pub fn opening(snapshot: &Snapshot) -> String {
    let threads = match snapshot.threads {
        1 => "1 thread".to_owned(),
        many => format!("{many} threads"),
    };
    format!(
        "{}: seed {}, {}, {threads}, {} steps; files in {}",
        snapshot.name,
        snapshot.seed,
        snapshot.device,
        snapshot.steps,
        snapshot.directory.display()
    )
}

/// The measures of a step for people, whose update was applied or not.
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
        // No singular value is below zero.
        let mark = if *sigma < 0.0 { "!" } else { "" };
        line.push_str(&format!(" {sigma:.3}{mark}"));
    }
    if !applied {
        line.push_str("  not applied");
    }
    line
}

/// Exact measures for people.
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

/// What the run came to, for people.
pub fn closing(ended: &Ended) -> String {
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
    use super::*;
    use crate::run::fake;

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
    fn time_left_is_told_only_while_something_moves() {
        let mut snapshot = fake::snapshot();
        assert_eq!(rate_and_time_left(&snapshot), "");
        snapshot.steps = 1500;
        snapshot.steps_per_second = 12.5;
        assert_eq!(rate_and_time_left(&snapshot), "12.5 steps/s  00:02:00 left");
    }
}
