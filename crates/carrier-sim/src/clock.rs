//! The wall clock, and dates as the provider writes and reads them.
//!
//! The simulator stands for a system outside the product, so it runs on real time; this is the
//! only place that reads it.

/// Milliseconds since 1970-01-01T00:00:00Z.
#[allow(clippy::disallowed_methods)] // a simulated outside party has no injected clock
pub(crate) fn now_ms() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

const DAY_MS: u64 = 86_400_000;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Mon, 23 Nov 2026 04:37:36 +0000` (RFC 2822 section 3.3), the form of every date in an answer.
pub(crate) fn rfc2822(ms: u64) -> String {
    let (year, month, day) = civil(ms / DAY_MS);
    let second = ms / 1000 % 86_400;
    let weekday = WEEKDAYS[usize::try_from(ms / DAY_MS % 7).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    format!(
        "{weekday}, {day:02} {month} {year} {:02}:{:02}:{:02} +0000",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The half-open interval in milliseconds that a filter names: a whole UTC day for
/// `YYYY-MM-DD`, one second for `YYYY-MM-DDThh:mm:ssZ`.
pub(crate) fn parse_interval(text: &str) -> Option<(u64, u64)> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-').map(str::parse::<u64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let start = days(year, month, day) * DAY_MS;
    let Some(time) = time else {
        return Some((start, start + DAY_MS));
    };
    let mut parts = time
        .strip_suffix('Z')?
        .splitn(3, ':')
        .map(str::parse::<u64>);
    let (hour, minute, second) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let at = start + (hour * 3600 + minute * 60 + second) * 1000;
    Some((at, at + 1000))
}

/// Days since 1970-01-01 to (year, month, day) in the proleptic Gregorian calendar. The year is
/// counted from March, so that the leap day comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// The inverse of [`civil`].
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_rfc_2822_has_them() {
        let check = |ms: u64, text: &str| assert_eq!(rfc2822(ms), text);
        check(0, "Thu, 01 Jan 1970 00:00:00 +0000");
        check(951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000");
        check(1_700_000_000_999, "Tue, 14 Nov 2023 22:13:20 +0000");
        check(1_767_225_599_000, "Wed, 31 Dec 2025 23:59:59 +0000");
    }

    #[test]
    fn filters_are_read_as_days_or_seconds() {
        let check = |text: &str, want: Option<(u64, u64)>| {
            assert_eq!(parse_interval(text), want, "{text}");
        };
        check("1970-01-01", Some((0, DAY_MS)));
        check(
            "2000-02-29",
            Some((951_782_400_000, 951_782_400_000 + DAY_MS)),
        );
        check(
            "2023-11-14T22:13:20Z",
            Some((1_700_000_000_000, 1_700_000_001_000)),
        );
        for bad in [
            "",
            "2023",
            "2023-13-01",
            "1969-12-31",
            "2023-11-14T22:13",
            "x-y-z",
            "2023-11-14T25:00:00Z",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_way_there_and_back() {
        for day in 0..146_097 {
            let (y, m, d) = civil(day);
            assert_eq!(days(y, m, d), day);
        }
    }
}
