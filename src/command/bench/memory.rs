//! The memory of this process.

/// Returns the peak of resident memory of this process in 10⁶ bytes, or `None` if the system is not Linux.
///
/// It includes everything that ran in this process before.
pub(super) fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    peak(&status)
}

/// Parses the line `VmHWM:    123456 kB`, in which 1 kB is 1024 bytes.
fn peak(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_found_among_other_lines() {
        let status = "VmPeak:\t  900 kB\nVmHWM:\t  125000 kB\nVmRSS:\t 7 kB\n";
        assert_eq!(peak(status), Some(128.0));
        assert_eq!(peak("VmRSS:\t 7 kB\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_a_peak() {
        assert!(peak_megabytes().unwrap() > 1.0);
    }
}
