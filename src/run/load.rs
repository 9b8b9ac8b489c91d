//! Monitors the utilization and memory of the device.
//!
//! A separate thread queries the system once a second and updates the [`Feed`], so training never waits for the system.
//! A run that is shorter than a second queries nothing.

use std::{
    convert::Infallible,
    fs,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    param::page_size,
    time::{ClockId, clock_gettime},
};

use super::Device;
use crate::model::{Load, feed::Feed};

/// Time between two queries.
const INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time that the end of a run waits for a query in progress.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

/// Monitors the load until it is dropped. Dropping it resets the load in the feed.
#[derive(Debug)]
pub(super) struct LoadMonitor {
    /// Dropped to stop the thread.
    stop: Option<Sender<Infallible>>,
    /// Disconnected when the thread has ended.
    ended: Receiver<Infallible>,
}

impl LoadMonitor {
    /// Starts to update the load of `device` in `feed`. If no thread can be started or the device cannot be queried, the
    /// load stays unknown.
    pub(super) fn start(device: &Device, feed: &Arc<Feed>) -> Self {
        let (stop, stopped) = channel();
        let (alive, ended) = channel();
        let (device, feed) = (device.clone(), Arc::clone(feed));
        let _ = thread::Builder::new()
            .name("sn-tui load".into())
            .spawn(move || {
                monitor(&device, &feed, &stopped);
                drop((feed, alive));
            });
        Self {
            stop: Some(stop),
            ended,
        }
    }
}

impl Drop for LoadMonitor {
    fn drop(&mut self) {
        self.stop = None;
        // Nothing is ever sent: the channel closes when the thread ends.
        let _ = self.ended.recv_timeout(SHUTDOWN_TIMEOUT);
    }
}

/// Updates the load until `stopped` is disconnected.
fn monitor(device: &Device, feed: &Feed, stopped: &Receiver<Infallible>) {
    let processor = Processor::new();
    let wait = || stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout);
    if !wait() {
        return;
    }
    let Some(mut sample) = sampler(device, processor) else {
        return;
    };
    loop {
        feed.load(sample());
        if !wait() {
            break;
        }
    }
    feed.load(Load::default());
}

/// A function that queries the load of a device; `None` if that is impossible.
fn sampler(device: &Device, mut processor: Processor) -> Option<Box<dyn FnMut() -> Load>> {
    match device {
        Device::Cpu => Some(Box::new(move || processor.sample())),
        #[cfg(feature = "cuda")]
        Device::Cuda(card) => {
            let card = crate::engine::nn::gpu::Card::of(card.index)?;
            Some(Box::new(move || gpu_load(&card)))
        }
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => None,
    }
}

#[cfg(feature = "cuda")]
fn gpu_load(card: &crate::engine::nn::gpu::Card) -> Load {
    let memory = card.memory();
    Load {
        share: card.utilization(),
        memory: memory.map(|(used, _)| used),
        total: memory.map(|(_, total)| total),
    }
}

/// CPU use of this process at the last query.
struct Processor {
    cores: usize,
    /// Time of the last query.
    at: Instant,
    /// CPU time at the last query.
    used: Option<Duration>,
}

impl Processor {
    fn new() -> Self {
        Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            at: Instant::now(),
            used: processor_time(),
        }
    }

    fn sample(&mut self) -> Load {
        let (now, used) = (Instant::now(), processor_time());
        let share = match (self.used, used) {
            (Some(before), Some(used)) => share(
                used.saturating_sub(before),
                now.duration_since(self.at),
                self.cores,
            ),
            _ => None,
        };
        (self.at, self.used) = (now, used);
        Load {
            share,
            memory: resident(),
            total: None,
        }
    }
}

/// CPU time as a percentage of the time of all cores; `None` if no time has passed.
fn share(used: Duration, elapsed: Duration, cores: usize) -> Option<u8> {
    let all = elapsed.as_secs_f64() * cores as f64;
    let percent = 100.0 * used.as_secs_f64() / all;
    percent
        .is_finite()
        .then(|| percent.round().min(100.0) as u8)
}

/// CPU time of all threads of this process, including ended ones.
fn processor_time() -> Option<Duration> {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(now.tv_sec).ok()?, now.tv_nsec);
    Some(Duration::new(seconds, u32::try_from(nanoseconds).ok()?))
}

/// Resident memory of this process in bytes; `None` on systems without /proc.
fn resident() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    #[test]
    fn the_share_is_of_the_time_of_all_cores_between_two_queries() {
        let s = Duration::from_secs_f64;
        assert_eq!(share(s(1.0), s(1.0), 1), Some(100));
        assert_eq!(share(s(1.0), s(1.0), 2), Some(50));
        assert_eq!(share(s(0.0149), s(1.0), 1), Some(1));
        assert_eq!(share(s(0.5), s(2.0), 64), Some(0));
        // The two clocks are not read at the same moment.
        assert_eq!(share(s(2.1), s(1.0), 2), Some(100));
        assert_eq!(share(s(0.0), s(0.0), 2), None);
        assert_eq!(share(s(1.0), s(0.0), 2), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_seen_at_work() {
        let mut processor = Processor::new();
        let before = processor.used.unwrap();
        while processor_time().unwrap() - before < Duration::from_millis(50) {
            std::hint::black_box(vec![1u8; 1 << 12]);
        }
        let load = processor.sample();
        assert!(load.share.is_some_and(|share| share > 0), "{load:?}");
        assert!(load.memory.is_some_and(|bytes| bytes > 1 << 20), "{load:?}");
        assert_eq!(load.total, None);
    }

    #[test]
    fn dropping_the_monitor_resets_the_load() {
        let feed = Arc::new(Feed::new(fake::snapshot()));
        let monitor = LoadMonitor::start(&Device::Cpu, &feed);
        let start = Instant::now();
        while feed.snapshot().load == Load::default() {
            assert!(start.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(5));
        }
        drop(monitor);
        assert_eq!(feed.snapshot().load, Load::default());
        assert_eq!(Arc::strong_count(&feed), 1);
    }
}
