//! A thread of low priority that takes copies of weights apart, one set at a time.

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
    model::{LayerSpectrum, Spectra},
    spectral::{LayerWeight, exact::OPERATOR_WORK},
};

/// What is added to the thread's nice value: training goes first.
const NICE: i32 = 10;

/// What is to be taken apart.
pub(super) struct Task {
    /// The weights are those after this step.
    pub step: u64,
    pub layers: Vec<LayerWeight>,
    /// Layers whose SVD takes more work than this (see [`LayerWeight::work`]) are left without.
    pub most_work: f64,
    /// Whether norms of convolutions are wanted as well; they come in a second report.
    pub operators: bool,
}

/// What came out.
#[derive(Debug)]
pub(super) struct Report {
    pub spectra: Spectra,
    /// Processor time since the task began.
    pub took: Duration,
    /// Whether the task is done.
    pub last: bool,
}

/// The thread, started with its first task. It ends when this is dropped, after the layer at hand.
#[derive(Debug, Default)]
pub(super) struct Observer {
    link: Option<Link>,
    busy: bool,
    hurry: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Link {
    tasks: Sender<Task>,
    reports: Receiver<Report>,
}

impl Observer {
    /// Whether a task is under way; there is never more than one.
    pub(super) fn busy(&self) -> bool {
        self.busy
    }

    /// Hands over a task, unless one is under way.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn begin(&mut self, task: Task) -> io::Result<()> {
        if self.busy {
            return Ok(());
        }
        let link = match &self.link {
            Some(link) => link,
            None => self.link.insert(start(Arc::clone(&self.hurry))?),
        };
        self.hurry.store(false, Ordering::Relaxed);
        self.busy = link.tasks.send(task).is_ok();
        Ok(())
    }

    /// Leaves norms of convolutions out of the task under way: nobody looks any more.
    pub(super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
    }

    /// The next report, if there is one.
    pub(super) fn report(&mut self) -> Option<Report> {
        let report = match self.link.as_ref()?.reports.try_recv() {
            Ok(report) => report,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                // The thread died of a task; another one is started for the next.
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
        self.hurry();
    }
}

fn start(hurry: Arc<AtomicBool>) -> io::Result<Link> {
    let (tasks, task_receiver) = channel::<Task>();
    let (report_sender, reports) = channel();
    thread::Builder::new()
        .name("sn-tui observer".into())
        .spawn(move || {
            give_way();
            // What computes in parallel elsewhere stays on this thread.
            let Ok(pool) = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .use_current_thread()
                .build()
            else {
                return;
            };
            for task in task_receiver {
                let sent = pool.install(|| observe(&task, &hurry, &report_sender));
                if sent.is_none() {
                    return;
                }
            }
        })?;
    Ok(Link { tasks, reports })
}

/// Lowers the priority of this thread. That of a whole process is not ours to lower, so only where threads have one.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}

/// Processor time of this thread; where there is no such clock, that of the wall.
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

/// Does a task; none where nobody takes its reports.
fn observe(task: &Task, hurry: &AtomicBool, reports: &Sender<Report>) -> Option<()> {
    let stopwatch = Stopwatch::start();
    let layers = task.layers.iter().map(|layer| {
        let affordable = layer.work() <= task.most_work;
        let spectrum = if affordable {
            layer.spectrum()
        } else {
            layer.estimate()
        };
        LayerSpectrum::of(layer, spectrum)
    });
    let mut spectra = Spectra {
        step: task.step,
        layers: layers.collect(),
    };
    let report = |spectra: &Spectra, last| {
        let report = Report {
            spectra: spectra.clone(),
            took: stopwatch.elapsed(),
            last,
        };
        reports.send(report).ok()
    };
    if !task.operators || task.layers.iter().all(|layer| layer.convolution.is_none()) {
        return report(&spectra, true);
    }
    report(&spectra, false)?;
    for (layer, described) in task.layers.iter().zip(&mut spectra.layers) {
        if hurry.load(Ordering::Relaxed) {
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
        preset::{Layout, NormalizedLayer},
        spectral::operator::Place,
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
        let task = |step, most_work, operators| Task {
            step,
            layers: vec![layer(true)],
            most_work,
            operators,
        };
        observer.begin(task(7, 1e9, true)).unwrap();
        assert!(observer.busy());
        // A second task does not wait in line.
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
        let dear = next(&mut observer);
        assert!(dear.last && dear.spectra.layers[0].singular_values.is_empty());
        assert!(dear.spectra.layers[0].frobenius.is_some());
    }
}
