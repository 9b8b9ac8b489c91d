//! Memory on its way back to the system: no kernel, but unsafe code stands in this room alone.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;

    // SAFETY: malloc_trim(3) has no preconditions; it moves nothing that is in use.
    unsafe extern "C" {
        pub safe fn malloc_trim(pad: usize) -> c_int;
    }
}

/// Gives back what is free. The heap of glibc keeps a part for each thread that ever was, as large as that thread ever
/// needed it: a run that is over would go on costing what it cost. Other systems do without.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // Whether there was anything does not matter.
    let _ = glibc::malloc_trim(0);
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
#[expect(clippy::unwrap_used, reason = "clippy does not know these for tests")]
mod tests {
    use std::{fs, thread};

    use super::*;

    const BLOCK: usize = 64 << 10;
    const BLOCKS: usize = 512;

    /// KiB of memory of the part of the address space in which this address lies.
    fn resident(address: usize) -> usize {
        let maps = fs::read_to_string("/proc/self/smaps").unwrap();
        let mut lines = maps.lines();
        let holds = |line: &str| {
            let range = line
                .split(' ')
                .next()
                .and_then(|range| range.split_once('-'));
            let range = range.and_then(|(from, to)| {
                let hex = |text| usize::from_str_radix(text, 16).ok();
                Some(hex(from)?..hex(to)?)
            });
            range.is_some_and(|range| range.contains(&address))
        };
        lines.by_ref().find(|line| holds(line)).unwrap();
        let line = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn what_a_thread_has_freed_goes_back_to_the_system() {
        let look = || {
            let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| vec![1; BLOCK]).collect();
            // As long as the last one is there, the heap does not shrink by itself.
            let last = blocks.pop().unwrap();
            let address = last.as_ptr() as usize;
            let before = resident(address);
            drop(blocks);
            give_back();
            (before, resident(address))
        };
        let (before, after) = thread::spawn(look).join().unwrap();
        assert!(before > 16 << 10, "{before} KiB before");
        assert!(after < before / 2, "{before} KiB before, {after} after");
    }
}
