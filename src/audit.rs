//! `sn-tui audit`: from its arguments to a table or JSON.

mod table;

use std::{
    collections::BTreeMap,
    error::Error,
    io::Write,
    path::{Path, PathBuf},
};

use crate::{
    cli::{AuditArgs, write_out},
    preset::{self, Diagnostic},
    spectral::audit::{self, Known, Options, Row, TensorFile, Weight},
};

/// Size of images where nothing says it.
const INPUT: (usize, usize) = (32, 32);

/// Audits what the arguments name and prints it.
///
/// # Errors
/// A file that cannot be read or is no safetensors file; a [`Diagnostic`] where an argument names a layer that is not
/// there, or where a run's preset is wrong.
pub fn audit(arguments: &AuditArgs) -> Result<(), Box<dyn Error>> {
    let (path, mut known) = source(arguments)?;
    let mut file = path.as_deref().map(TensorFile::open).transpose()?;
    let weights = file.as_ref().map_or_else(Vec::new, audit::weights);
    say_flags(arguments, &weights, &mut known)?;
    let options = Options {
        iterations: arguments.iterations.clone(),
        seed: arguments.seed,
        input: arguments.input.unwrap_or(INPUT),
        known,
    };

    let mut rows = Vec::new();
    let mut print = |audit: audit::Audit| {
        if arguments.json {
            rows.extend(audit.rows);
            return Ok(());
        }
        write_out(table::layer(&audit).as_bytes())
    };
    if let Some(file) = &mut file {
        for (index, weight) in weights.iter().enumerate() {
            match audit::weight(file, weight, index as u64, &options)? {
                Some(audit) => print(audit)?,
                None => skipped(file, weight),
            }
        }
    }
    for (index, &(m, n)) in arguments.random.iter().enumerate() {
        print(audit::random(m, n, index as u64, &options))?;
    }

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

/// The weights file, and what is known of its layers where it is a run's.
fn source(arguments: &AuditArgs) -> Result<(Option<PathBuf>, BTreeMap<String, Known>), Diagnostic> {
    match &arguments.file {
        Some(folder) if folder.is_dir() => {
            let weights = folder.join("weights.safetensors");
            let known = of_run(&folder.join("preset.ron"))?;
            Ok((Some(weights), known))
        }
        file => Ok((file.clone(), BTreeMap::new())),
    }
}

fn of_run(path: &Path) -> Result<BTreeMap<String, Known>, Diagnostic> {
    if path.symlink_metadata().is_err() {
        warn(
            "there is no preset.ron beside the weights: strides, padding and image sizes are not known",
        );
        return Ok(BTreeMap::new());
    }
    // With a slash at its end it is a run.
    let folder = path.parent().unwrap_or(path).join("");
    let named = preset::load(&folder.to_string_lossy())?;
    Ok(audit::places(&named.preset))
}

/// Adds what the flags say of layers, which must be there.
fn say_flags(
    arguments: &AuditArgs,
    weights: &[Weight],
    known: &mut BTreeMap<String, Known>,
) -> Result<(), Diagnostic> {
    let check = |flag: &str, layer: &str| {
        if weights.iter().any(|weight| weight.layer == layer) {
            return Ok(());
        }
        let layers: Vec<&str> = weights.iter().map(|weight| &*weight.layer).collect();
        let help = (!layers.is_empty()).then(|| format!("the layers are {}", layers.join(", ")));
        let message = format!("--{flag} names the layer `{layer}`, which is not there");
        Err(Diagnostic::plain(message).with_help(help))
    };
    if arguments.input.is_some() {
        known.values_mut().for_each(|known| known.input = None);
    }
    for layer in &arguments.transposed {
        check("transposed", layer)?;
        known.entry(layer.clone()).or_default().transposed = true;
    }
    for (layer, stride) in &arguments.stride {
        check("stride", layer)?;
        known.entry(layer.clone()).or_default().stride = Some(*stride);
    }
    for (layer, padding) in &arguments.padding {
        check("padding", layer)?;
        known.entry(layer.clone()).or_default().padding = Some(*padding);
    }
    Ok(())
}

fn skipped(file: &TensorFile, weight: &Weight) {
    let dtype = file
        .info(&weight.key)
        .map_or(String::new(), |(_, dtype)| dtype);
    warn(&format!(
        "{} is skipped: numbers of type {dtype} are not audited",
        weight.key
    ));
}

/// A line to standard error; where that is closed, nothing is lost but the warning.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {text}");
}
