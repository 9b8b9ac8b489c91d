//! The memory that this process may still allocate.

use std::{fmt, fs, path::Path};

use rustix::process::{Resource, getrlimit};

/// A limit on the memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// RLIMIT_AS, `ulimit -v`.
    AddressSpace,
    /// RLIMIT_DATA, `ulimit -d`.
    Data,
    /// memory.max of a control group, for example of a container or a job.
    ControlGroup,
    /// Free memory of the machine, including swap.
    Machine,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::AddressSpace => "the limit of address space (ulimit -v)",
            Limit::Data => "the limit of data (ulimit -d)",
            Limit::ControlGroup => "the control group's limit (memory.max)",
            Limit::Machine => "the machine",
        })
    }
}

/// Bytes that the process may still allocate, with the limit that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub bytes: u64,
    pub limit: Limit,
}

/// The tightest of all limits; `None` on systems without this information (other than Linux).
pub(crate) fn allowance() -> Option<Allowance> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let of_process = |resource, used: &str| {
        let most = getrlimit(resource).current?;
        Some(most.saturating_sub(kibibytes(&status, used)? << 10))
    };
    [
        (Limit::AddressSpace, of_process(Resource::As, "VmSize:")),
        (Limit::Data, of_process(Resource::Data, "VmData:")),
        (Limit::ControlGroup, control_group()),
        (Limit::Machine, machine.as_deref().and_then(free)),
    ]
    .into_iter()
    .filter_map(|(limit, bytes)| {
        Some(Allowance {
            bytes: bytes?,
            limit,
        })
    })
    .min_by_key(|allowance| allowance.bytes)
}

/// Free memory in bytes from the text of /proc/meminfo: available memory and free swap.
fn free(machine: &str) -> Option<u64> {
    let available = kibibytes(machine, "MemAvailable:")?;
    let swap = kibibytes(machine, "SwapFree:").unwrap_or(0);
    Some((available + swap) << 10)
}

/// The number in a line like `VmSize:   1234 kB`, in units of 1024 bytes.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Usual mount points of cgroups v2, and of the memory controller of cgroups v1.
const MOUNTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory"];

/// Available bytes in the tightest control group of this process, including parent groups.
fn control_group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let paths = groups.lines().filter_map(|line| {
        // `0::/user.slice` in v2, `5:memory:/job` in v1.
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let version = match controllers {
            "" => 0,
            controllers if controllers.split(',').any(|name| name == "memory") => 1,
            _ => return None,
        };
        Some((
            Path::new(MOUNTS[version]),
            path.trim_start_matches('/').to_owned(),
        ))
    });
    paths
        .flat_map(|(mount, path)| {
            let folder = mount.join(path);
            let around = folder.ancestors().take_while(|at| at.starts_with(mount));
            around.filter_map(available_in).collect::<Vec<_>>()
        })
        .min()
}

/// Memory that the kernel reclaims before it refuses an allocation: file caches and their metadata. In v1 the names with
/// `total_` are used, which include child groups as the usage does.
const RECLAIMABLE: [&str; 3] = ["inactive_file", "active_file", "slab_reclaimable"];

/// Available bytes in one control group; `None` if it has no limit.
fn available_in(folder: &Path) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let most = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
    let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
    let statistics = read("memory.stat").unwrap_or_default();
    let of = |name: String| {
        let mut lines = statistics.lines().filter_map(|line| line.split_once(' '));
        let (_, number) = lines.find(|(found, _)| *found == name)?;
        number.parse::<u64>().ok()
    };
    let reclaimable =
        RECLAIMABLE.map(|name| of(format!("total_{name}")).or_else(|| of(name.to_owned())));
    let reclaimable: u64 = reclaimable.into_iter().flatten().sum();
    Some(most.saturating_sub(used.saturating_sub(reclaimable)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_includes_swap() {
        let machine = "MemTotal: 100 kB\nMemAvailable:   40 kB\nSwapFree:   2 kB\n";
        assert_eq!(free(machine), Some(42 << 10));
        assert_eq!(free("MemTotal: 100 kB\n"), None);
    }

    #[test]
    fn caches_of_a_group_count_as_available() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(available_in(home.path()), None);
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(available_in(home.path()), None, "no limit");
        write("memory.max", "1000\n");
        assert_eq!(available_in(home.path()), Some(300));
        write(
            "memory.stat",
            "anon 500\ninactive_file 150\nactive_file 50\n",
        );
        assert_eq!(available_in(home.path()), Some(500));
        write("memory.current", "2000\n");
        assert_eq!(available_in(home.path()), Some(0));
    }

    /// A parent group may be full of file caches of its child groups. They are reclaimable.
    #[test]
    fn caches_of_child_groups_count_as_available_in_version_1() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
        write("memory.limit_in_bytes", "1000\n");
        write("memory.usage_in_bytes", "1000\n");
        let own = "cache 10\ninactive_file 5\nactive_file 5\n";
        write(
            "memory.stat",
            &format!("{own}total_cache 800\ntotal_inactive_file 300\ntotal_active_file 400\n"),
        );
        assert_eq!(available_in(home.path()), Some(700));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_available() {
        assert!(allowance().unwrap().bytes > 0);
    }
}
