//! Times, sizes and scores as short texts.

use std::time::{Duration, SystemTime};

use jiff::{Timestamp, Zoned, tz::TimeZone};

use crate::model::Figures;

/// Returns a time in the local time zone: `2026-11-24 18:04`.
pub(super) fn moment(time: SystemTime) -> String {
    let Ok(time) = Timestamp::try_from(time) else {
        return "-".to_owned();
    };
    let local = Zoned::new(time, TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Returns how long ago `time` was: `12 s ago`, `3 h ago`.
pub(super) fn ago(time: SystemTime, now: SystemTime) -> String {
    match now.duration_since(time) {
        Ok(since) => format!("{} ago", length(since)),
        // The clock of a file server may be ahead.
        Err(_) => "now".to_owned(),
    }
}

fn length(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3600 => format!("{} min", s / 60),
        s @ 3600..172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

/// Returns bytes with a unit: `12 kB`, `3.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        b if b < 1e3 => format!("{b} B"),
        b if b < 1e6 => format!("{:.0} kB", b / 1e3),
        b if b < 1e7 => format!("{:.1} MB", b / 1e6),
        b if b < 1e9 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

/// Returns the most important scores.
pub(super) fn scores(figures: &Figures) -> String {
    match figures {
        Figures::Mixture(scores) => format!(
            "{}/{} modes, quality {:.3}",
            scores.modes, scores.modes_total, scores.high_quality
        ),
        Figures::Images(scores) => match scores.frechet {
            Some(frechet) => format!("diversity {:.3}, Fréchet {frechet:.1}", scores.diversity),
            None => format!("diversity {:.3}, swd {:.4}", scores.diversity, scores.swd),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        let sizes = [0, 999, 45_600, 1_230_000, 45_600_000, 7_890_000_000];
        assert_eq!(
            sizes.map(size),
            ["0 B", "999 B", "46 kB", "1.2 MB", "46 MB", "7.9 GB"]
        );
        let now = SystemTime::now();
        let before = |seconds| ago(now - Duration::from_secs(seconds), now);
        assert_eq!(
            [5, 200, 9000, 400_000].map(before),
            ["5 s ago", "3 min ago", "2 h ago", "4 days ago"]
        );
        assert_eq!(ago(now + Duration::from_secs(9), now), "now");
        assert_eq!(moment(SystemTime::UNIX_EPOCH).len(), 16);
    }
}
