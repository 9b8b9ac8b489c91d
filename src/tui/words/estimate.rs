//! σ of a layer for the screen: the estimate, the reason to doubt it, and the exact value if it is known.

use ratatui::style::Style;

use super::number;
use crate::{
    model::{LayerSpectrum, Snapshot},
    preset::NormalizedLayer,
    tui::look::theme::Theme,
};

/// The relative error of σ from which an estimate is marked as drifting.
pub(crate) const DRIFTING: f64 = 0.05;
/// The relative error of σ from which an estimate is marked as wrong.
pub(crate) const WRONG: f64 = 0.25;

/// The reason to doubt an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It is negative or not finite.
    Impossible,
    /// u and v are frozen while the weight changes.
    Frozen,
    /// It differs from the exact value by [`WRONG`] or more.
    Far,
    /// SN is off: the weight is not divided by it.
    Unused,
}

/// σ of a raw weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sigma {
    /// The estimate uᵀWv.
    pub estimate: Option<f64>,
    pub doubt: Option<Doubt>,
    /// By an SVD, of the last step that was spectrum at.
    pub exact: Option<f64>,
}

impl Sigma {
    /// Returns σ of the layer with this key, with the estimate of the snapshot's last step.
    pub(crate) fn of(snapshot: &Snapshot, key: &str) -> Self {
        let measures = snapshot.measures.as_deref();
        let sigma = measures.and_then(|m| m.sigma.iter().find(|(known, _)| known == key));
        let spectra = snapshot.spectra.as_deref();
        let layer = spectra.and_then(|s| s.layers.iter().find(|layer| layer.key == key));
        Self::new(
            sigma.map(|&(_, sigma)| f64::from(sigma)),
            snapshot.settings.spectral.layer(key),
            layer,
        )
    }

    /// Creates σ from recorded values. The settings of that time are not known, so an estimate is only doubted for its value.
    pub(crate) fn recorded(estimate: Option<f64>, exact: Option<f64>) -> Self {
        let impossible = |sigma: &f64| !sigma.is_finite() || *sigma < 0.0;
        Self {
            estimate,
            doubt: estimate.filter(impossible).map(|_| Doubt::Impossible),
            exact,
        }
    }

    /// Creates σ from an estimate, the layer's settings, and the exact measures of the layer.
    pub(crate) fn new(
        estimate: Option<f64>,
        settings: NormalizedLayer,
        spectrum: Option<&LayerSpectrum>,
    ) -> Self {
        let exact = spectrum.and_then(|layer| layer.exact.sigma_svd);
        let far = |now: f64| {
            let then = spectrum.and_then(|layer| layer.exact.sigma_error);
            // The exact value may be old, so the estimate must have been far from it both then and now.
            let now = exact.map(|exact| (now - exact).abs() / exact);
            then.zip(now).is_some_and(|(a, b)| a.min(b) >= WRONG)
        };
        let doubt = estimate.and_then(|sigma| match sigma {
            sigma if !sigma.is_finite() || sigma < 0.0 => Some(Doubt::Impossible),
            _ if settings.iterations == 0 => Some(Doubt::Frozen),
            sigma if far(sigma) => Some(Doubt::Far),
            _ if !settings.enabled => Some(Doubt::Unused),
            _ => None,
        });
        Self {
            estimate,
            doubt,
            exact,
        }
    }

    /// Returns the estimate in at most eight characters, the last of which is the mark of a doubt, and its style.
    pub(crate) fn marked(&self, theme: &Theme) -> (String, Style) {
        let Some(estimate) = self.estimate else {
            return ("– ".to_owned(), theme.dim);
        };
        let text = number::short(estimate as f32);
        match self.doubt {
            None => (format!("{text} "), Style::new()),
            Some(Doubt::Frozen | Doubt::Unused) => (format!("{text}~"), theme.dim),
            Some(Doubt::Impossible | Doubt::Far) => (format!("{text}!"), theme.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{ExactSpectra, Spectra},
        tui::look::theme::{Depth, Look},
    };

    #[test]
    fn a_doubtful_estimate_has_a_reason() {
        let spectrum = |svd: f64, error: f64| {
            let exact = crate::model::Exact {
                sigma_svd: Some(svd),
                sigma_error: Some(error),
                ..Default::default()
            };
            let record = ExactSpectra {
                step: 1,
                layers: vec![("d.0".to_owned(), exact)],
                lipschitz: None,
            };
            let spectra = Spectra::recorded(&record, &crate::run::fake::preset());
            spectra.layers.into_iter().next()
        };
        let settings = |iterations| NormalizedLayer {
            enabled: true,
            iterations,
            layer_gain: 1.0,
        };
        let doubt = |estimate: f64, iterations, spectrum: Option<LayerSpectrum>| {
            Sigma::new(Some(estimate), settings(iterations), spectrum.as_ref()).doubt
        };
        let off = NormalizedLayer {
            enabled: false,
            ..settings(1)
        };
        let unused = Sigma::new(Some(1.0), off, None);
        assert_eq!(unused.doubt, Some(Doubt::Unused));
        assert_eq!(
            unused.marked(&Look::new(Depth::None, true).theme).0,
            "1.000~"
        );
        assert_eq!(doubt(1.0, 1, None), None);
        assert_eq!(doubt(1.0, 1, spectrum(1.01, 0.01)), None);
        assert_eq!(doubt(-0.45, 1, None), Some(Doubt::Impossible));
        assert_eq!(
            doubt(-0.45, 0, spectrum(3.0, 1.15)),
            Some(Doubt::Impossible)
        );
        assert_eq!(doubt(f64::NAN, 1, None), Some(Doubt::Impossible));
        assert_eq!(doubt(1.0, 0, spectrum(1.01, 0.01)), Some(Doubt::Frozen));
        assert_eq!(doubt(1.0, 1, spectrum(2.0, 0.5)), Some(Doubt::Far));
        // It was far from the exact value and has come back since.
        assert_eq!(doubt(1.9, 1, spectrum(2.0, 0.5)), None);
        assert_eq!(
            Sigma::new(Some(1.0), settings(1), spectrum(2.0, 0.5).as_ref()).exact,
            Some(2.0)
        );
    }
}
