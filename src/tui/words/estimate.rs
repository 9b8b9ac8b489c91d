//! σ of a layer as it is shown: the estimate, what speaks against it, and the exact one where it is known.

use ratatui::style::Style;

use super::number;
use crate::{
    model::{LayerSpectrum, Snapshot},
    tui::look::theme::Theme,
};

/// A relative error of σ from which on the estimate is called bad, and worse: no σ of the layer.
pub const DRIFTING: f64 = 0.05;
pub const WRONG: f64 = 0.25;

/// What speaks against an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is below zero or not finite, which no singular value is.
    Impossible,
    /// u and v stand still while the weight moves on.
    Frozen,
    /// It is far from the exact one.
    Far,
}

/// σ of a raw weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sigma {
    /// uᵀWv.
    pub estimate: Option<f64>,
    pub doubt: Option<Doubt>,
    /// By an SVD, of the last step that was looked at.
    pub exact: Option<f64>,
}

impl Sigma {
    /// What a snapshot says of the layer with this key: the estimate of its last step.
    pub fn of(snapshot: &Snapshot, key: &str) -> Self {
        let measures = snapshot.measures.as_deref();
        let sigma = measures.and_then(|m| m.sigma.iter().find(|(known, _)| known == key));
        let spectra = snapshot.spectra.as_deref();
        let layer = spectra.and_then(|s| s.layers.iter().find(|layer| layer.key == key));
        Self::new(
            sigma.map(|&(_, sigma)| f64::from(sigma)),
            snapshot.settings.spectral.layer(key).iterations,
            layer,
        )
    }

    /// An estimate under so many iterations, beside what a look saw.
    pub fn new(estimate: Option<f64>, iterations: usize, looked: Option<&LayerSpectrum>) -> Self {
        let exact = looked.and_then(|layer| layer.exact.sigma_svd);
        let far = |now: f64| {
            let then = looked.and_then(|layer| layer.exact.sigma_error);
            // The look may be an old one: what it says has to hold still.
            let now = exact.map(|exact| (now - exact).abs() / exact);
            then.zip(now).is_some_and(|(a, b)| a.min(b) >= WRONG)
        };
        let doubt = estimate.and_then(|sigma| match sigma {
            sigma if !sigma.is_finite() || sigma < 0.0 => Some(Doubt::Impossible),
            _ if iterations == 0 => Some(Doubt::Frozen),
            sigma if far(sigma) => Some(Doubt::Far),
            _ => None,
        });
        Self {
            estimate,
            doubt,
            exact,
        }
    }

    /// The estimate in at most eight characters, the last one its mark, and its style.
    pub fn marked(&self, theme: &Theme) -> (String, Style) {
        let Some(estimate) = self.estimate else {
            return ("– ".to_owned(), theme.dim);
        };
        let text = number::short(estimate as f32);
        match self.doubt {
            None => (format!("{text} "), Style::new()),
            Some(Doubt::Frozen) => (format!("{text}!"), theme.pending),
            Some(Doubt::Impossible | Doubt::Far) => (format!("{text}!"), theme.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Spectra, spectral::ExactSpectra};

    #[test]
    fn an_estimate_that_cannot_be_trusted_says_why() {
        let looked = |svd: f64, error: f64| {
            let exact = crate::spectral::Exact {
                sigma_svd: Some(svd),
                sigma_error: Some(error),
                ..Default::default()
            };
            let record = ExactSpectra {
                step: 1,
                layers: vec![("d.0".to_owned(), exact)],
            };
            let spectra = Spectra::recorded(&record, &crate::run::fake::preset());
            spectra.layers.into_iter().next()
        };
        let doubt = |estimate: f64, iterations, looked: Option<LayerSpectrum>| {
            Sigma::new(Some(estimate), iterations, looked.as_ref()).doubt
        };
        assert_eq!(doubt(1.0, 1, None), None);
        assert_eq!(doubt(1.0, 1, looked(1.01, 0.01)), None);
        assert_eq!(doubt(-0.45, 1, None), Some(Doubt::Impossible));
        assert_eq!(doubt(-0.45, 0, looked(3.0, 1.15)), Some(Doubt::Impossible));
        assert_eq!(doubt(f64::NAN, 1, None), Some(Doubt::Impossible));
        assert_eq!(doubt(1.0, 0, looked(1.01, 0.01)), Some(Doubt::Frozen));
        assert_eq!(doubt(1.0, 1, looked(2.0, 0.5)), Some(Doubt::Far));
        // It was far, and has come back since.
        assert_eq!(doubt(1.9, 1, looked(2.0, 0.5)), None);
        assert_eq!(
            Sigma::new(Some(1.0), 1, looked(2.0, 0.5).as_ref()).exact,
            Some(2.0)
        );
    }
}
