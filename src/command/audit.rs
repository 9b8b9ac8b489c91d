//! `sn-tui audit`: from its arguments to a table or JSON.

pub mod arguments;

mod flags;
mod source;
mod table;
pub mod weights;

use std::collections::BTreeMap;

use super::{AuditArgs, Error};
use crate::text::streams::{say, write_out};
use source::Source;
use weights::{Audit, LeftOut, Listing, Nearer, Options, Row, Why};

/// Size of images where nothing says it.
const INPUT: (usize, usize) = (32, 32);

/// Audits what the arguments name and prints it.
///
/// # Errors
/// A file that cannot be read or is no safetensors file; a [`Diagnostic`](crate::preset::Diagnostic) where an argument
/// names a layer that is not there, or does not fit it.
pub fn audit(arguments: &AuditArgs) -> Result<(), Error> {
    let mut source = arguments.file.as_deref().map(Source::open).transpose()?;
    let Listing { weights, left_out } = source
        .as_ref()
        .map_or_else(Listing::default, |source| weights::weights(&source.tensors));
    let (mut known, network) = source
        .as_mut()
        .map(|source| (std::mem::take(&mut source.known), source.network.clone()))
        .unwrap_or_default();
    flags::apply(arguments, &weights, &mut known)?;
    let options = Options {
        iterations: arguments.iterations.clone(),
        seed: arguments.seed,
        input: arguments.input.unwrap_or(INPUT),
        known,
        network,
    };
    say_left_out(&left_out);

    let (mut rows, mut nearer) = (Vec::new(), Vec::new());
    let mut print = |audit: Audit| {
        if let (Some(layout), Some(row)) = (audit.nearer, audit.rows.first()) {
            nearer.push((layout, row.layer.clone()));
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

    say_nearer(&nearer);
    if arguments.json {
        write_out(json(&rows)?.as_bytes())?;
    } else if weights.is_empty() && arguments.random.is_empty() {
        write_out("no weights of two or more dimensions\n".as_bytes())?;
    } else {
        write_out(table::LEGEND.as_bytes())?;
    }
    Ok(())
}

/// An array, a row in each line.
fn json(rows: &[Row]) -> serde_json::Result<String> {
    let lines: Vec<String> = rows
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}

/// Names every tensor that has no row, in a line for each reason.
fn say_left_out(left_out: &[LeftOut]) {
    let mut reasons: BTreeMap<&Why, Vec<&str>> = BTreeMap::new();
    for LeftOut { key, why } in left_out {
        reasons.entry(why).or_default().push(key);
    }
    for (why, keys) in reasons {
        say(&format!("left out ({why}): {}", keys.join(", ")));
    }
}

/// Says which layout was taken of convolutions whose stored vectors fit both.
fn say_nearer(nearer: &[(Nearer, String)]) {
    for (layout, words) in [
        (Nearer::Transposed, "transposed convolutions"),
        (Nearer::Plain, "plain convolutions"),
    ] {
        let layers = nearer.iter().filter(|(found, _)| *found == layout);
        let layers: Vec<&str> = layers.map(|(_, layer)| named(layer)).collect();
        if !layers.is_empty() {
            say(&format!(
                "read as {words}, to whose σ uᵀWv of the stored vectors is nearer: {}",
                layers.join(", ")
            ));
        }
    }
}

/// What a layer is called where it is shown.
fn named(layer: &str) -> &str {
    match layer {
        "" => "(root)",
        layer => layer,
    }
}

fn warn(text: &str) {
    say(&format!("warning: {text}"));
}
