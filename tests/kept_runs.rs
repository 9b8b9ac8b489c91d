//! Runs of this and of older versions, kept under `tests/runs`: every command reads them. Runs of the current numerics
//! are resumed and replayed to the bit; others are refused with advice.
#![cfg(unix)]

#[path = "common/folders.rs"]
mod folders;
#[path = "common/live.rs"]
mod live;
#[path = "common/program.rs"]
mod program;

use std::{fs, path::Path};

use folders::{below, copy};
use live::Live;
use program::program;
use serde_json::Value;
use sn_tui::rundir::about::NUMERICS;
use tempfile::TempDir;

/// A copy of all kept runs in a folder `runs`, so that the originals do not change.
struct Kept {
    home: TempDir,
    runs: Vec<Run>,
}

/// A kept run: its path in the copy, and the facts that commands must report.
struct Run {
    path: String,
    numerics: u64,
    /// Whether its folder's name says that it was rewound.
    rewound: bool,
    finished: bool,
    /// The last step. `branches` counts how often the metrics return to an earlier step: at a rewind, and where 0.1.0
    /// wrote the last step again.
    steps: u64,
    branches: usize,
}

impl Kept {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let kept = Path::new("tests/runs");
        let mut runs = Vec::new();
        for about in below(kept) {
            if !about.ends_with("run.json") {
                continue;
            }
            let from = kept.join(about.parent().unwrap());
            let about: Value = json(&from.join("run.json"));
            let numerics = about["numerics"].as_u64().unwrap();
            let name = from.file_name().unwrap().to_str().unwrap();
            let path = format!("runs/{name}-{numerics}");
            copy(&from, &home.path().join(&path));
            let metrics = fs::read_to_string(from.join("metrics.jsonl")).unwrap();
            let step = |line| {
                serde_json::from_str::<Value>(line).unwrap()["step"]
                    .as_u64()
                    .unwrap()
            };
            let steps: Vec<u64> = metrics.lines().map(step).collect();
            runs.push(Run {
                path,
                numerics,
                rewound: name.contains("rewound"),
                finished: name.contains("changed"),
                steps: *steps.last().unwrap(),
                branches: steps.windows(2).filter(|pair| pair[1] <= pair[0]).count(),
            });
        }
        Self { home, runs }
    }

    /// The standard output and standard error of a command, which must end with this code.
    fn output_with_code(&self, arguments: &[&str], code: i32) -> (String, String) {
        let output = program(self.home.path(), arguments).output().unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{err}");
        (out, err)
    }

    fn stdout(&self, arguments: &[&str]) -> String {
        self.output_with_code(arguments, 0).0
    }

    /// Every file of every run with its content.
    fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let all = self.runs.iter().flat_map(|run| {
            let folder = self.home.path().join(&run.path);
            let read = move |file| {
                let path = folder.join(file);
                (path.display().to_string(), fs::read(path).unwrap())
            };
            below(&self.home.path().join(&run.path))
                .into_iter()
                .map(read)
        });
        all.collect()
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn three_runs_of_the_first_and_of_the_current_numerics_are_kept() {
    let kept = Kept::new();
    for numerics in [1, u64::from(NUMERICS)] {
        let runs = kept.runs.iter().filter(|run| run.numerics == numerics);
        assert_eq!(
            runs.count(),
            3,
            "numerics {numerics}: see tests/runs/README.md"
        );
    }
}

#[test]
fn all_are_listed_with_their_state() {
    let kept = Kept::new();
    let listed: Value = serde_json::from_str(&kept.stdout(&["runs", "--json"])).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), kept.runs.len());
    for run in &kept.runs {
        let name = &run.path["runs/".len()..];
        let said = listed.iter().find(|said| said["name"] == name);
        let said = said.unwrap_or_else(|| panic!("{name} in {listed:#?}"));
        assert_eq!(said["step"], run.steps, "{name}");
        let state = ["interrupted", "finished"][usize::from(run.finished)];
        assert_eq!(said["state"], state, "{name}");
        assert!(kept.stdout(&["runs"]).contains(name));
    }
}

#[test]
fn all_are_shown_with_their_history() {
    let kept = Kept::new();
    for run in &kept.runs {
        let preset = kept.stdout(&["show", &run.path]);
        let file = kept.home.path().join("shown.ron");
        fs::write(&file, &preset).unwrap();
        assert_eq!(
            kept.stdout(&["show", "./shown.ron"]).lines().count(),
            preset.lines().count()
        );

        let story = kept.stdout(&["show", &run.path, "--about"]);
        let change = if run.rewound {
            "gain: 16.0 → 4.0"
        } else {
            "spectral."
        };
        for words in [
            &format!("numerics {}", run.numerics),
            "sn-tui 0.1.0",
            change,
        ] {
            assert!(story.contains(words), "{words} is missing from\n{story}");
        }
        let story: Value =
            serde_json::from_str(&kept.stdout(&["show", &run.path, "--json"])).unwrap();
        let journal = story["journal"].as_array().unwrap();
        let rewinds = journal.iter().filter(|line| line["kind"] == "rewind");
        assert_eq!(rewinds.count(), usize::from(run.rewound), "{}", run.path);
        assert!(!story["checkpoints"].as_array().unwrap().is_empty());
    }
}

#[test]
fn all_are_watched_with_and_without_a_terminal() {
    let kept = Kept::new();
    for run in &kept.runs {
        let text = kept.stdout(&["watch", &run.path]);
        assert!(text.contains(&format!(" at step {}", run.steps)), "{text}");
        let path = kept.home.path().join(&run.path);
        let mut screen = Live::start_with(&["watch", path.to_str().unwrap()], |_| {});
        screen.until("the page", |screen| {
            let text = screen.contents();
            screen.alternate_screen() && text.contains(&format!("step {}", run.steps))
        });
        // Each view draws the data of the run, or says that there is none.
        for key in ["2", "3", "4", "5", "6", "1"] {
            screen.press(key);
        }
        screen.until_shown("loss D");
        screen.press("q");
        assert_eq!(screen.code_and_terminal(), 0, "{}", run.path);
    }
}

#[test]
fn their_measures_are_a_table() {
    let kept = Kept::new();
    for run in &kept.runs {
        let csv = kept.stdout(&["metrics", &run.path]);
        let (first, last) = (csv.lines().next().unwrap(), csv.lines().last().unwrap());
        assert!(first.starts_with("step,branch,updates,"), "{first}");
        let branch = run.branches;
        assert!(
            last.starts_with(&format!("{},{branch},both,", run.steps)),
            "{last}"
        );
        assert_eq!(
            csv.lines().count() as u64,
            run.steps + 1,
            "{}\n{csv}",
            run.path
        );
    }
}

#[test]
fn their_weights_are_exported_sampled_and_audited() {
    let kept = Kept::new();
    for run in &kept.runs {
        for what in ["g", "d", "ema"] {
            let file = format!("{what}.safetensors");
            kept.stdout(&["export", &run.path, "--what", what, "-o", &file]);
            kept.stdout(&["audit", &file, "--iterations", "1"]);
        }
        kept.stdout(&["sample", &run.path, "--count", "4", "-o", "samples.npy"]);
        kept.stdout(&["sample", &run.path, "--count", "4", "-o", "samples.png"]);
        let rows = kept.stdout(&["audit", &run.path, "--json", "--iterations", "1"]);
        let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
        assert!(rows.iter().any(|row| row["layer"] == "d.0"), "{rows:#?}");
        assert!(rows.iter().all(|row| row["note"].is_null()), "{rows:#?}");
    }
}

#[test]
fn reading_changes_nothing_and_clean_lists_what_it_would_remove() {
    let kept = Kept::new();
    let before = kept.contents();
    assert!(before.len() > 60, "{}", before.len());
    let said = kept.stdout(&["clean"]);
    for run in &kept.runs {
        // In a finished run, all checkpoints but the last may be removed; a run that can be resumed is left alone.
        assert_eq!(said.contains(&run.path), run.finished, "{said}");
        let named = kept.stdout(&["clean", &run.path]);
        assert_eq!(named.contains("person marked"), run.rewound, "{named}");
    }
    for words in ["show", "metrics", "audit", "watch"] {
        kept.stdout(&[words, &kept.runs[0].path]);
    }
    assert!(kept.contents() == before, "a file was changed");
}

/// Whether this processor reproduces the kept bits. They were made with AVX-512 and are the same with AVX2; without
/// fused multiplication, sums round differently.
fn processor_reproduces_kept_bits() -> bool {
    #[cfg(target_arch = "x86_64")]
    let fused = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let fused = false;
    if !fused {
        eprintln!("not held: the kept runs were made on an x86-64 processor with AVX2 and FMA");
    }
    fused
}

#[test]
fn runs_of_the_current_numerics_replay_and_resume_to_the_bit() {
    if !processor_reproduces_kept_bits() {
        return;
    }
    let kept = Kept::new();
    for run in &kept.runs {
        if run.numerics != u64::from(NUMERICS) {
            continue;
        }
        let (_, said) = kept.output_with_code(&["replay", &run.path], 0);
        assert!(said.contains("the same to the bit"), "{said}");
        let steps = (run.steps + 10).to_string();
        let resume = [
            "resume",
            &run.path,
            "--headless",
            "--quiet",
            "--steps",
            &steps,
        ];
        kept.output_with_code(&resume, 0);
        let (_, said) = kept.output_with_code(&["replay", &run.path, "--threads", "2"], 0);
        let all = format!("{steps} steps again");
        assert!(
            said.contains(&all) && said.contains("the same to the bit"),
            "{said}"
        );
    }
}

#[test]
fn runs_of_other_numerics_are_refused_with_advice() {
    let kept = Kept::new();
    for run in &kept.runs {
        if run.numerics == u64::from(NUMERICS) {
            continue;
        }
        for command in ["resume", "replay"] {
            let (_, said) = kept.output_with_code(&[command, &run.path], 1);
            let theirs = format!("numerics {}", run.numerics);
            let ours = format!("this program's are {NUMERICS}");
            let fork = format!("`sn-tui fork {}`", run.path);
            for words in [
                &theirs,
                &ours,
                &fork,
                "sn-tui 0.1.0",
                "`sn-tui run`",
                "`--init`",
            ] {
                assert!(said.contains(words), "{words} is missing from\n{said}");
            }
        }
        // The advice in the message works.
        let again = [
            "run",
            &run.path,
            "--headless",
            "--quiet",
            "--steps",
            "2",
            "--out",
        ];
        kept.stdout(&[&again[..], &["again"]].concat());
        kept.stdout(&[&again[..], &["weights", "--init", &run.path]].concat());
        let forked = ["fork", &run.path, "--headless", "--quiet", "--steps"];
        let steps = (run.steps + 2).to_string();
        kept.stdout(&[&forked[..], &[&steps, "--out", "forked"]].concat());
        let about = json(&kept.home.path().join("forked/run.json"));
        assert_eq!(about["numerics"], NUMERICS);
        assert_eq!(about["parent"]["numerics"], run.numerics);
        kept.stdout(&["replay", "forked", "--quiet"]);
        kept.stdout(&["resume", "forked", "--headless", "--quiet"]);
        for folder in ["again", "weights", "forked"] {
            fs::remove_dir_all(kept.home.path().join(folder)).unwrap();
        }
    }
}
