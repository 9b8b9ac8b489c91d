//! Returning free memory of the allocator to the operating system. It is in this module because unsafe code is allowed
//! only in `nn`.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::c_int;

    // SAFETY: malloc_trim(3) has no preconditions; it moves nothing that is in use.
    unsafe extern "C" {
        pub(super) safe fn malloc_trim(pad: usize) -> c_int;
    }
}

/// Returns free memory to the operating system.
///
/// glibc keeps an arena for each thread that has existed, as large as the thread ever needed it. Without this call a
/// finished run keeps its memory. On other systems it does nothing.
pub(crate) fn release_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // The result says whether memory was returned.
    let _ = glibc::malloc_trim(0);
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
#[expect(clippy::unwrap_used, reason = "clippy does not know these for tests")]
mod tests {
    use std::{fs, thread};

    use super::*;

    const BLOCK: usize = 64 << 10;
    const BLOCKS: usize = 512;

    /// Resident KiB of the mapping that contains `address`.
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
    fn freed_memory_of_a_thread_returns_to_the_system() {
        let look = || {
            let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| vec![1; BLOCK]).collect();
            // While the last block is allocated, free() does not shrink the heap.
            let last = blocks.pop().unwrap();
            let address = last.as_ptr() as usize;
            let before = resident(address);
            drop(blocks);
            release_free_memory();
            (before, resident(address))
        };
        let (before, after) = thread::spawn(look).join().unwrap();
        assert!(before > 16 << 10, "{before} KiB before");
        assert!(after < before / 2, "{before} KiB before, {after} after");
    }
}
