//! The columns of a run's metrics as a table, and its rows.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Debug,
    io::{self, Write},
    path::Path,
};

use crate::{
    model::{Measures, Updates},
    rundir::record::{
        branches::{Branches, Standing},
        metrics::scan,
        point::Point,
    },
    spectral::exact::FIGURES,
};

/// Columns of one kind of measure of layers.
const MOST_LAYERS: usize = 4096;

/// A measure's name, and how it is read.
type Column = (&'static str, fn(&Measures) -> Option<f32>);

/// The measures of a headless line.
const MEASURES: [Column; 10] = [
    ("loss_d", |m| Some(m.loss_d)),
    ("loss_g", |m| Some(m.loss_g)),
    ("d_real", |m| Some(m.d_real)),
    ("d_fake", |m| Some(m.d_fake)),
    ("accuracy_real", |m| Some(m.accuracy_real)),
    ("accuracy_fake", |m| Some(m.accuracy_fake)),
    ("grad_d", |m| Some(m.grad_d)),
    ("grad_g", |m| Some(m.grad_g)),
    ("grad_x_mean", |m| m.grad_x_mean),
    ("grad_x_max", |m| m.grad_x_max),
];

/// A measure of layers: its key in a line, and where it stands.
type ByLayer = (&'static str, fn(&Measures) -> &[(String, f32)]);

const LAYERS: [ByLayer; 3] = [
    ("sigma", |m| &m.sigma),
    ("weight_norm", |m| &m.weight_norm),
    ("gradient_norm", |m| &m.gradient_norm),
];

/// The columns that a run's lines fill.
#[derive(Debug, Default, PartialEq)]
pub struct Columns {
    abandoned: bool,
    /// Keys of the layers, in the order of the first line that has them, for each of [`LAYERS`].
    layers: [Vec<String>; 3],
    /// Keys of the layers with exact measures.
    exact: Vec<String>,
    scores: BTreeSet<usize>,
    /// Whether there are steps whose update was not applied.
    applied: bool,
}

/// Scores of all kinds, in the order of their columns.
const SCORES: [&str; 8] = [
    "diversity",
    "swd",
    "classifier_score",
    "frechet",
    "class_entropy",
    "modes",
    "high_quality",
    "reverse_kl",
];

impl Columns {
    pub fn of(
        path: &Path,
        branches: &Branches,
        wanted: impl Fn(Standing) -> bool,
        abandoned: bool,
    ) -> io::Result<Self> {
        let mut columns = Self {
            abandoned,
            ..Self::default()
        };
        let mut seen: [HashSet<String>; 3] = Default::default();
        let mut seen_exact = HashSet::new();
        scan(path, branches, |_, point, standing| {
            if !wanted(standing) {
                return Ok(());
            }
            columns.applied |= !point.applied;
            let places = LAYERS.iter().zip(&mut columns.layers).zip(&mut seen);
            for (((_, of), keys), seen) in places {
                for (key, _) in of(&point.measures) {
                    if !seen.contains(key) && keys.len() < MOST_LAYERS {
                        seen.insert(key.clone());
                        keys.push(key.clone());
                    }
                }
            }
            for (key, _) in point.spectra.iter().flat_map(|exact| &exact.layers) {
                if !seen_exact.contains(key) && columns.exact.len() < MOST_LAYERS {
                    seen_exact.insert(key.clone());
                    columns.exact.push(key.clone());
                }
            }
            if let Some(scores) = &point.scores {
                let names = scores.figures.named();
                let places = names
                    .iter()
                    .filter_map(|(name, _)| SCORES.iter().position(|s| s == name));
                columns.scores.extend(places);
            }
            Ok(())
        })?;
        Ok(columns)
    }

    pub fn heading(&self, to: &mut impl Write) -> io::Result<()> {
        write!(to, "step,branch")?;
        if self.abandoned {
            write!(to, ",abandoned")?;
        }
        write!(to, ",updates,seconds")?;
        for (name, _) in MEASURES {
            write!(to, ",{name}")?;
        }
        for ((name, _), keys) in LAYERS.iter().zip(&self.layers) {
            for key in keys {
                write!(to, ",{name}.{key}")?;
            }
        }
        for (name, _) in FIGURES {
            for key in &self.exact {
                write!(to, ",{name}.{key}")?;
            }
        }
        if !self.exact.is_empty() {
            write!(to, ",spectra_step")?;
        }
        for &score in &self.scores {
            write!(to, ",{}", SCORES[score])?;
        }
        if !self.scores.is_empty() {
            write!(to, ",scores_step")?;
        }
        if self.applied {
            write!(to, ",applied")?;
        }
        writeln!(to)
    }

    pub fn row(&self, point: &Point, standing: Standing, to: &mut impl Write) -> io::Result<()> {
        let measures = &point.measures;
        write!(to, "{},{}", measures.step, standing.branch)?;
        if self.abandoned {
            write!(to, ",{}", standing.abandoned)?;
        }
        let updates = match point.updates {
            Updates::Both => "both",
            Updates::Discriminator => "discriminator",
            Updates::Generator => "generator",
        };
        write!(to, ",{updates},")?;
        if let Some(seconds) = point.seconds {
            write!(to, "{seconds}")?;
        }
        for (_, of) in MEASURES {
            cell(of(measures), to)?;
        }
        for ((_, of), keys) in LAYERS.iter().zip(&self.layers) {
            let values = of(measures);
            for (place, key) in keys.iter().enumerate() {
                // Lines have their layers in the same order, mostly.
                let value = values.get(place).filter(|(k, _)| k == key);
                let value = value.or_else(|| values.iter().find(|(k, _)| k == key));
                cell(value.map(|&(_, value)| value), to)?;
            }
        }
        self.exact(point, to)?;
        if !self.scores.is_empty() {
            self.scores(point, to)?;
        }
        if self.applied {
            write!(to, ",{}", point.applied)?;
        }
        writeln!(to)
    }

    fn scores(&self, point: &Point, to: &mut impl Write) -> io::Result<()> {
        let scores = point.scores.as_ref();
        let named = scores
            .map(|scores| scores.figures.named())
            .unwrap_or_default();
        for &score in &self.scores {
            let value = named.iter().find(|(name, _)| *name == SCORES[score]);
            cell(value.map(|&(_, value)| value), to)?;
        }
        match scores {
            Some(scores) => write!(to, ",{}", scores.step),
            None => write!(to, ","),
        }
    }

    /// The cells of the exact measures.
    fn exact(&self, point: &Point, to: &mut impl Write) -> io::Result<()> {
        let exact = point.spectra.as_deref();
        for (_, of) in FIGURES {
            for key in &self.exact {
                cell(exact.and_then(|exact| of(exact.layer(key)?)), to)?;
            }
        }
        match exact {
            _ if self.exact.is_empty() => Ok(()),
            Some(exact) => write!(to, ",{}", exact.step),
            None => write!(to, ","),
        }
    }
}

/// A number behind a comma; nothing where there is none, or it is not finite.
fn cell<N: Copy + Debug + Into<f64>>(value: Option<N>, to: &mut impl Write) -> io::Result<()> {
    match value.filter(|&value| value.into().is_finite()) {
        Some(value) => write!(to, ",{value:?}"),
        None => write!(to, ","),
    }
}
