use crate::model::history::*;

#[test]
fn a_long_run_keeps_its_spikes_in_bounded_memory() {
    let mut history = History::default();
    for step in 1..=100_000 {
        let value = if step == 31_415 { 1e6 } else { 1.0 };
        history.push("loss_d", step, value);
    }
    let series = history.get("loss_d").unwrap();
    assert!(series.buckets.len() <= BUCKETS && series.recent.len() == RECENT);
    assert_eq!(
        series.buckets.iter().map(|b| b.finite).sum::<u64>(),
        100_000
    );
    assert!(series.buckets.iter().any(|b| b.max == 1e6));
    assert!(
        series
            .buckets
            .windows(2)
            .all(|w| w[0].last + 1 == w[1].first)
    );
}

/// The history as text, in which NaNs compare equal.
fn text(history: &History) -> String {
    format!("{history:?}")
}

#[test]
fn a_copy_catches_up_after_any_number_of_points() {
    let (mut history, mut copy) = (History::default(), History::default());
    let mut step = 0;
    // No points, fewer and more points than the recent window, and merging buckets.
    for new in [0, 1, 0, 7, 700, 1, 1023, 1024, 1025, 5000, 3] {
        for _ in 0..new {
            step += 1;
            let value = if step % 50 == 0 {
                f32::NAN
            } else {
                step as f32
            };
            history.push("loss_d", step, value);
            if step % 10 == 0 {
                history.push("diversity", step, value);
            }
            if step > 800 {
                history.push(&format!("late.{}", step / 4000), step, value);
            }
        }
        copy.catch_up(&history);
        assert_eq!(text(&copy), text(&history), "at {step}");
    }
}

#[test]
fn a_copy_of_other_curves_is_replaced() {
    let of = |name: &str, from: u64, to: u64| {
        let mut history = History::default();
        (from..=to).for_each(|step| history.push(name, step, step as f32));
        history
    };
    for (latest, mut copy) in [
        (of("x", 1, 90), of("x", 1, 100)),
        (of("x", 1, 100), of("x", 2, 80)),
        (of("x", 1, 100), of("y", 1, 80)),
        (History::default(), of("y", 1, 80)),
    ] {
        copy.catch_up(&latest);
        assert_eq!(text(&copy), text(&latest));
    }
}

#[test]
fn non_finite_values_are_counted_and_never_bound_the_axis() {
    let mut history = History::default();
    history.push("loss_d", 1, f32::NAN);
    let bucket = history.get("loss_d").unwrap().buckets[0];
    assert_eq!((bucket.non_finite, bucket.mean()), (1, None));
}
