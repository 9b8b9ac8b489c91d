//! Curves on their way: the whole of a curve once, then the points since.

use serde::{Deserialize, Serialize};

use crate::model::{
    History, Series,
    history::{BUCKETS, RECENT},
};

/// About the most bytes that a whole curve, and a point, take.
const WHOLE: usize = 100 * BUCKETS + 16 * RECENT;
const POINT: usize = 16;
/// Bytes of curves in one answer, at which the others wait for the next.
const ENOUGH: usize = 4 << 20;

/// What is new of a curve, with its place in the order of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CurveNews {
    Whole(usize, Series),
    Since(usize, Vec<(u64, f32)>),
}

/// The values of each curve that a peer has.
#[derive(Debug, Default)]
pub struct Sent {
    counts: Vec<u64>,
}

impl Sent {
    /// What `history` has that was not sent, as much as fits an answer, and whether that is all.
    pub fn news(&mut self, history: &History) -> (Vec<CurveNews>, bool) {
        let mut news = Vec::new();
        let mut bytes = 0;
        for (at, series) in history.iter().enumerate() {
            if bytes >= ENOUGH {
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
                    bytes += POINT * since as usize;
                    CurveNews::Since(at, series.recent.range(first..).copied().collect())
                }
                // New to the peer, too far behind, or with fewer values than before.
                None => {
                    bytes += WHOLE;
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
    /// Puts what is new into curves that have all that was sent before.
    ///
    /// # Errors
    /// A curve that is not known, or keeps to no bounds.
    pub fn put(self, history: &mut History) -> Result<(), String> {
        let (at, done) = match self {
            Self::Whole(at, series) => (at, history.put(at, series)),
            Self::Since(at, points) => (at, history.extend(at, &points)),
        };
        match done {
            true => Ok(()),
            false => Err(format!("curve {at} is not sound")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &History, b: &History) -> bool {
        a.iter().eq(b.iter())
    }

    #[test]
    fn curves_arrive_whole_whatever_the_peer_missed() {
        let (mut here, mut there) = (History::default(), History::default());
        let mut sent = Sent::default();
        let mut step = 0;
        for steps in [0, 1, 5, 0, 1024, 700, 1025, 5000, 3] {
            for _ in 0..steps {
                step += 1;
                here.push("loss_d", step, (step as f32).sin());
                if step.is_multiple_of(7) {
                    here.push("sigma.d.0", step, step as f32);
                }
                if step > 800 {
                    here.push("modes", step, 8.0);
                }
            }
            let (news, all) = sent.news(&here);
            assert!(all && (steps > 0 || news.is_empty()));
            for news in news {
                news.put(&mut there).unwrap();
            }
            assert!(same(&here, &there), "after {steps} steps");
        }
    }

    #[test]
    fn many_curves_arrive_by_and_by() {
        let (mut here, mut there) = (History::default(), History::default());
        for step in 1..=2000 {
            for layer in 0..300 {
                here.push(&format!("sigma.d.{layer}"), step, 1.0);
            }
        }
        let (mut sent, mut answers) = (Sent::default(), 0);
        loop {
            let (news, all) = sent.news(&here);
            let bytes = crate::remote::protocol::encode(&news).unwrap();
            assert!(bytes.len() < 5 << 20, "{}", bytes.len());
            for news in news {
                news.put(&mut there).unwrap();
            }
            answers += 1;
            if all {
                break;
            }
        }
        assert!(answers > 1 && same(&here, &there));
    }

    #[test]
    fn curves_that_are_not_sound_are_refused() {
        let mut history = History::default();
        history.push("loss_d", 1, 1.0);
        let series = history.get("loss_d").unwrap().clone();
        let whole = CurveNews::Whole;
        assert!(whole(2, series.clone()).put(&mut history).is_err());
        let mut long = series.clone();
        long.recent.extend(vec![(1, 1.0); RECENT]);
        assert!(whole(0, long).put(&mut history).is_err());
        let mut long = series.clone();
        long.buckets = vec![long.buckets[0]; BUCKETS + 1];
        assert!(whole(0, long).put(&mut history).is_err());
        let since = CurveNews::Since(1, vec![(2, 1.0)]);
        assert!(since.put(&mut history).is_err());
        assert!(whole(1, series).put(&mut history).is_ok());
    }
}
