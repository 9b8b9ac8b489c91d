//! Adds the measures of a step to the curves.

use super::{
    History, Measures, Updates,
    measures::table::{LAYERS, Owner, STEP},
};

impl History {
    /// Adds the measures of a step to the curves. Only measures of updated networks are added, since the others are from
    /// an earlier step.
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
                    self.push(&measure.of_layer(layer), step, *value);
                }
            }
        }
    }
}
