//! A confidence interval of a median.

/// (lower end, median, upper end): order statistics that hold the median with at least 95 %, for any distribution.
/// Infinite ends if there are too few values.
pub fn median_interval(values: &[f64]) -> (f64, f64, f64) {
    if values.is_empty() {
        return (f64::NEG_INFINITY, f64::NAN, f64::INFINITY);
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
    // The chance that fewer than k of n values lie below the median.
    let mut tail = 0.0;
    let mut term = 0.5f64.powi(n as i32);
    let mut k = 0;
    while k < n / 2 && tail + term <= 0.025 {
        tail += term;
        term *= (n - k) as f64 / (k + 1) as f64;
        k += 1;
    }
    match k {
        0 => (f64::NEG_INFINITY, median, f64::INFINITY),
        k => (sorted[k - 1], median, sorted[n - k]),
    }
}
