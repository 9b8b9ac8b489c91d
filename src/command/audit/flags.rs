//! What the flags say of layers.

use std::collections::BTreeMap;

use super::weights::{Known, Weight};
use crate::{command::AuditArgs, preset::Diagnostic};

/// Adds what the flags say to what is known of layers.
///
/// # Errors
/// A flag that names a layer that is not there, or groups into which its weight does not part.
pub fn apply(
    arguments: &AuditArgs,
    weights: &[Weight],
    known: &mut BTreeMap<String, Known>,
) -> Result<(), Diagnostic> {
    if arguments.input.is_some() {
        known.values_mut().for_each(|known| known.input = None);
    }
    for layer in &arguments.transposed {
        named("transposed", layer, weights, known)?.1.transposed = Some(true);
    }
    for (layer, stride) in &arguments.stride {
        named("stride", layer, weights, known)?.1.stride = Some(*stride);
    }
    for (layer, padding) in &arguments.padding {
        named("padding", layer, weights, known)?.1.padding = Some(*padding);
    }
    for (layer, groups) in &arguments.groups {
        let (weight, known) = named("groups", layer, weights, known)?;
        if !weight.shape[0].is_multiple_of(*groups) {
            let outputs = weight.shape[0];
            let message = format!("--groups {layer}={groups} does not divide {outputs}");
            let help = Some("the first side of the weight parts into so many groups".to_owned());
            return Err(Diagnostic::plain(message).with_help(help));
        }
        known.groups = Some(*groups);
    }
    Ok(())
}

/// The layer that a flag names, and what is known of it.
fn named<'a>(
    flag: &str,
    layer: &str,
    weights: &'a [Weight],
    known: &'a mut BTreeMap<String, Known>,
) -> Result<(&'a Weight, &'a mut Known), Diagnostic> {
    match weights.iter().find(|weight| weight.layer == layer) {
        Some(weight) => Ok((weight, known.entry(layer.to_owned()).or_default())),
        None => Err(not_there(flag, layer, weights)),
    }
}

fn not_there(flag: &str, layer: &str, weights: &[Weight]) -> Diagnostic {
    let layers: Vec<&str> = weights.iter().map(|weight| &*weight.layer).collect();
    let help = (!layers.is_empty()).then(|| format!("the layers are {}", layers.join(", ")));
    let message = format!("--{flag} names the layer `{layer}`, which is not there");
    Diagnostic::plain(message).with_help(help)
}
