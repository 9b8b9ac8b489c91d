//! Switching to another run, or to another branch of the run.

use std::{cell::RefCell, sync::Arc};

use super::{
    App,
    pace::SteadyPace,
    view::{
        Views,
        curves::{BackgroundRun, Curves},
    },
};
use crate::{
    model::{History, Snapshot, feed::Branch},
    tui::words::number,
};

impl App {
    /// Switches to a run that has just started. The curves of the previous run stay in the background.
    pub fn start_run(&mut self, snapshot: Arc<Snapshot>) {
        let before = Arc::clone(&self.snapshot);
        let curves = &self.views.curves;
        let curves = Curves {
            cursor: None,
            axes: curves.axes,
            apart: false,
            smoothing: curves.smoothing,
            histograms: curves.histograms,
            beside: RefCell::default(),
            charts: curves.charts,
            earlier: Some(BackgroundRun {
                name: format!("{}, seed {}", before.name, before.seed),
                history: std::mem::take(&mut self.history),
                snapshot: None,
            }),
        };
        self.views = Views {
            curves,
            ..Views::default()
        };
        self.views.observe(&snapshot);
        self.initial = Arc::clone(&snapshot.settings);
        self.steady_pace = SteadyPace::of(&snapshot);
        self.snapshot = snapshot;
        self.forget_lanes();
        self.has_latest_curves = false;
        self.branch = None;
        self.pending.clear();
        self.watched.clear();
        self.dismissed = 0;
        self.demo_run_started();
        (self.message, self.told) = (None, None);
        let written = before.directory.display();
        self.tell(format!(
            "The run before, {}, ends in order: {written}",
            before.name
        ));
    }

    /// Shows the branch that a rewind left in the background of the curves. A branch already shown is left as it is.
    pub fn keep_branch(&mut self, branch: Arc<Branch>) {
        let current = self.branch.as_ref();
        if current.is_some_and(|current| Arc::ptr_eq(current, &branch)) {
            return;
        }
        self.views.curves.earlier = Some(BackgroundRun {
            name: format!("before the rewind, to step {}", number::count(branch.step)),
            history: branch.history.clone(),
            snapshot: None,
        });
        self.branch = Some(branch);
    }

    /// Switches to another watched run.
    pub fn switch_run(&mut self, snapshot: Arc<Snapshot>) {
        self.views = Views {
            curves: Curves {
                cursor: None,
                ..std::mem::take(&mut self.views.curves)
            },
            ..Views::default()
        };
        self.views.observe(&snapshot);
        self.initial = Arc::clone(&snapshot.settings);
        self.steady_pace = SteadyPace::of(&snapshot);
        self.snapshot = snapshot;
        self.forget_lanes();
        self.history = History::default();
        self.has_latest_curves = false;
        self.pending.clear();
        self.watched.clear();
        // A notice from before the switch is no longer news.
        self.clear_message();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::fake,
        tui::look::theme::{Depth, Look},
    };

    #[test]
    fn the_end_of_the_run_before_is_news_that_pass() {
        let mut app = App::new(Arc::new(fake::snapshot()), Look::new(Depth::None, true));
        app.tell("Old news.".to_owned());
        app.start_run(Arc::new(fake::snapshot()));
        let news = app.news().unwrap();
        assert!(
            news.starts_with("The run before, fake, ends in order: "),
            "{news}"
        );
        assert!(!news.contains("Old"));
        app.expire_news();
        assert_eq!(app.message(), None);
    }
}
