//! A thread of low priority that computes the spectra of weights, one set at a time.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    engine::spectral::{
        LayerWeight,
        exact::{self, OPERATOR_WORK},
    },
    model::Spectra,
};

/// Increment of the thread's nice value, so that training has priority.
const NICE: i32 = 10;

/// Weights whose spectra are to be computed.
pub(super) struct Task {
    /// The step after which the weights were copied.
    pub step: u64,
    /// The weights.
    pub layers: Vec<LayerWeight>,
    /// Maximum work of an SVD, see [`LayerWeight::work`]. Larger layers get only estimates.
    pub max_work: f64,
    /// Whether operator norms of convolutions are computed. They come in a second report.
    pub operators: bool,
}

/// Computed spectra.
#[derive(Debug)]
pub(super) struct Report {
    /// The spectra of all layers of the task.
    pub spectra: Spectra,
    /// CPU time since the start of the task.
    pub elapsed: Duration,
    /// Whether this is the last report of the task.
    pub last: bool,
}

/// Handle of the thread, which starts with the first task. When this is dropped, the thread ends after the current layer.
#[derive(Debug, Default)]
pub(super) struct Observer {
    link: Option<Link>,
    busy: bool,
    /// Tells the thread to skip operator norms.
    skip_norms: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Link {
    tasks: Sender<Task>,
    reports: Receiver<Report>,
}

impl Observer {
    /// Whether a task is in progress. There is at most one.
    pub(super) fn busy(&self) -> bool {
        self.busy
    }

    /// Starts a task, unless one is in progress.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn begin(&mut self, task: Task) -> io::Result<()> {
        if self.busy {
            return Ok(());
        }
        let link = match &self.link {
            Some(link) => link,
            None => self.link.insert(start(Arc::clone(&self.skip_norms))?),
        };
        self.skip_norms.store(false, Ordering::Relaxed);
        self.busy = link.tasks.send(task).is_ok();
        Ok(())
    }

    /// Skips the remaining operator norms of the current task, because no front end shows them any more.
    pub(super) fn skip_norms(&self) {
        self.skip_norms.store(true, Ordering::Relaxed);
    }

    /// The next report, if there is one.
    pub(super) fn report(&mut self) -> Option<Report> {
        let report = match self.link.as_ref()?.reports.try_recv() {
            Ok(report) => report,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                // The thread panicked. The next task starts another one.
                self.link = None;
                self.busy = false;
                return None;
            }
        };
        self.busy = !report.last;
        Some(report)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.skip_norms();
    }
}

fn start(skip_norms: Arc<AtomicBool>) -> io::Result<Link> {
    let (tasks, task_receiver) = channel::<Task>();
    let (report_sender, reports) = channel();
    thread::Builder::new()
        .name("sn-tui observer".into())
        .spawn(move || {
            lower_priority();
            // Parallel code stays on this thread.
            let Ok(pool) = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .use_current_thread()
                .build()
            else {
                return;
            };
            for task in task_receiver {
                let sent = pool.install(|| run_task(&task, &skip_norms, &report_sender));
                if sent.is_none() {
                    return;
                }
            }
        })?;
    Ok(Link { tasks, reports })
}

/// Lowers the priority of this thread. Systems on which this would affect the whole process are left alone.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}

/// A stopwatch for the CPU time of this thread, or for wall time if there is no such clock.
struct Stopwatch(Instant, Option<Duration>);

impl Stopwatch {
    fn start() -> Self {
        Self(Instant::now(), processor_time())
    }

    fn elapsed(&self) -> Duration {
        match (self.1, processor_time()) {
            (Some(start), Some(now)) => now.saturating_sub(start),
            _ => self.0.elapsed(),
        }
    }
}

#[cfg(target_os = "linux")]
fn processor_time() -> Option<Duration> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(now.tv_sec).ok()?, now.tv_nsec);
    Some(Duration::new(seconds, u32::try_from(nanoseconds).ok()?))
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Option<Duration> {
    None
}

/// Executes a task. Returns `None` if the receiver of the reports is gone.
fn run_task(task: &Task, skip_norms: &AtomicBool, reports: &Sender<Report>) -> Option<()> {
    let stopwatch = Stopwatch::start();
    let layers = task.layers.iter().map(|layer| {
        let affordable = layer.work() <= task.max_work;
        let spectrum = if affordable {
            layer.spectrum()
        } else {
            layer.estimate()
        };
        layer.described(spectrum)
    });
    let mut spectra = Spectra {
        step: task.step,
        layers: layers.collect(),
    };
    exact::align(&mut spectra, &task.layers);
    let report = |spectra: &Spectra, last| {
        let report = Report {
            spectra: spectra.clone(),
            elapsed: stopwatch.elapsed(),
            last,
        };
        reports.send(report).ok()
    };
    if !task.operators || task.layers.iter().all(|layer| layer.convolution.is_none()) {
        return report(&spectra, true);
    }
    report(&spectra, false)?;
    for (layer, described) in task.layers.iter().zip(&mut spectra.layers) {
        if skip_norms.load(Ordering::Relaxed) {
            break;
        }
        described.exact.operator_norm = layer.operator_norm(OPERATOR_WORK);
    }
    report(&spectra, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::spectral::operator::Place,
        preset::{Layout, NormalizedLayer},
    };

    fn layer(convolution: bool) -> LayerWeight {
        let place = Place {
            stride: 1,
            padding: (0, 0),
            input: (3, 3),
            transposed: false,
        };
        LayerWeight {
            key: "d.0".into(),
            kind: "Conv2d 2→2 1×1".into(),
            weight: vec![3.0, 0.0, 0.0, 2.0],
            layout: Layout::plain(2, 2),
            settings: NormalizedLayer {
                enabled: true,
                iterations: 1,
                layer_gain: 1.0,
            },
            vectors: None,
            convolution: convolution.then_some(([2, 2, 1, 1], place)),
        }
    }

    fn next(observer: &mut Observer) -> Report {
        let start = Instant::now();
        loop {
            if let Some(report) = observer.report() {
                return report;
            }
            assert!(start.elapsed() < Duration::from_secs(60));
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn norms_of_convolutions_follow_in_a_second_report() {
        let mut observer = Observer::default();
        let task = |step, max_work, operators| Task {
            step,
            layers: vec![layer(true)],
            max_work,
            operators,
        };
        observer.begin(task(7, 1e9, true)).unwrap();
        assert!(observer.busy());
        // A second task is not queued.
        observer.begin(task(8, 1e9, true)).unwrap();
        let first = next(&mut observer);
        assert_eq!((first.spectra.step, first.last), (7, false));
        let values = &first.spectra.layers[0].singular_values;
        assert!((values[0] - 3.0).abs() < 1e-12 && (values[1] - 2.0).abs() < 1e-12);
        assert_eq!(first.spectra.layers[0].exact.operator_norm, None);
        let second = next(&mut observer);
        assert!(second.last && !observer.busy());
        assert!((second.spectra.layers[0].exact.operator_norm.unwrap() - 3.0).abs() < 1e-9);

        observer.begin(task(9, 1.0, false)).unwrap();
        let costly = next(&mut observer);
        assert!(costly.last && costly.spectra.layers[0].singular_values.is_empty());
        assert!(costly.spectra.layers[0].frobenius.is_some());
    }
}
