//! A report as text.

use std::fmt::Write;

use super::report::{Calls, Report};
use crate::preset::number::grouped;

/// Returns a report as a heading and indented lines.
pub(super) fn block(report: &Report) -> String {
    let mut text = format!(
        "{}: batch {}, n_dis {}, spectral normalization {}, {}, {} samples, {}\n",
        report.net,
        report.batch,
        report.n_dis,
        if report.sn { "on" } else { "off" },
        counted(report.threads, "thread"),
        report.samples,
        report.device,
    );
    let mut row = |name: &str, value: &str| {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "  {name:<16}{value}");
    };
    row(
        "step",
        &format!(
            "median {} ms, minimum {}, spread {} ({})",
            milliseconds(report.step_ms_median),
            milliseconds(report.step_ms_min),
            milliseconds(report.step_ms_spread),
            counted(report.steps, "step"),
        ),
    );
    if let Some(parts) = &report.parts {
        let sum: f64 = parts.rows().iter().map(|(_, part)| part).sum();
        for (name, part) in parts.rows() {
            let share = 100.0 * part / sum;
            let part = milliseconds(part);
            row(name, &format!("{part:>9} ms {share:>5.1} %"));
        }
    }
    row(
        "arithmetic",
        &format!(
            "{:.3} GFLOP a step, {:.1} GFLOP/s; a 1024³ product {:.1} GFLOP/s",
            report.gflop, report.step_gflops, report.matmul_gflops
        ),
    );
    if let Some(calls) = &report.calls {
        let Calls {
            launches,
            graphs,
            graph_nodes,
            nodes_spectral,
            allocations,
            ..
        } = calls;
        row(
            "device",
            &format!(
                "launches {launches}, {} of {}, {nodes_spectral} of all for spectral normalization",
                counted(*graphs as usize, "graph"),
                counted(*graph_nodes as usize, "node"),
            ),
        );
        row(
            "copies",
            &format!(
                "{} to the device, {} to the host, {}",
                calls.copies_to_device,
                calls.copies_to_host,
                counted(*allocations as usize, "allocation"),
            ),
        );
        row(
            "device memory",
            &format!("{:.1} MB", calls.device_memory_mb),
        );
    }
    if let Some(peak) = report.peak_memory_mb {
        row("peak memory", &format!("{peak:.1} MB"));
    }
    let [g, d] = [report.params_g, report.params_d].map(|count| grouped(count as u128));
    row("parameters", &format!("G {g}, D {d}"));
    text
}

/// The legend of the reports.
pub(super) const LEGEND: &str = "\
A step is n_dis D updates and a G update with all measures read. Spread: from the
first to the third quartile. Parts: means over the steps between the quartiles, and
their shares of the sum. Peak memory: resident memory of a process that only trained
this network, before the 1024³ products.
";

/// Returns a count with a noun: `1 step`, `1,500 steps`.
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count as u128))
}

/// Returns milliseconds with about four digits.
fn milliseconds(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 10.0 => format!("{ms:.3}"),
        ms if ms < 1000.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::bench::report::Parts;

    #[test]
    fn a_report_has_all_measures() {
        let report = Report {
            net: "ring".into(),
            sn: true,
            threads: 1,
            batch: 256,
            n_dis: 2,
            step_ms_median: 4.0,
            step_ms_min: 3.5,
            step_ms_spread: 0.25,
            steps: 1500,
            gflop: 0.2,
            step_gflops: 50.0,
            matmul_gflops: 190.0,
            peak_memory_mb: Some(12.3),
            parts: Some(Parts {
                d_forward: 1.0,
                d_backward: 1.0,
                g_forward: 0.5,
                g_backward: 0.5,
                power_iteration: 0.125,
                optimizer: 0.25,
                data: 0.125,
                measuring: 0.5,
            }),
            params_g: 33_666,
            params_d: 33_537,
            samples: "uniform".into(),
            device: "cpu".into(),
            calls: None,
            version: "0".into(),
        };
        let text = block(&report);
        for words in [
            "ring: batch 256, n_dis 2, spectral normalization on, 1 thread, uniform samples, cpu",
            "median 4.000 ms, minimum 3.500, spread 0.250 (1,500 steps)",
            "D backward          1.000 ms  25.0 %",
            "0.200 GFLOP a step, 50.0 GFLOP/s; a 1024³ product 190.0 GFLOP/s",
            "12.3 MB",
            "G 33,666, D 33,537",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        let bare = Report {
            parts: None,
            peak_memory_mb: None,
            ..report
        };
        assert!(!block(&bare).contains("memory") && !block(&bare).contains("D backward"));
    }
}
