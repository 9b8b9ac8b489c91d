//! The curves that a step's measures are points of.

use super::{
    History, Measures, Updates,
    measures::table::{LAYERS, Owner, STEP},
};

impl History {
    /// Adds the points of a step. A step that updated one network has no points of the other, whose measures are of an
    /// earlier step.
    pub fn record(&mut self, measures: &Measures, updates: Updates) {
        let step = measures.step;
        for measure in STEP.iter().filter(|m| updates.includes(m.of)) {
            if let Some(value) = (measure.access.get)(measures) {
                self.push(measure.name, step, value);
            }
        }
        for measure in &LAYERS {
            for (layer, value) in (measure.access.get)(measures) {
                if updates.includes(Owner::of_layer(layer)) {
                    self.push(&format!("{}.{layer}", measure.name), step, *value);
                }
            }
        }
    }
}
