//! `sn-tui audit`: compares σ by power iteration with σ by SVD.

pub(crate) mod arguments;

mod flags;
mod source;
mod table;
pub mod weights;

use std::collections::BTreeMap;

use super::{AuditArgs, Error};
use crate::text::streams::{say, write_out};
use source::Source;
use weights::{Audit, ChosenLayout, Listing, Options, Row, SkipReason, Skipped};

/// (height, width) of the images of a convolution if nothing says it.
const INPUT: (usize, usize) = (32, 32);

/// Audits the weights that the arguments name, and prints a table or JSON.
///
/// # Errors
/// - The file cannot be read or is not a safetensors file.
/// - A flag names a layer that does not exist, or does not fit it (a [`Diagnostic`](crate::preset::Diagnostic)).
pub fn audit(arguments: &AuditArgs) -> Result<(), Error> {
    let mut source = arguments.file.as_deref().map(Source::open).transpose()?;
    let Listing { weights, skipped } = source
        .as_ref()
        .map_or_else(Listing::default, |source| weights::weights(&source.tensors));
    let (mut layers, network) = source
        .as_mut()
        .map(|source| (std::mem::take(&mut source.layers), source.network.clone()))
        .unwrap_or_default();
    flags::apply(arguments, &weights, &mut layers)?;
    let options = Options {
        iterations: arguments.iterations.clone(),
        seed: arguments.seed,
        input: arguments.input.unwrap_or(INPUT),
        layers,
        network,
    };
    report_skipped(&skipped);

    let (mut rows, mut chosen) = (Vec::new(), Vec::new());
    let mut print = |audit: Audit| {
        if let (Some(layout), Some(row)) = (audit.chosen, audit.rows.first()) {
            chosen.push((layout, row.layer.clone()));
        }
        if arguments.json {
            rows.extend(audit.rows);
            return Ok(());
        }
        write_out(table::layer(&audit).as_bytes())
    };
    if let Some(source) = &mut source {
        for index in 0..weights.len() {
            print(weights::weight(
                &mut source.tensors,
                &weights,
                index,
                &options,
            )?)?;
        }
    }
    for (index, &(m, n)) in arguments.random.iter().enumerate() {
        print(weights::random(m, n, index as u64, &options))?;
    }

    report_layouts(&chosen);
    if arguments.json {
        write_out(json(&rows)?.as_bytes())?;
    } else if weights.is_empty() && arguments.random.is_empty() {
        write_out("no weights of two or more dimensions\n".as_bytes())?;
    } else {
        write_out(table::LEGEND.as_bytes())?;
    }
    Ok(())
}

/// Returns a JSON array with one row in each line.
fn json(rows: &[Row]) -> serde_json::Result<String> {
    let lines: Vec<String> = rows
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// Prints the keys of all tensors without a row, one line for each reason.
fn report_skipped(skipped: &[Skipped]) {
    let mut reasons: BTreeMap<&SkipReason, Vec<&str>> = BTreeMap::new();
    for Skipped { key, reason } in skipped {
        reasons.entry(reason).or_default().push(key);
    }
    for (reason, keys) in reasons {
        say(&format!("left out ({reason}): {}", keys.join(", ")));
    }
}

/// Prints the layouts that were chosen for convolutions whose stored vectors fit both.
fn report_layouts(chosen: &[(ChosenLayout, String)]) {
    for (layout, words) in [
        (ChosenLayout::Transposed, "transposed convolutions"),
        (ChosenLayout::Plain, "plain convolutions"),
    ] {
        let layers = chosen.iter().filter(|(found, _)| *found == layout);
        let layers: Vec<&str> = layers.map(|(_, layer)| display_name(layer)).collect();
        if !layers.is_empty() {
            say(&format!(
                "read as {words}, because uᵀWv of the stored vectors is nearer to their σ: {}",
                layers.join(", ")
            ));
        }
    }
}

/// Returns the name of a layer for people.
fn display_name(layer: &str) -> &str {
    match layer {
        "" => "(root)",
        layer => layer,
    }
}

fn warn(text: &str) {
    say(&format!("warning: {text}"));
}
