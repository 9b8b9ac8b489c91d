//! The curves that a step's measures are points of.

use super::{History, Measures, Updates};

impl History {
    /// Adds the points of a step. One that updated a single network has none of the other: its measures are old ones.
    pub fn record(&mut self, measures: &Measures, updates: Updates) {
        let step = measures.step;
        let (of_d, of_g) = (
            updates != Updates::Generator,
            updates != Updates::Discriminator,
        );
        for (name, of_it, value) in [
            ("loss_d", of_d, Some(measures.loss_d)),
            ("loss_g", of_g, Some(measures.loss_g)),
            ("d_real", of_d, Some(measures.d_real)),
            ("d_fake", of_d, Some(measures.d_fake)),
            ("accuracy_real", of_d, Some(measures.accuracy_real)),
            ("accuracy_fake", of_d, Some(measures.accuracy_fake)),
            ("grad_d", of_d, Some(measures.grad_d)),
            ("grad_g", of_g, Some(measures.grad_g)),
            ("grad_x_mean", of_g, measures.grad_x_mean),
            ("grad_x_max", of_g, measures.grad_x_max),
        ] {
            if let Some(value) = value.filter(|_| of_it) {
                self.push(name, step, value);
            }
        }
        for (kind, layers) in [
            ("sigma", &measures.sigma),
            ("weight_norm", &measures.weight_norm),
            ("gradient", &measures.gradient_norm),
        ] {
            for (layer, value) in layers {
                let of_it = if layer.starts_with("g.") { of_g } else { of_d };
                if of_it {
                    self.push(&format!("{kind}.{layer}"), step, *value);
                }
            }
        }
    }
}
