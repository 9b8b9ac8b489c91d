//! How busy the device of a run is, and how full its memory.
//!
//! A thread of its own asks the system once a second and tells the [`Feed`]: no step waits for an answer, however long the
//! system takes for it. A run of less than a second asks nothing.

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
use crate::{feed::Feed, model::Load};

/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the end of a run waits for an answer that is under way.
const PATIENCE: Duration = Duration::from_millis(200);

/// Asks for the load of a run until it is dropped, which takes the figures away.
#[derive(Debug)]
pub(super) struct Gauge {
    going: Option<Sender<Infallible>>,
    gone: Receiver<Infallible>,
}

impl Gauge {
    /// Tells `feed` the load of a device. Where there is no thread for it, or nothing to ask, none is told.
    pub(super) fn start(device: &Device, feed: &Arc<Feed>) -> Self {
        let (going, ended) = channel();
        let (alive, gone) = channel();
        let (device, feed) = (device.clone(), Arc::clone(feed));
        let _ = thread::Builder::new()
            .name("sn-tui load".into())
            .spawn(move || {
                tell(&device, &feed, &ended);
                drop((feed, alive));
            });
        Self {
            going: Some(going),
            gone,
        }
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        self.going = None;
        // Nothing is sent: it ends with the thread.
        let _ = self.gone.recv_timeout(PATIENCE);
    }
}

/// Tells the load until the run has `ended`.
fn tell(device: &Device, feed: &Feed, ended: &Receiver<Infallible>) {
    let processor = Processor::new();
    let wait = || ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout);
    if !wait() {
        return;
    }
    let Some(mut look) = looks(device, processor) else {
        return;
    };
    loop {
        feed.load(look());
        if !wait() {
            break;
        }
    }
    feed.load(Load::default());
}

/// How to look at a device; none where there is nothing to be seen.
fn looks(device: &Device, mut processor: Processor) -> Option<Box<dyn FnMut() -> Load>> {
    match device {
        Device::Cpu => Some(Box::new(move || processor.look())),
        #[cfg(feature = "cuda")]
        Device::Cuda(card) => {
            let card = crate::nn::gpu::Card::of(card.index)?;
            Some(Box::new(move || of_card(&card)))
        }
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => None,
    }
}

#[cfg(feature = "cuda")]
fn of_card(card: &crate::nn::gpu::Card) -> Load {
    let memory = card.memory();
    Load {
        share: card.utilization(),
        memory: memory.map(|(used, _)| used),
        total: memory.map(|(_, total)| total),
    }
}

/// This process on the processor, as it was at the last look.
struct Processor {
    cores: usize,
    at: Instant,
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

    fn look(&mut self) -> Load {
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

/// The percentage that is `used` of the time of all cores; none where no time went by.
fn share(used: Duration, elapsed: Duration, cores: usize) -> Option<u8> {
    let all = elapsed.as_secs_f64() * cores as f64;
    let percent = 100.0 * used.as_secs_f64() / all;
    percent
        .is_finite()
        .then(|| percent.round().min(100.0) as u8)
}

/// Time that all threads of this process, those that have ended included, were at work.
fn processor_time() -> Option<Duration> {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(now.tv_sec).ok()?, now.tv_nsec);
    Some(Duration::new(seconds, u32::try_from(nanoseconds).ok()?))
}

/// Bytes of this process that are in memory; none where the system has no /proc.
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
    fn the_share_is_that_of_all_cores_between_two_looks() {
        let s = Duration::from_secs_f64;
        assert_eq!(share(s(1.0), s(1.0), 1), Some(100));
        assert_eq!(share(s(1.0), s(1.0), 2), Some(50));
        assert_eq!(share(s(0.0149), s(1.0), 1), Some(1));
        assert_eq!(share(s(0.5), s(2.0), 64), Some(0));
        // Clocks are not read at one moment.
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
        let load = processor.look();
        assert!(load.share.is_some_and(|share| share > 0), "{load:?}");
        assert!(load.memory.is_some_and(|bytes| bytes > 1 << 20), "{load:?}");
        assert_eq!(load.total, None);
    }

    #[test]
    fn the_load_goes_with_its_gauge() {
        let feed = Arc::new(Feed::new(fake::snapshot()));
        let gauge = Gauge::start(&Device::Cpu, &feed);
        let start = Instant::now();
        while feed.snapshot().load == Load::default() {
            assert!(start.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(5));
        }
        drop(gauge);
        assert_eq!(feed.snapshot().load, Load::default());
        assert_eq!(Arc::strong_count(&feed), 1);
    }
}
