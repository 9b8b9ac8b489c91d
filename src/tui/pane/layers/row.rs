//! The rows of the table of layers: one for each layer, or for each layer of each lane or watched run.

use ratatui::{style::Style, text::Span};

use super::super::members::{Member, Members};
use crate::{
    model::{History, LayerSpectrum, Measures},
    tui::{
        app::{App, view::layers::keys},
        words::{
            estimate::{DRIFTING, Sigma},
            number,
        },
    },
};

/// The error of σ below which an estimate is right.
const RIGHT: f64 = 0.01;
/// The cosine error from which u or v counts as turned away from the first singular vector.
const TURNED: f64 = 0.1;

/// A row of the table: a layer, of one lane or run.
pub(super) struct Row<'a> {
    /// The position of the layer among all layers.
    pub layer: usize,
    pub key: String,
    /// Whether it is the first row of its layer.
    pub is_first: bool,
    /// Whose layer it is, if there are several lanes or runs.
    pub whose: Option<Whose>,
    pub history: &'a History,
    pub enabled: bool,
    pub iterations: usize,
    pub sigma: Sigma,
    pub frobenius: Option<f64>,
    pub gradient: Option<f64>,
    /// `None` before the first spectra.
    pub spectrum: Option<&'a LayerSpectrum>,
}

/// A lane, or a run.
pub(super) struct Whose {
    /// The name, marked if it is the selected one.
    pub title: Span<'static>,
    /// The name in a sentence.
    name: String,
    pub is_run: bool,
}

/// Returns the rows of all layers with a weight, those of a layer one after the other.
pub(super) fn rows(app: &App) -> Vec<Row<'_>> {
    let members = Members::of(app).all;
    let several = members.len() > 1;
    let mut rows: Vec<Row> = Vec::new();
    for (layer, key) in keys(&app.snapshot).into_iter().enumerate() {
        let mut is_first = true;
        // A watched run may have other layers.
        let has = |member: &&Member| member.selected || keys(member.snapshot).contains(&key);
        for member in members.iter().filter(has) {
            let whose = several.then(|| Whose {
                title: member.title(true),
                name: member.words(),
                is_run: member.lane.is_none(),
            });
            rows.push(row(member, layer, &key, is_first, whose));
            is_first = false;
        }
    }
    rows
}

fn row<'a>(
    member: &Member<'a>,
    layer: usize,
    key: &str,
    is_first: bool,
    whose: Option<Whose>,
) -> Row<'a> {
    let snapshot = member.snapshot;
    let measured = |of: fn(&Measures) -> &[(String, f32)]| {
        let list = of(snapshot.measures.as_deref()?);
        let found = list.iter().find(|(known, _)| known == key)?;
        Some(f64::from(found.1))
    };
    let settings = snapshot.settings.spectral.layer(key);
    let spectra = snapshot.spectra.as_deref();
    let spectrum = spectra.and_then(|s| s.layers.iter().find(|l| l.key == key));
    Row {
        layer,
        key: key.to_owned(),
        is_first,
        whose,
        history: member.history,
        enabled: settings.enabled,
        iterations: settings.iterations,
        // The estimate of the same step as the exact σ, if there is one.
        sigma: match spectrum.and_then(|s| s.sigma) {
            Some(sigma) => Sigma::new(Some(sigma), settings, spectrum),
            None => Sigma::of(snapshot, key),
        },
        frobenius: spectrum
            .and_then(|s| s.frobenius)
            .or_else(|| measured(|m| &m.weight_norm)),
        gradient: measured(|m| &m.gradient_norm),
        spectrum,
    }
}

impl Row<'_> {
    /// Whether u is far from the first singular vector although σ is about right.
    pub(super) fn is_turned(&self) -> bool {
        self.spectrum.is_some_and(|s| {
            let near = s.exact.sigma_error.is_some_and(|error| error < DRIFTING);
            near && s.exact.cosine_error_u.is_some_and(|error| error > TURNED)
        })
    }

    /// Returns the style of the curve of σ where a single one has this.
    pub(super) fn curve_style(&self, single: Style) -> Style {
        self.whose
            .as_ref()
            .map_or(single, |whose| whose.title.style)
    }
}

/// Explains an error of u near 1 beside a small error of σ, where there is one: of the selected layer, or else of the first.
pub(super) fn note(rows: &[Row], selected: usize) -> Option<String> {
    let mut turned = rows.iter().filter(|row| row.is_turned());
    let row = turned.clone().find(|row| row.layer == selected);
    let row = row.or_else(|| turned.next())?;
    let spectrum = row.spectrum?;
    let close = match spectrum.singular_values[..] {
        [first, second, ..] if first > 0.0 => format!(" (σ₂/σ₁ = {:.3})", second / first),
        _ => String::new(),
    };
    let error = spectrum.exact.sigma_error.unwrap_or(0.0);
    let how = if error < RIGHT {
        "right all the same".to_owned()
    } else {
        format!("{:.1} % off", 100.0 * error)
    };
    let whose = row.whose.as_ref();
    let whose = whose.map_or_else(String::new, |whose| format!(" in {}", whose.name));
    Some(format!(
        "err u of {}{whose} is {}: its first singular values are close{close}, and u lies between their vectors; σ is \
         {how}.",
        row.key,
        number::short(spectrum.exact.cosine_error_u? as f32)
    ))
}
