//! What a running process has used, from Linux's `/proc`; unknown on other systems.

use std::time::Duration;

/// Memory and processor time since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The most memory that was ever resident, in KiB.
    pub(crate) peak_kib: Option<u32>,
    /// Processor time of all its threads.
    pub(crate) cpu: Option<Duration>,
}

impl Usage {
    /// Reads both. Threads that have ended are missing; the functions here have none.
    pub(crate) fn of(process: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        Self { peak_kib: status.ok().as_deref().and_then(peak_kib), cpu: cpu(process) }
    }
}

fn peak_kib(status: &str) -> Option<u32> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn cpu(process: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let files =
        threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok());
    files.map(|schedstat| on_cpu(&schedstat)).sum()
}

/// The first of the three numbers is the time on a processor in nanoseconds.
fn on_cpu(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The three load averages of this computer, as the system states them.
pub(crate) fn load_average() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_is_read_when_the_status_has_one() {
        assert_eq!(
            peak_kib("Name:\tempty\nVmPeak:\t 9000 kB\nVmHWM:\t    2304 kB\nVmRSS:\t 2200 kB\n"),
            Some(2304)
        );
    }

    #[test]
    fn peak_is_unknown_when_the_status_has_none() {
        assert_eq!(peak_kib("Name:\tkthreadd\n"), None);
        assert_eq!(peak_kib("VmHWM: many kB\n"), None);
    }

    #[test]
    fn time_is_read_when_the_kernel_counts_it() {
        assert_eq!(on_cpu("1780000 25000 12\n"), Some(Duration::from_micros(1780)));
        assert_eq!(on_cpu(""), None);
    }

    #[test]
    fn usage_is_unknown_when_the_process_does_not_exist() {
        assert_eq!(Usage::of(u32::MAX), Usage::default());
    }
}
