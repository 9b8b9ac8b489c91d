//! The columns of a run's metrics as a table, and its rows.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Debug,
    io::{self, Write},
    path::Path,
};

use crate::{
    model::{
        measures::{
            EXACT,
            table::{LAYERS, STEP},
        },
        scores::SCORES,
    },
    rundir::record::{
        branches::{Branches, Standing},
        metrics::scan,
        point::Point,
    },
};

/// Columns of one kind of measure of layers.
const MOST_LAYERS: usize = 4096;

/// The columns that a run's lines fill.
#[derive(Debug, Default, PartialEq)]
pub struct Columns {
    abandoned: bool,
    /// Keys of the layers, in the order of the first line that has them, for each of [`LAYERS`].
    layers: [Vec<String>; LAYERS.len()],
    /// Keys of the layers with exact measures.
    exact: Vec<String>,
    /// Places in [`SCORES`].
    scores: BTreeSet<usize>,
    /// Whether there are steps whose update was not applied.
    applied: bool,
}

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
        let mut seen: [HashSet<String>; LAYERS.len()] = Default::default();
        let mut seen_exact = HashSet::new();
        scan(path, branches, |_, point, standing| {
            if !wanted(standing) {
                return Ok(());
            }
            columns.applied |= !point.applied;
            let places = LAYERS.iter().zip(&mut columns.layers).zip(&mut seen);
            for ((measure, keys), seen) in places {
                for (key, _) in (measure.access.get)(&point.measures) {
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
                let is_there = |place: &usize| (SCORES[*place].access)(&scores.figures).is_some();
                columns.scores.extend((0..SCORES.len()).filter(is_there));
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
        for measure in &STEP {
            write!(to, ",{}", measure.name)?;
        }
        for (measure, keys) in LAYERS.iter().zip(&self.layers) {
            for key in keys {
                write!(to, ",{}.{key}", measure.name)?;
            }
        }
        for measure in &EXACT {
            for key in &self.exact {
                write!(to, ",{}.{key}", measure.name)?;
            }
        }
        if !self.exact.is_empty() {
            write!(to, ",spectra_step")?;
        }
        for &score in &self.scores {
            write!(to, ",{}", SCORES[score].name)?;
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
        write!(to, ",{},", point.updates.name())?;
        if let Some(seconds) = point.seconds {
            write!(to, "{seconds}")?;
        }
        for measure in &STEP {
            cell((measure.access.get)(measures), to)?;
        }
        for (measure, keys) in LAYERS.iter().zip(&self.layers) {
            let values = (measure.access.get)(measures);
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
        for &score in &self.scores {
            let value = scores.and_then(|scores| (SCORES[score].access)(&scores.figures));
            cell(value, to)?;
        }
        match scores {
            Some(scores) => write!(to, ",{}", scores.step),
            None => write!(to, ","),
        }
    }

    /// The cells of the exact measures.
    fn exact(&self, point: &Point, to: &mut impl Write) -> io::Result<()> {
        let exact = point.spectra.as_deref();
        for measure in &EXACT {
            for key in &self.exact {
                cell(
                    exact.and_then(|exact| (measure.access)(exact.layer(key)?)),
                    to,
                )?;
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
