//! The arithmetic at its edges.

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1000;

fn at(ms: i64) -> Timestamp {
    Timestamp(ms)
}

#[test]
fn backoff_doubles_up_to_the_longest() {
    let backoff = Backoff {
        first: Duration::from_secs(1),
        longest: Duration::from_secs(60),
    };
    #[track_caller]
    fn check(backoff: Backoff, attempt: u32, chance: u32, ms: u64) {
        assert_eq!(backoff.wait(attempt, chance), Duration(ms));
    }
    check(backoff, 0, 0, SECOND);
    check(backoff, 1, 0, SECOND);
    check(backoff, 2, 0, 2 * SECOND);
    check(backoff, 6, 0, 32 * SECOND);
    check(backoff, 7, 0, 60 * SECOND);
    check(backoff, u32::MAX, 0, 60 * SECOND);
    check(backoff, 1, 512, 875);
    check(backoff, 1, 1024 + 512, 875);
    check(
        Backoff {
            first: Duration(0),
            longest: Duration(9),
        },
        5,
        1023,
        0,
    );
    check(
        Backoff {
            first: Duration(u64::MAX),
            longest: Duration(u64::MAX),
        },
        9,
        0,
        u64::MAX,
    );
}

#[test]
fn the_ladder_ends_hourly_and_keeps_to_its_cap() {
    #[track_caller]
    fn check(cap_secs: u64, expect: [u64; 6]) {
        let seen =
            [0, 1, 2, 3, 4, u32::MAX].map(|n| reconcile_wait(n, Duration::from_secs(cap_secs)));
        assert_eq!(seen, expect.map(Duration::from_secs));
    }
    check(4 * 3600, [5, 30, 120, 600, 3600, 3600]);
    check(60, [5, 30, 60, 60, 60, 60]);
    check(1, [1; 6]);
}

#[test]
fn a_bucket_gives_its_burst_then_its_rate() {
    let mut bucket = TokenBucket::new(2.0, 4.0, at(0));
    assert_eq!(bucket.take(3, at(0)), Ok(()));
    assert_eq!(bucket.take(2, at(0)), Err(Duration(500)));
    assert_eq!(bucket.take(2, at(250)), Err(Duration(250)));
    assert_eq!(bucket.take(2, at(500)), Ok(()));
    // Rest earns no more than the burst.
    assert_eq!(bucket.take(4, at(1_000_000)), Ok(()));
    assert_eq!(bucket.take(1, at(1_000_000)), Err(Duration(500)));
}

#[test]
fn a_demand_above_the_burst_waits_for_a_full_bucket_and_leaves_debt() {
    let mut bucket = TokenBucket::new(1.0, 3.0, at(0));
    assert_eq!(bucket.take(1, at(0)), Ok(()));
    assert_eq!(bucket.take(10, at(0)), Err(Duration(1000)));
    assert_eq!(bucket.take(10, at(1000)), Ok(()));
    // Seven in debt: the next one waits until they are earned.
    assert_eq!(bucket.take(1, at(1000)), Err(Duration(8000)));
    assert_eq!(bucket.take(0, at(1000)), Err(Duration(7000)));
    assert_eq!(bucket.take(1, at(9000)), Ok(()));
}

#[test]
fn a_clock_set_back_earns_nothing() {
    let mut bucket = TokenBucket::new(1.0, 1.0, at(10_000));
    assert_eq!(bucket.take(1, at(10_000)), Ok(()));
    assert_eq!(bucket.take(1, at(0)), Err(Duration(1000)));
    assert_eq!(bucket.take(1, at(10_000)), Err(Duration(1000)));
    assert_eq!(bucket.take(1, at(11_000)), Ok(()));
}

#[test]
fn a_breaker_opens_rests_and_tries_once() {
    let mut breaker = Breaker::new(2, Duration(100));
    assert_eq!(breaker.admit(at(0)), Ok(()));
    assert!(!breaker.failed(at(0)));
    assert!(!breaker.is_open());
    assert!(breaker.failed(at(0)), "opens just now");
    assert!(breaker.is_open());
    assert_eq!(breaker.admit(at(40)), Err(Duration(60)));
    // Half open: one trial goes out, the others wait for another rest.
    assert_eq!(breaker.admit(at(100)), Ok(()));
    assert_eq!(breaker.admit(at(100)), Err(Duration(100)));
    assert!(!breaker.failed(at(150)), "was open all the time");
    assert_eq!(breaker.admit(at(200)), Err(Duration(50)));
    // The second trial goes through.
    assert_eq!(breaker.admit(at(250)), Ok(()));
    breaker.succeeded();
    assert!(!breaker.is_open());
    assert_eq!(breaker.admit(at(250)), Ok(()));
    assert!(
        !breaker.failed(at(250)),
        "failures are counted from the start again"
    );
}

#[test]
fn a_success_between_failures_keeps_a_breaker_shut() {
    let mut breaker = Breaker::new(2, Duration(100));
    for _ in 0..10 {
        assert!(!breaker.failed(at(0)));
        breaker.succeeded();
    }
    assert_eq!(breaker.admit(at(0)), Ok(()));
}

proptest! {
    #[test]
    fn a_bucket_keeps_its_rate_and_its_word(
        rate in 0.1f64..200.0,
        burst in 1.0f64..50.0,
        demands in proptest::collection::vec((0u32..60, 0i64..5_000), 1..60),
    ) {
        let mut bucket = TokenBucket::new(rate, burst, at(0));
        let (mut now, mut taken, mut largest) = (0i64, 0.0, 0.0f64);
        for (n, pause) in demands {
            now += pause;
            if let Err(wait) = bucket.take(n, at(now)) {
                now += wait.0 as i64;
                let again = bucket.take(n, at(now));
                prop_assert!(again.is_ok() || again == Err(Duration(1)), "{again:?}");
                if again.is_err() {
                    continue;
                }
            }
            taken += f64::from(n);
            largest = largest.max(f64::from(n));
            // Never more than was there at the start, was earned since, and the last debt.
            let allowed = burst + rate * (now as f64 / 1000.0) + largest;
            prop_assert!(taken <= allowed + 1e-6, "{taken} > {allowed}");
        }
    }

    #[test]
    fn a_wait_stays_between_three_quarters_and_the_whole(first in 1u64..1_000_000, attempt in 0u32..80, chance: u32) {
        let backoff = Backoff { first: Duration(first), longest: Duration(10_000_000) };
        let whole = backoff.wait(attempt, 0).0;
        let wait = backoff.wait(attempt, chance).0;
        prop_assert!(wait <= whole && wait >= whole - whole / 4);
    }
}

/// A room that is offered again whenever it is left at once.
#[test]
fn offers_become_rare_and_begin_anew_after_a_calm_day() {
    const MINUTE: u64 = 60;
    let mut offers = Offers::default();
    let mut now = Timestamp(1_000_000);
    for wait in [0, 1, 10, 60, 24 * 60, 24 * 60] {
        let next = offers.next(now);
        assert_eq!(
            next.due.since(now),
            Duration::from_secs(wait * MINUTE),
            "{offers:?}"
        );
        // Asked for again before it is due, it stays as it is.
        assert!(wait == 0 || next.next(now) == next);
        (offers, now) = (next, next.due);
    }
    let calm = now.after(Duration::from_secs(25 * 60 * MINUTE));
    assert_eq!(
        offers.next(calm),
        Offers {
            count: 1,
            due: calm
        }
    );
}
