//! The metrics of a run as CSV: its columns and rows.

use std::{
    collections::{BTreeSet, HashSet},
    fmt::Debug,
    io::{self, Write},
};

use crate::{
    model::{
        measures::{
            DISTANCES, EXACT, SLOPES,
            table::{LAYERS, STEP},
        },
        scores::SCORES,
    },
    rundir::metrics::{Record, branches::BranchStatus},
};

/// Number of layers in the columns of one measure, at most.
const MAX_LAYERS: usize = 4096;

/// The columns that the lines of a run need.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Whether abandoned steps are included, with a column that marks them.
    abandoned: bool,
    /// The layers of each of [`LAYERS`].
    layers: [Keys; LAYERS.len()],
    /// Layers with exact measures.
    exact: Keys,
    /// Indices of the exact measures of D in [`SLOPES`].
    slopes: BTreeSet<usize>,
    /// Whether the run is a lane whose distances from lane a were measured.
    distances: bool,
    /// Indices of the scores in [`SCORES`].
    scores: BTreeSet<usize>,
    /// Whether some update was not applied, which needs a column.
    applied: bool,
}

/// Keys of layers, in the order of their first lines.
#[derive(Debug, Default)]
struct Keys {
    in_order: Vec<String>,
    known: HashSet<String>,
}

impl Keys {
    fn add<'a>(&mut self, keys: impl Iterator<Item = &'a String>) {
        for key in keys {
            if !self.known.contains(key) && self.in_order.len() < MAX_LAYERS {
                self.known.insert(key.clone());
                self.in_order.push(key.clone());
            }
        }
    }
}

impl Columns {
    /// Creates the columns of a run before its first line.
    pub(super) fn new(abandoned: bool) -> Self {
        Self {
            abandoned,
            ..Self::default()
        }
    }

    /// Adds the columns that a line needs.
    pub(super) fn add(&mut self, record: &Record) {
        self.applied |= !record.applied;
        self.distances |= record.distances.is_some();
        for (measure, layers) in LAYERS.iter().zip(&mut self.layers) {
            let keys = (measure.access.get)(&record.measures).iter();
            layers.add(keys.map(|(key, _)| key));
        }
        let exact = record.spectra.iter().flat_map(|exact| &exact.layers);
        self.exact.add(exact.map(|(key, _)| key));
        if let Some(exact) = &record.spectra {
            let is_there = |place: &usize| (SLOPES[*place].access)(exact).is_some();
            self.slopes.extend((0..SLOPES.len()).filter(is_there));
        }
        if let Some(scores) = &record.scores {
            let is_there = |place: &usize| (SCORES[*place].access)(&scores.figures).is_some();
            self.scores.extend((0..SCORES.len()).filter(is_there));
        }
    }

    /// Writes the line of names.
    pub(super) fn heading(&self, to: &mut impl Write) -> io::Result<()> {
        write!(to, "step,branch")?;
        if self.abandoned {
            write!(to, ",abandoned")?;
        }
        write!(to, ",updates,seconds")?;
        for measure in &STEP {
            write!(to, ",{}", measure.name)?;
        }
        for (measure, keys) in LAYERS.iter().zip(&self.layers) {
            for key in &keys.in_order {
                write!(to, ",{}.{key}", measure.name)?;
            }
        }
        for measure in &EXACT {
            for key in &self.exact.in_order {
                write!(to, ",{}.{key}", measure.name)?;
            }
        }
        for &slope in &self.slopes {
            write!(to, ",{}", SLOPES[slope].name)?;
        }
        if !self.exact.in_order.is_empty() {
            write!(to, ",spectra_step")?;
        }
        for measure in DISTANCES.iter().filter(|_| self.distances) {
            write!(to, ",{}", measure.name)?;
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

    /// Writes the row of a line.
    pub(super) fn row(
        &self,
        record: &Record,
        standing: BranchStatus,
        to: &mut impl Write,
    ) -> io::Result<()> {
        let measures = &record.measures;
        write!(to, "{},{}", measures.step, standing.branch)?;
        if self.abandoned {
            write!(to, ",{}", standing.abandoned)?;
        }
        write!(to, ",{},", record.updates.name())?;
        if let Some(seconds) = record.seconds {
            write!(to, "{seconds}")?;
        }
        for measure in &STEP {
            cell((measure.access.get)(measures), to)?;
        }
        for (measure, keys) in LAYERS.iter().zip(&self.layers) {
            let values = (measure.access.get)(measures);
            for (place, key) in keys.in_order.iter().enumerate() {
                // Lines usually have their layers in the same order.
                let value = values.get(place).filter(|(k, _)| k == key);
                let value = value.or_else(|| values.iter().find(|(k, _)| k == key));
                cell(value.map(|&(_, value)| value), to)?;
            }
        }
        self.exact(record, to)?;
        for measure in DISTANCES.iter().filter(|_| self.distances) {
            cell(record.distances.as_ref().map(measure.access), to)?;
        }
        if !self.scores.is_empty() {
            self.scores(record, to)?;
        }
        if self.applied {
            write!(to, ",{}", record.applied)?;
        }
        writeln!(to)
    }

    /// Writes the cells of the scores.
    fn scores(&self, record: &Record, to: &mut impl Write) -> io::Result<()> {
        let scores = record.scores.as_ref();
        for &score in &self.scores {
            let value = scores.and_then(|scores| (SCORES[score].access)(&scores.figures));
            cell(value, to)?;
        }
        match scores {
            Some(scores) => write!(to, ",{}", scores.step),
            None => write!(to, ","),
        }
    }

    /// Writes the cells of the exact measures.
    fn exact(&self, record: &Record, to: &mut impl Write) -> io::Result<()> {
        let exact = record.spectra.as_deref();
        for measure in &EXACT {
            for key in &self.exact.in_order {
                cell(
                    exact.and_then(|exact| (measure.access)(exact.layer(key)?)),
                    to,
                )?;
            }
        }
        for &slope in &self.slopes {
            cell(exact.and_then(SLOPES[slope].access), to)?;
        }
        match exact {
            _ if self.exact.in_order.is_empty() => Ok(()),
            Some(exact) => write!(to, ",{}", exact.step),
            None => write!(to, ","),
        }
    }
}

/// Writes a comma and a number. The cell is empty without a number, or if it is not finite.
fn cell<N: Copy + Debug + Into<f64>>(value: Option<N>, to: &mut impl Write) -> io::Result<()> {
    match value.filter(|&value| value.into().is_finite()) {
        Some(value) => write!(to, ",{value:?}"),
        None => write!(to, ","),
    }
}
