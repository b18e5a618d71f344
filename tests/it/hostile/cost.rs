//! How the cost of something grows. What is measured is the time that one thread is on a processor, and what is compared is
//! one size with twice that size on the same machine: how busy or how fast the machine is makes no difference.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What is below this is noise.
const NOISE: Duration = Duration::from_millis(10);

/// How often is measured before something counts as too expensive. The least time of each size is the one that was
/// disturbed least.
const TRIES: usize = 8;

/// Twice the input may cost three times as much: a loop within a loop costs four times as much.
pub(crate) const LINEAR: u32 = 3;

/// Twice the input may cost six times as much: three loops within each other cost eight times as much.
pub(crate) const QUADRATIC: u32 = 6;

/// How long the current thread was on a processor so far.
fn on_processor() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap(), u32::try_from(now.tv_nsec).unwrap())
}

/// The time that some work takes, which must be done by the current thread.
pub(crate) fn cost(work: impl FnOnce()) -> Duration {
    let start = on_processor();
    work();
    on_processor() - start
}

/// Measures at each of some sizes, each twice the one before it; a sentence if the cost grows faster than `most` allows.
pub(crate) fn growth(what: &str, sizes: &[usize], most: u32, measure: impl Fn(usize) -> Duration) -> Option<String> {
    let mut least: Vec<Duration> = sizes.iter().map(|size| measure(*size)).collect();
    let is_fine = |least: &[Duration]| least.windows(2).all(|pair| pair[1] <= pair[0] * most + NOISE);
    for _ in 1..TRIES {
        if is_fine(&least) {
            break;
        }
        for (least, size) in least.iter_mut().zip(sizes) {
            *least = measure(*size).min(*least);
        }
    }
    eprintln!("{what}: {least:.1?} for {sizes:?}");
    let sentence = || format!("{what}: {least:.1?} for {sizes:?}: more than {most} times as much for twice the input");
    (!is_fine(&least)).then(sentence)
}

#[test]
fn what_grows_too_fast_is_seen() {
    let busy = |millis: u64| Duration::from_millis(millis);
    let sizes = [10, 20, 40];
    assert_eq!(growth("linear", &sizes, LINEAR, |n| busy(5 * n as u64)), None);
    assert!(growth("quadratic", &sizes, LINEAR, |n| busy((n * n) as u64)).is_some());
    assert_eq!(growth("quadratic", &sizes, QUADRATIC, |n| busy((n * n) as u64)), None);
    assert!(growth("cubic", &sizes, QUADRATIC, |n| busy((n * n * n) as u64)).is_some());
    // Disturbed at first: the least of several counts.
    let calls = std::cell::Cell::new(0);
    let disturbed = |n: usize| {
        calls.set(calls.get() + 1);
        busy(n as u64 * if calls.get() == 2 { 100 } else { 5 })
    };
    assert_eq!(growth("disturbed", &sizes, LINEAR, disturbed), None);
    assert!(cost(|| (0..1_000_000).for_each(|n| _ = std::hint::black_box(n))) > Duration::ZERO);
}
