//! `sn-tui metrics`: prints the measures of a run as CSV or JSON lines.

mod columns;

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::{
    command::{Error, MetricsArgs},
    files::open,
    rundir::{
        Reading, layout,
        metrics::{Record, Scan, branches::BranchStatus, find_branches},
    },
    text::streams,
    text::{Escaping, escaped},
};
use columns::Columns;

/// Writes the metrics of a run.
///
/// # Errors
/// No run has this name, the run has no metrics, or a file cannot be read or written.
pub(crate) fn metrics(arguments: &MetricsArgs) -> Result<(), Error> {
    let directory = super::find(&arguments.run)?;
    let path = directory.join(layout::METRICS);
    if !path.is_file() {
        let message = format!(
            "{} has no metrics: it holds no {}",
            directory.display(),
            layout::METRICS
        );
        return Err(Error::failed(message));
    }
    let written = arguments.output.write_with(|to| {
        let mut to = BufWriter::new(Escaping(to));
        let unreadable = write(&path, arguments, &mut to)?;
        to.flush().map(|()| unreadable)
    })?;
    let unreadable = written.unwrap_or(0);
    if unreadable > 0 {
        streams::say(&format!(
            "warning: {unreadable} unreadable lines of {} are left out",
            path.display()
        ));
    }
    Ok(())
}

/// Receives a line: its text, its measures, and its branch.
type Take<'a> = dyn FnMut(&[u8], &Record, BranchStatus) -> io::Result<()> + 'a;

/// Writes the metrics in `path` and returns the number of unreadable lines.
fn write(path: &Path, arguments: &MetricsArgs, to: &mut impl Write) -> io::Result<u64> {
    let branches = find_branches(open::no_follow(path)?, Reading::Lenient)?;
    // Calls `take` for each wanted line and returns the number of unreadable lines.
    let each = |take: &mut Take| {
        let mut scan = Scan::new(open::no_follow(path)?, &branches, Reading::Lenient);
        let mut take = |text: &[u8], record: Record, standing: BranchStatus| {
            if arguments.abandoned || !standing.abandoned {
                take(text, &record, standing)
            } else {
                Ok(())
            }
        };
        while let Some(taken) = scan.next(&mut take)? {
            taken?;
        }
        io::Result::Ok(scan.unreadable)
    };
    if arguments.json {
        return each(&mut |line, _, standing| json(line, standing, to));
    }
    let mut columns = Columns::new(arguments.abandoned);
    each(&mut |_, record, _| {
        columns.add(record);
        Ok(())
    })?;
    columns.heading(to)?;
    each(&mut |_, record, standing| columns.row(record, standing, to))
}

/// Writes a line of the file with its branch as the first key.
fn json(line: &[u8], standing: BranchStatus, to: &mut impl Write) -> io::Result<()> {
    // The line is an object with a step, as the scan has checked. Outside of strings JSON allows a carriage return.
    let line = String::from_utf8_lossy(line.trim_ascii()).replace('\r', " ");
    let rest = escaped(line.strip_prefix('{').unwrap_or("}"));
    let BranchStatus { branch, abandoned } = standing;
    let abandoned = if abandoned { "\"abandoned\":true," } else { "" };
    write!(to, "{{\"branch\":{branch},{abandoned}")?;
    to.write_all(rest.as_bytes())?;
    writeln!(to)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{files::Output, model::measures::EXACT};

    fn written(text: &str, change: impl Fn(&mut MetricsArgs)) -> String {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("metrics.jsonl");
        fs::write(&path, text).unwrap();
        let mut arguments = MetricsArgs {
            run: String::new(),
            csv: false,
            json: false,
            abandoned: false,
            output: Output::Stdout,
        };
        change(&mut arguments);
        let mut out = Vec::new();
        write(&path, &arguments, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const TEXT: &str = concat!(
        r#"{"step":1,"seconds":0.5,"loss_d":1.5,"loss_g":null,"sigma":{"d.0":2.0}}"#,
        "\n",
        r#"{"step":2,"loss_d":9.0,"sigma":{"d.0":2.0}}"#,
        "\n",
        "torn\n",
        r#"{"step":2,"loss_d":1e-7,"updates":"generator","sigma":{"d.0":3.0,"d.2":4.0},"swd":0.5,"diversity":null}"#,
        "\n",
        r#"{"step":3"#,
    );

    #[test]
    fn a_row_for_each_step_with_empty_cells() {
        let text = written(TEXT, |_| {});
        let heading = "step,branch,updates,seconds,loss_d,loss_g,d_real,d_fake,accuracy_real,accuracy_fake,grad_d,grad_g,grad_x_mean,grad_x_max,sigma.d.0,sigma.d.2,diversity,swd,scores_step";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], heading);
        assert_eq!(lines[1], "1,0,both,0.5,1.5,,,,,,,,,,2.0,,,,");
        assert_eq!(lines[2], "2,1,generator,,1e-7,,,,,,,,,,3.0,4.0,,0.5,2");
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|l| l.matches(',').count() == 18), "{text}");
    }

    #[test]
    fn exact_measures_have_a_column_for_each_figure_and_layer() {
        let text = concat!(
            r#"{"step":1,"loss_d":1.5}"#,
            "\n",
            r#"{"step":2,"spectra":{"d.0":{"sigma_svd":1.25,"stable_rank":null},"d.2":{"sigma_svd":0.1}},"spectra_step":2}"#,
            "\n",
        );
        let text = written(text, |_| {});
        let lines: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
        let of = |name: &str| {
            let at = lines[0].iter().position(|column| *column == name);
            at.map(|at| (lines[1][at], lines[2][at]))
        };
        assert_eq!(of("sigma_svd.d.0"), Some(("", "1.25")));
        assert_eq!(of("sigma_svd.d.2"), Some(("", "0.1")));
        assert_eq!(of("stable_rank.d.0"), Some(("", "")));
        assert_eq!(of("spectra_step"), Some(("", "2")));
        let columns = lines[0].iter().filter(|column| column.ends_with(".d.2"));
        assert_eq!(columns.count(), EXACT.len());
        assert!(
            lines.iter().all(|line| line.len() == lines[0].len()),
            "{text}"
        );
    }

    #[test]
    fn a_lane_has_columns_of_its_distances() {
        let text = concat!(
            r#"{"step":1,"loss_d":1.5}"#,
            "\n",
            r#"{"step":2,"distance_d":0.5,"distance_g":null,"distance_samples":0.25}"#,
            "\n",
        );
        let text = written(text, |_| {});
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with(",distance_d,distance_g,distance_samples"));
        assert!(
            lines[1].ends_with(",,,") && lines[2].ends_with(",0.5,,0.25"),
            "{text}"
        );
    }

    #[test]
    fn abandoned_steps_are_included_on_request() {
        let text = written(TEXT, |arguments| arguments.abandoned = true);
        let starts: Vec<&str> = text.lines().map(|l| &l[..l.len().min(9)]).collect();
        assert_eq!(starts[1..], ["1,0,false", "2,0,true,", "2,1,false"]);
    }

    #[test]
    fn a_step_that_was_not_applied_can_be_told_apart() {
        let text = "{\"step\":1,\"loss_d\":1}\n{\"step\":2,\"loss_d\":null,\"applied\":false}\n";
        let text = written(text, |_| {});
        let ends: Vec<&str> = text.lines().map(|l| &l[l.rfind(',').unwrap()..]).collect();
        assert_eq!(ends, [",applied", ",true", ",false"]);
    }

    #[test]
    fn json_lines_are_those_of_the_file_with_their_branch() {
        let text = written(TEXT, |arguments| arguments.json = true);
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[1]["branch"], &lines[1]["sigma"]["d.2"]),
            (&1.into(), &4.0.into())
        );
    }

    #[test]
    fn json_of_foreign_lines_is_escaped_and_keeps_its_values() {
        let line = "{\"step\":1,\r\"swd\":0.5,\"more\u{9b}\":\"\u{7f}\u{202e}\\n\"}\n";
        let text = written(line, |arguments| arguments.json = true);
        assert!(!text.trim_end().contains(crate::text::is_unsafe), "{text}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["more\u{9b}"], "\u{7f}\u{202e}\n");
        assert_eq!(read["swd"], 0.5);
    }
}
