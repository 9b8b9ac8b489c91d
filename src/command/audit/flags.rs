//! Information about layers from the flags.

use std::collections::BTreeMap;

use super::weights::{LayerInfo, Weight};
use crate::{command::AuditArgs, preset::Diagnostic};

/// Adds the information of the flags to `layers`.
///
/// # Errors
/// A flag names a layer that does not exist, or a number of groups that does not divide its outputs.
pub(super) fn apply(
    arguments: &AuditArgs,
    weights: &[Weight],
    layers: &mut BTreeMap<String, LayerInfo>,
) -> Result<(), Diagnostic> {
    if arguments.input.is_some() {
        layers.values_mut().for_each(|info| info.input = None);
    }
    for layer in &arguments.transposed {
        named("transposed", layer, weights, layers)?.1.transposed = Some(true);
    }
    for (layer, stride) in &arguments.stride {
        named("stride", layer, weights, layers)?.1.stride = Some(*stride);
    }
    for (layer, padding) in &arguments.padding {
        named("padding", layer, weights, layers)?.1.padding = Some(*padding);
    }
    for (layer, groups) in &arguments.groups {
        let (weight, info) = named("groups", layer, weights, layers)?;
        if !weight.shape[0].is_multiple_of(*groups) {
            let outputs = weight.shape[0];
            let message = format!("--groups {layer}={groups} does not divide {outputs}");
            let help = Some("the groups split the first dimension of the weight".to_owned());
            return Err(Diagnostic::plain(message).with_help(help));
        }
        info.groups = Some(*groups);
    }
    Ok(())
}

/// Returns the weight of the layer that a flag names, and its information.
fn named<'a>(
    flag: &str,
    layer: &str,
    weights: &'a [Weight],
    layers: &'a mut BTreeMap<String, LayerInfo>,
) -> Result<(&'a Weight, &'a mut LayerInfo), Diagnostic> {
    match weights.iter().find(|weight| weight.layer == layer) {
        Some(weight) => Ok((weight, layers.entry(layer.to_owned()).or_default())),
        None => Err(no_such_layer(flag, layer, weights)),
    }
}

fn no_such_layer(flag: &str, layer: &str, weights: &[Weight]) -> Diagnostic {
    let layers: Vec<&str> = weights.iter().map(|weight| &*weight.layer).collect();
    let help = (!layers.is_empty()).then(|| format!("the layers are {}", layers.join(", ")));
    let message = format!("--{flag}: there is no layer `{layer}`");
    Diagnostic::plain(message).with_help(help)
}
