//! A run as a screen shows it, from its directory alone.

mod journal;

use std::{
    collections::VecDeque,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::{
    About, Ending, Journal, Point, State, about, checkpoints,
    lines::Lines,
    metrics::{Brought, Metrics},
    preset_of, samples,
    state::{self, Signs, last_written},
};
use crate::{
    open,
    preset::{Preset, Shape, parameters},
    run::{History, Notice, Snapshot, Spectra, Status, layout, snapshot::Saved},
};

/// Entries of the journal that a snapshot holds.
const ENTRIES: usize = 2000;
/// Time between two questions for the lock, and between two looks at what seldom changes.
const SELDOM: Duration = Duration::from_secs(1);
/// Looks after which the metrics are opened: a network file system then asks its server anew.
const REOPEN: u32 = 8;

/// What was read of a run so far. Each [`look`](Watched::look) reads what is new.
#[derive(Debug)]
pub struct Watched {
    directory: PathBuf,
    metrics: Metrics,
    /// All curves.
    pub history: History,
    journal: Journal,
    entries: Option<(Identity, Lines<fs::File>)>,
    about: About,
    /// What the run was made from.
    made_from: Option<Arc<Preset>>,
    /// Changes of settings that the snapshot's settings have, and the branches of the journal when they were made.
    applied: (usize, u64),
    ending: Option<Ending>,
    /// Which files were read, by their place among those that are read as a whole.
    seen: [Option<Identity>; 4],
    pub state: State,
    locked: bool,
    asked: Option<Instant>,
    looks: u32,
    gone: bool,
    /// What could not be read and was told.
    problems: VecDeque<String>,
    notices: u64,
    snapshot: Snapshot,
}

/// Device, number, length and time of a file: another one where any of them differs.
type Identity = (u64, u64, u64, i64, i64);

impl Watched {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// What the run was made from cannot be read, in words: no screen could show it.
    pub fn new(directory: &Path) -> Result<Self, String> {
        let named = preset_of(directory)?;
        let settings = Arc::new(named.preset);
        let snapshot = Snapshot {
            parameters: sizes(&settings),
            device: String::new(),
            ..Snapshot::starting(named.name, Arc::clone(&settings), directory.to_owned())
        };
        Ok(Self {
            directory: directory.to_owned(),
            metrics: Metrics::of(directory),
            history: History::default(),
            journal: Journal::default(),
            entries: None,
            about: About::default(),
            made_from: Some(settings),
            applied: (0, 0),
            ending: None,
            seen: [None; 4],
            state: State::Interrupted,
            locked: false,
            asked: None,
            looks: 0,
            gone: false,
            problems: VecDeque::new(),
            notices: 0,
            snapshot,
        })
    }

    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// A line for the person.
    pub fn say(&mut self, text: String, error: bool) {
        self.notices += 1;
        self.snapshot.notice = Some(Notice {
            number: self.notices,
            text,
            error,
        });
    }

    /// Reads what is new; whether anything is. `each` sees the new lines of the metrics, after a run that went back all of
    /// them again.
    pub fn look(&mut self, each: impl FnMut(&Point)) -> bool {
        if !self.directory.is_dir() {
            let news = !std::mem::replace(&mut self.gone, true);
            if news {
                self.state = State::Interrupted;
                self.snapshot.status = Status::Still("its directory is gone".to_owned());
                self.snapshot.steps_per_second = 0.0;
                self.say(format!("{} is gone.", self.directory.display()), true);
            }
            return news;
        }
        let mut news = std::mem::take(&mut self.gone);
        news |= self.read_about();
        news |= self.read_journal();
        news |= self.read_metrics(each);
        news |= self.read_samples();
        news |= self.read_ending();
        let now = Instant::now();
        if self.asked.is_none_or(|asked| now - asked >= SELDOM) || news {
            self.asked = Some(now);
            news |= self.read_checkpoints();
            news |= self.judge();
        }
        news
    }

    fn read_about(&mut self) -> bool {
        let mut news = false;
        if self.is_new(0, layout::ABOUT) {
            if let Some(about) = self.told(about::read(&self.directory)) {
                self.about = about.unwrap_or_default();
            }
            let (about, snapshot) = (&self.about, &mut self.snapshot);
            snapshot.seed = about.seed.unwrap_or(0);
            snapshot.threads = about.threads.unwrap_or(1);
            snapshot.device = about.device.clone().unwrap_or_else(|| "?".to_owned());
            if let Some(name) = &about.name {
                snapshot.name.clone_from(name);
            }
            news = true;
        }
        if self.is_new(1, layout::PRESET)
            && let Some(named) = self.told(preset_of(&self.directory))
        {
            self.snapshot.parameters = sizes(&named.preset);
            self.made_from = Some(Arc::new(named.preset));
            self.apply(true);
            news = true;
        }
        news
    }

    fn read_metrics(&mut self, each: impl FnMut(&Point)) -> bool {
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(REOPEN) {
            // Whether it is there is asked elsewhere.
            let _ = open::own(&self.directory.join(layout::METRICS));
        }
        let unreadable = self.metrics.unreadable;
        let read = self.metrics.read(&mut self.history, each);
        let read = read.map_err(|error| format!("metrics.jsonl cannot be read: {error}"));
        let brought = self.told(read).unwrap_or(Brought::Nothing);
        if self.metrics.unreadable > unreadable {
            let count = self.metrics.unreadable;
            self.say(
                format!("metrics.jsonl: {count} lines make no sense and are left out"),
                true,
            );
        }
        if brought == Brought::Nothing {
            return false;
        }
        let last = self.metrics.last.as_ref();
        let snapshot = &mut self.snapshot;
        snapshot.step = last.map_or(0, Point::made);
        snapshot.measures = last.map(|last| Arc::clone(&last.measures));
        snapshot.seconds = self.metrics.seconds();
        snapshot.scores.clone_from(&self.metrics.scores);
        let exact = self.metrics.spectra.as_deref();
        let shown = snapshot.spectra.as_ref().map(|spectra| spectra.step);
        if brought == Brought::Anew || shown != exact.map(|exact| exact.step) {
            let spectra = exact.map(|exact| Spectra::recorded(exact, &snapshot.settings));
            snapshot.spectra = spectra.map(Arc::new);
        }
        true
    }

    fn read_samples(&mut self) -> bool {
        if !self.is_new(2, layout::LATEST_SAMPLES) {
            return false;
        }
        let read = samples::latest(&self.directory);
        let Some(Some(samples)) = self.told(read) else {
            return false;
        };
        self.snapshot.samples = Some(Arc::new(samples));
        true
    }

    fn read_ending(&mut self) -> bool {
        if !self.is_new(3, layout::SUMMARY) {
            return false;
        }
        self.ending = self.told(about::ending(&self.directory)).flatten();
        if let Some(ending) = &self.ending {
            self.snapshot.step = self.snapshot.step.max(ending.steps);
            self.snapshot.seconds = self.snapshot.seconds.max(ending.seconds);
            if let Some(scores) = &ending.scores {
                self.snapshot.scores = Some(Arc::new(scores.clone()));
            }
        }
        true
    }

    fn read_checkpoints(&mut self) -> bool {
        let files = checkpoints(&self.directory);
        let of = |file: &super::CheckpointFile| Saved {
            step: file.step,
            marked: file.marked,
        };
        let states: Vec<Saved> = files.iter().map(of).collect();
        let saved = states.iter().map(|state| state.step).max();
        let news = states != self.snapshot.states || saved != self.snapshot.saved;
        self.snapshot.states = states;
        self.snapshot.saved = saved;
        news
    }

    /// Finds out how the run stands; whether that is news.
    fn judge(&mut self) -> bool {
        self.locked = state::is_locked(&self.directory);
        let now = SystemTime::now();
        let made = self.snapshot.step >= self.snapshot.settings.steps;
        let signs = Signs {
            locked: self.locked,
            ending: self.ending.as_ref(),
            rests: self.journal.is_paused() || made,
            written: last_written(&self.directory),
            weights: self.directory.join(layout::WEIGHTS).is_file(),
            knows_locks: self.directory.join(layout::LOCK).exists(),
        };
        let state = signs.state(now);
        let status = match state {
            State::Running if self.snapshot.step == 0 => Status::Starting,
            State::Running => Status::Running,
            State::Paused if made => Status::Finished,
            State::Paused => Status::Paused,
            State::Finished => Status::Finished,
            State::Silent(since) => Status::Still(silent(since, now)),
            State::Interrupted | State::Failed | State::Over => {
                Status::Still(state.name().to_owned())
            }
        };
        let rate = match state {
            State::Running => self.metrics.rate(),
            _ => 0.0,
        };
        let steps = self.snapshot.settings.steps.max(self.snapshot.step);
        let news = status != self.snapshot.status
            || rate != self.snapshot.steps_per_second
            || steps != self.snapshot.steps;
        if state == State::Failed && self.state != state {
            let why = super::last_error(&self.directory);
            let why = why.unwrap_or_else(|| "sn-tui.log says why".to_owned());
            self.say(format!("The run failed: {why}"), true);
        }
        self.state = state;
        self.snapshot.status = status;
        self.snapshot.steps_per_second = rate;
        self.snapshot.steps = steps;
        news
    }

    /// Whether a file is another one than at the last look.
    fn is_new(&mut self, place: usize, name: &str) -> bool {
        let there = fs::metadata(self.directory.join(name)).ok();
        let there = there.as_ref().map(identity);
        let before = std::mem::replace(&mut self.seen[place], there);
        before != there
    }

    /// What was read; what stands in the way is told once.
    fn told<T>(&mut self, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(problem) => {
                if !self.problems.contains(&problem) {
                    self.say(problem.clone(), true);
                    self.problems.push_back(problem);
                    if self.problems.len() > 16 {
                        self.problems.pop_front();
                    }
                }
                None
            }
        }
    }
}

/// Steps by which a state is told to be silent: minutes, so that the word changes seldom.
fn silent(since: SystemTime, now: SystemTime) -> String {
    let minutes = now
        .duration_since(since)
        .map_or(0, |since| since.as_secs() / 60);
    format!("silent for {minutes} min")
}

fn identity(metadata: &fs::Metadata) -> Identity {
    (
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    )
}

/// Parameters of (G, D); 0 where they do not fit together.
fn sizes(preset: &Preset) -> (usize, usize) {
    let count = |layers, input| {
        let count = parameters(layers, input).unwrap_or(0);
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    (
        count(&preset.generator.layers, Shape::Flat(preset.latent)),
        count(&preset.discriminator.layers, preset.data.sample_shape()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{self, builtin::builtin};

    fn run() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let preset = builtin("ring").unwrap();
        fs::write(
            home.path().join("preset.ron"),
            preset::print(&preset, "ring"),
        )
        .unwrap();
        home
    }

    fn add(home: &Path, name: &str, text: &str) {
        use std::io::Write;
        let mut options = fs::File::options();
        let mut file = options
            .create(true)
            .append(true)
            .open(home.join(name))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn change(step: u64, kind: &str, key: &str, new: &str) -> String {
        format!(
            "{{\"step\":{step},\"kind\":\"{kind}\",\"key\":\"{key}\",\"old\":\"\",\"new\":\"{new}\",\"cause\":\"key\"}}\n"
        )
    }

    /// Looks as if a second had passed.
    fn look(watched: &mut Watched) -> bool {
        watched.asked = None;
        watched.look(|_| {})
    }

    #[test]
    fn a_run_is_shown_as_it_goes_on_back_and_ends() {
        let home = run();
        let home = home.path();
        let lock = fs::File::create(home.join("lock")).unwrap();
        lock.try_lock().unwrap();
        fs::write(
            home.join("run.json"),
            r#"{"name":"ring","seed":7,"device":"cpu"}"#,
        )
        .unwrap();
        let mut watched = Watched::new(home).unwrap();
        assert!(look(&mut watched));
        assert_eq!(watched.snapshot().status, Status::Starting);
        assert_eq!(
            (watched.snapshot().seed, &*watched.snapshot().name),
            (7, "ring")
        );
        assert!(!look(&mut watched), "nothing is new");

        add(
            home,
            "metrics.jsonl",
            "{\"step\":1,\"loss_d\":1}\n{\"step\":2,\"loss_d\":2}\n",
        );
        let gain = watched.snapshot().settings.gain;
        add(home, "journal.jsonl", &change(2, "set", "gain", "2.5"));
        add(
            home,
            "journal.jsonl",
            &change(2, "alarm", "estimate_drift.d.0", "it drifts"),
        );
        assert!(look(&mut watched));
        let snapshot = watched.snapshot();
        assert_eq!(
            (snapshot.status.clone(), snapshot.step),
            (Status::Running, 2)
        );
        assert_eq!((snapshot.settings.gain, snapshot.changes.len()), (2.5, 2));
        assert_eq!(snapshot.alarms[0].layer, "d.0");
        assert_eq!(watched.history.get("loss_d").unwrap().recent.len(), 2);

        // Back to the beginning: neither the change nor the alarm is in force any more.
        add(home, "journal.jsonl", &change(1, "rewind", "journal:0", ""));
        add(home, "journal.jsonl", &change(1, "pause", "", ""));
        add(home, "metrics.jsonl", "{\"step\":1,\"loss_d\":3}\n");
        assert!(look(&mut watched));
        let snapshot = watched.snapshot();
        assert_eq!(
            (snapshot.status.clone(), snapshot.step),
            (Status::Paused, 1)
        );
        assert_eq!((snapshot.settings.gain, snapshot.alarms.len()), (gain, 0));
        assert_eq!(snapshot.changes.len(), 4);

        lock.unlock().unwrap();
        assert!(look(&mut watched));
        assert_eq!(
            watched.snapshot().status,
            Status::Still("interrupted".into())
        );
        fs::write(
            home.join("sn-tui.log"),
            "2026 INFO on\n2026 ERROR the device is gone\n",
        )
        .unwrap();
        fs::write(
            home.join("summary.json"),
            r#"{"steps":1,"stopped":"error"}"#,
        )
        .unwrap();
        assert!(look(&mut watched));
        assert_eq!(watched.snapshot().status, Status::Still("failed".into()));
        let told = watched.snapshot().notice.clone().unwrap();
        assert!(
            told.error && told.text.contains("the device is gone"),
            "{}",
            told.text
        );
        fs::write(home.join("summary.json"), r#"{"steps":1,"stopped":"done"}"#).unwrap();
        look(&mut watched);
        assert_eq!(watched.snapshot().status, Status::Finished);
    }

    #[test]
    fn exact_measures_that_are_recorded_are_shown_and_no_others() {
        let home = run();
        let home = home.path();
        let mut watched = Watched::new(home).unwrap();
        add(
            home,
            "metrics.jsonl",
            "{\"step\":1,\"sigma\":{\"d.2\":1.5}}\n{\"step\":2,\"sigma\":{\"d.2\":1.5},\"spectra_step\":2,\"spectra\":{\"d.2\":\
             {\"sigma_svd\":2.0,\"sigma_error\":0.25,\"effective_rank\":9.5,\"operator_norm\":null}}}\n",
        );
        look(&mut watched);
        let spectra = watched.snapshot().spectra.clone().unwrap();
        assert_eq!((spectra.step, spectra.layers.len()), (2, 1));
        let layer = &spectra.layers[0];
        assert_eq!((&*layer.kind, layer.shape), ("Linear 128→128", (128, 128)));
        assert_eq!((layer.exact.sigma_svd, layer.sigma), (Some(2.0), Some(1.5)));
        assert_eq!(
            (layer.exact.effective_rank, layer.exact.operator_norm),
            (Some(9.5), None)
        );
        assert!((layer.sigma_used.unwrap() - 2.0 / 1.5).abs() < 1e-12);
        let drawn = &watched.history.get("sigma_svd.d.2").unwrap().recent;
        assert_eq!(drawn, &[(2, 2.0)]);
        assert!(watched.history.get("stable_rank.d.2").is_none());
        // Back to before: they are of a state that was left.
        add(
            home,
            "metrics.jsonl",
            "{\"step\":1,\"sigma\":{\"d.2\":1.5}}\n",
        );
        look(&mut watched);
        assert!(watched.snapshot().spectra.is_none());
        assert!(watched.history.get("sigma_svd.d.2").is_none());
    }

    #[test]
    fn a_silent_run_is_told_apart() {
        let home = run();
        let lock = fs::File::create(home.path().join("lock")).unwrap();
        lock.try_lock().unwrap();
        add(home.path(), "metrics.jsonl", "{\"step\":1}\n");
        let old = SystemTime::now() - Duration::from_secs(200);
        for name in ["metrics.jsonl", "preset.ron"] {
            let file = fs::File::options()
                .write(true)
                .open(home.path().join(name))
                .unwrap();
            file.set_modified(old).unwrap();
        }
        let mut watched = Watched::new(home.path()).unwrap();
        look(&mut watched);
        assert!(
            matches!(watched.state, State::Silent(_)),
            "{:?}",
            watched.state
        );
        assert_eq!(
            watched.snapshot().status,
            Status::Still("silent for 3 min".into())
        );
    }

    #[test]
    fn a_directory_that_goes_is_told_and_one_that_comes_back_is_read() {
        let home = run();
        let (here, away) = (home.path().join("run"), home.path().join("away"));
        fs::create_dir(&here).unwrap();
        fs::copy(home.path().join("preset.ron"), here.join("preset.ron")).unwrap();
        add(&here, "metrics.jsonl", "{\"step\":1}\n");
        let mut watched = Watched::new(&here).unwrap();
        assert!(look(&mut watched));
        fs::rename(&here, &away).unwrap();
        assert!(look(&mut watched) && !look(&mut watched));
        assert_eq!(
            watched.snapshot().status,
            Status::Still("its directory is gone".into())
        );
        assert!(watched.snapshot().notice.as_ref().unwrap().error);
        fs::rename(&away, &here).unwrap();
        assert!(look(&mut watched));
        assert_eq!(
            watched.snapshot().status,
            Status::Still("interrupted".into())
        );
        assert!(Watched::new(&away).unwrap_err().contains("preset.ron"));
    }
}
