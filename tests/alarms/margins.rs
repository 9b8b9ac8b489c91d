//! Extremes of the figures that the detectors check: how close a run came to its alarms.

use std::fmt;

use sn_tui::model::{History, Logged, Snapshot};

/// The number of steps over which the detectors average.
const WINDOW: f64 = 50.0;
/// The number of consecutive readings that count.
const READINGS: usize = 3;

/// An extreme value of a figure and its step.
#[derive(Clone, Debug)]
struct Extreme {
    name: String,
    figure: f64,
    step: u64,
}

/// All extremes of a run.
#[derive(Debug, Default)]
pub struct Margins {
    lines: u32,
    means: [f64; 4],
    extremes: Vec<Extreme>,
}

impl Margins {
    /// Records the line of a step.
    pub fn take(&mut self, line: &Logged, snapshot: &Snapshot) {
        let measures = &line.measures;
        let root = (snapshot.parameters.0.max(1) as f64).sqrt();
        let figures = [
            f64::from(measures.grad_x_mean.unwrap_or(1.0))
                .max(1e-9)
                .ln(),
            (f64::from(measures.grad_g) / root).max(1e-12).ln(),
            f64::from(measures.accuracy_real.min(measures.accuracy_fake)),
            f64::from(u8::from(measures.d_fake > measures.d_real)),
        ];
        self.lines += 1;
        let count = f64::from(self.lines).min(WINDOW);
        for (mean, figure) in self.means.iter_mut().zip(figures) {
            *mean += (figure - *mean) / count;
        }
        if f64::from(self.lines) < WINDOW {
            return;
        }
        let [x, g, told, fooled] = self.means;
        self.least("‖∇xD‖", x.exp(), measures.step);
        let gain = f64::from(snapshot.settings.gain);
        self.most("‖∇xD‖ over the gain", x.exp() / gain, measures.step);
        self.least("‖∇θG‖ a parameter", g.exp(), measures.step);
        self.most("told apart", told, measures.step);
        self.most("fooled", fooled, measures.step);
    }

    /// Records the curves at the end of a run.
    pub fn curves(&mut self, history: &History, snapshot: &Snapshot) {
        let ranks = snapshot.spectra.iter().flat_map(|spectra| &spectra.layers);
        let ranks: Vec<(String, f64)> = ranks
            .map(|layer| (layer.key.clone(), layer.shape.0.min(layer.shape.1) as f64))
            .collect();
        for series in history.iter() {
            let points = series.buckets.iter().filter(|bucket| bucket.finite > 0);
            let points: Vec<(u64, f64, f64)> = points
                .map(|b| (b.first, f64::from(b.min), f64::from(b.max)))
                .collect();
            let rank = |prefix: &str| {
                let key = series.name.strip_prefix(prefix)?;
                Some(ranks.iter().find(|(known, _)| known == key)?.1)
            };
            match series.name.as_str() {
                "spread" => {
                    let mut reached = false;
                    for &(step, least, most) in &points {
                        self.least("diversity", least, step);
                        if reached {
                            self.least("diversity, once 0.4", least, step);
                        }
                        reached |= most >= 0.4;
                    }
                }
                "reverse_kl" => {
                    for &(step, _, most) in &points {
                        self.most("reverse KL", most, step);
                    }
                }
                "high_quality" => {
                    let late = points.iter().filter(|p| p.0 > snapshot.steps / 2);
                    for &(step, least, _) in late {
                        self.least("high quality, late", least, step);
                    }
                }
                "modes" | "class_entropy" => {
                    let of = |x: f64| if series.name == "modes" { x } else { x.exp() };
                    let mut best = 0.0_f64;
                    for &(step, least, most) in &points {
                        best = best.max(of(most));
                        if best >= 4.0 {
                            self.least("modes of the most", of(least) / best, step);
                        }
                    }
                }
                name => {
                    if let Some(full) = rank("effective_rank.")
                        && full >= 8.0
                        && name.contains(".d.")
                    {
                        for looks in points.windows(READINGS) {
                            let worst = looks.iter().map(|p| p.2).fold(0.0, f64::max);
                            self.least(&format!("{name} of full"), worst / full, looks[0].0);
                        }
                    }
                    if name.starts_with("sigma_error") {
                        for looks in points.windows(READINGS) {
                            let best = looks.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
                            self.most(name, best, looks[0].0);
                        }
                        for &(step, _, most) in &points {
                            self.most(&format!("{name}, one look"), most, step);
                        }
                    }
                }
            }
        }
    }

    fn least(&mut self, name: &str, figure: f64, step: u64) {
        self.extreme(name, figure, step, |new, old| new < old);
    }

    fn most(&mut self, name: &str, figure: f64, step: u64) {
        self.extreme(name, figure, step, |new, old| new > old);
    }

    fn extreme(&mut self, name: &str, figure: f64, step: u64, beats: fn(f64, f64) -> bool) {
        match self.extremes.iter_mut().find(|known| known.name == name) {
            Some(known) if beats(figure, known.figure) => {
                (known.figure, known.step) = (figure, step);
            }
            Some(_) => {}
            None => self.extremes.push(Extreme {
                name: name.to_owned(),
                figure,
                step,
            }),
        }
    }
}

impl fmt::Display for Margins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Extreme { name, figure, step } in &self.extremes {
            writeln!(f, "  {name}: {figure:.3e} at {step}")?;
        }
        Ok(())
    }
}
