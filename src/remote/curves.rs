//! Curves in messages: each curve is sent whole once, then only its new points.

use serde::{Deserialize, Serialize};

use super::Error;
use crate::model::{
    History, Series,
    history::{BUCKETS, Kept, RECENT},
};

/// Estimated bytes of a whole curve in a message, at most.
const CURVE_BYTES: usize = 100 * BUCKETS + 16 * RECENT;
/// Estimated bytes of a point in a message.
const POINT_BYTES: usize = 16;
/// Bytes of curves in one answer. The remaining curves wait for the next answer.
const ANSWER_BYTES: usize = 4 << 20;

/// New values of a curve, with the index of the curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum CurveNews {
    /// The whole curve, which replaces the known one.
    Whole(usize, Series),
    /// (step, value) after the last known point.
    Since(usize, Vec<(u64, f32)>),
    /// All recorded histograms of D's output, which replace the known ones.
    Outputs(Kept),
}

/// Number of values of each curve that a peer has.
#[derive(Debug, Default)]
pub(super) struct SentCurves {
    counts: Vec<u64>,
    /// Number of recorded histograms that the peer has.
    outputs: u64,
}

impl SentCurves {
    /// Returns what was not sent yet of `history`, as much as fits in one answer, and whether that is all.
    pub(super) fn news(&mut self, history: &History) -> (Vec<CurveNews>, bool) {
        let mut news = Vec::new();
        let mut bytes = 0;
        if self.outputs != history.outputs().count() {
            self.outputs = history.outputs().count();
            news.push(CurveNews::Outputs(history.outputs().clone()));
        }
        for (at, series) in history.iter().enumerate() {
            if bytes >= ANSWER_BYTES {
                return (news, false);
            }
            let count = series.count();
            let sent = self.counts.get(at).copied();
            if sent == Some(count) {
                continue;
            }
            let since = sent.and_then(|sent| count.checked_sub(sent));
            let since = since.filter(|&since| since <= series.recent.len() as u64);
            news.push(match since {
                Some(since) => {
                    let first = series.recent.len() - since as usize;
                    bytes += POINT_BYTES * since as usize;
                    CurveNews::Since(at, series.recent.range(first..).copied().collect())
                }
                // The curve is new to the peer, has too many new points, or has fewer values than before.
                None => {
                    bytes += CURVE_BYTES;
                    CurveNews::Whole(at, series.clone())
                }
            });
            match self.counts.get_mut(at) {
                Some(known) => *known = count,
                None => self.counts.push(count),
            }
        }
        (news, true)
    }
}

impl CurveNews {
    /// Adds the new values to curves that have everything sent before.
    ///
    /// # Errors
    /// [`Error::Curve`] if the curve is unknown or has too many values, [`Error::Outputs`] if histograms have no axis or
    /// are too many.
    pub(super) fn apply(self, history: &mut History) -> Result<(), Error> {
        let (at, valid) = match self {
            Self::Outputs(outputs) => {
                let valid = history.put_outputs(outputs);
                return if valid { Ok(()) } else { Err(Error::Outputs) };
            }
            Self::Whole(at, series) => (at, history.put(at, series)),
            Self::Since(at, points) => (at, history.extend(at, &points)),
        };
        if valid { Ok(()) } else { Err(Error::Curve(at)) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Outputs;

    fn same(a: &History, b: &History) -> bool {
        a.iter().eq(b.iter()) && a.outputs() == b.outputs()
    }

    #[test]
    fn curves_arrive_complete_whatever_the_peer_missed() {
        let (mut run, mut client) = (History::default(), History::default());
        let mut sent = SentCurves::default();
        let mut step = 0;
        for steps in [0, 1, 5, 0, 1024, 700, 1025, 5000, 3] {
            for _ in 0..steps {
                step += 1;
                run.push("loss_d", step, (step as f32).sin());
                if step.is_multiple_of(7) {
                    let outputs = Outputs::of(step, &[1.0], &[step as f32]).unwrap();
                    run.push_outputs(Arc::new(outputs));
                    run.push("sigma.d.0", step, step as f32);
                }
                if step > 800 {
                    run.push("modes", step, 8.0);
                }
            }
            let (news, all) = sent.news(&run);
            assert!(all && (steps > 0 || news.is_empty()));
            for news in news {
                news.apply(&mut client).unwrap();
            }
            assert!(same(&run, &client), "after {steps} steps");
        }
    }

    #[test]
    fn many_curves_arrive_in_several_answers() {
        let (mut run, mut client) = (History::default(), History::default());
        for step in 1..=2000 {
            for layer in 0..300 {
                run.push(&format!("sigma.d.{layer}"), step, 1.0);
            }
        }
        let (mut sent, mut answers) = (SentCurves::default(), 0);
        loop {
            let (news, all) = sent.news(&run);
            let bytes = crate::remote::protocol::encode(&news).unwrap();
            assert!(bytes.len() < 5 << 20, "{}", bytes.len());
            for news in news {
                news.apply(&mut client).unwrap();
            }
            answers += 1;
            if all {
                break;
            }
        }
        assert!(answers > 1 && same(&run, &client));
    }

    #[test]
    fn invalid_curves_are_refused() {
        let mut history = History::default();
        history.push("loss_d", 1, 1.0);
        let series = history.get("loss_d").unwrap().clone();
        let whole = CurveNews::Whole;
        assert!(whole(2, series.clone()).apply(&mut history).is_err());
        let mut long = series.clone();
        long.recent.extend(vec![(1, 1.0); RECENT]);
        assert!(whole(0, long).apply(&mut history).is_err());
        let mut long = series.clone();
        long.buckets = vec![long.buckets[0]; BUCKETS + 1];
        assert!(whole(0, long).apply(&mut history).is_err());
        let since = CurveNews::Since(1, vec![(2, 1.0)]);
        assert!(since.apply(&mut history).is_err());
        assert!(whole(1, series).apply(&mut history).is_ok());
        let mut broken = Outputs::of(1, &[1.0], &[2.0]).unwrap();
        broken.high = f32::NAN;
        let mut wrong = History::default();
        wrong.push_outputs(Arc::new(broken));
        let outputs = CurveNews::Outputs(wrong.outputs().clone());
        assert!(outputs.apply(&mut history).is_err());
        assert_eq!(history.outputs_at(1), None);
    }
}
