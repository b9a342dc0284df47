//! The two date forms that Twilio uses: RFC 2822 in answers, `YYYY-MM-DD` in filters. UTC only.

use verbatim_domain::Timestamp;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY_MS: i64 = 86_400_000;

/// Reads an RFC 2822 date with a numeric zone, such as `Mon, 16 Aug 2010 03:45:01 +0000`.
pub(super) fn parse_rfc2822(text: &str) -> Option<Timestamp> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_ascii_whitespace();
    let day = number(words.next()?, 1, 31)?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month))? as i64 + 1;
    let year = number(words.next()?, 1970, 9999)?;
    let mut clock = words.next()?.split(':');
    let hour = number(clock.next()?, 0, 23)?;
    let minute = number(clock.next()?, 0, 59)?;
    let second = number(clock.next().unwrap_or("0"), 0, 60)?;
    let zone = zone_minutes(words.next()?)?;
    if clock.next().is_some() || words.next().is_some() {
        return None;
    }
    let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute - zone;
    Some(Timestamp((minutes * 60 + second) * 1000))
}

/// The UTC day of a moment, `days` days earlier, as `YYYY-MM-DD`.
pub(super) fn day_before(at: Timestamp, days: i64) -> String {
    let at = at.as_millis().clamp(0, 253_402_300_799_000);
    let (year, month, day) = civil_from_days((at.div_euclid(DAY_MS) - days).max(0));
    format!("{year:04}-{month:02}-{day:02}")
}

fn number(text: &str, least: i64, most: i64) -> Option<i64> {
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| (least..=most).contains(n))
}

fn zone_minutes(text: &str) -> Option<i64> {
    if text == "GMT" || text == "UTC" {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    (digits.len() == 4).then_some(())?;
    Some(sign * (number(hours, 0, 23)? * 60 + number(minutes, 0, 59)?))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March here, so that the
/// leap day is the last one.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, seconds: Option<i64>) {
        assert_eq!(
            parse_rfc2822(text),
            seconds.map(|s| Timestamp(s * 1000)),
            "{text}"
        );
    }

    // Expected values: GNU date.
    #[test]
    fn dates_are_read() {
        check("Thu, 01 Jan 1970 00:00:00 +0000", Some(0));
        check("Mon, 16 Aug 2010 03:45:01 +0000", Some(1_281_930_301));
        check("16 Aug 2010 03:45 +0000", Some(1_281_930_300));
        check("Thu, 29 Feb 2024 23:59:59 -0130", Some(1_709_256_599));
        check("Mon, 23 Nov 2026 04:37:37 GMT", Some(1_795_408_657));
        check("Mon, 16 Aug 2010 03:45:01", None);
        check("Mon, 16 Foo 2010 03:45:01 +0000", None);
        check("Mon, 16 Aug 2010 25:45:01 +0000", None);
        check("Mon, 16 Aug 2010 03:45:01 +00é", None);
        check("Mon, -6 Aug 2010 03:45:01 +0000", None);
        check("2010-08-16T03:45:01Z", None);
        check("", None);
    }

    #[test]
    fn every_day_has_one_name() {
        for day in 0..60_000 {
            let (y, m, d) = civil_from_days(day);
            assert_eq!(days_from_civil(y, m, d), day);
        }
        assert_eq!(day_before(Timestamp(1_709_256_599_000), 0), "2024-03-01");
        assert_eq!(day_before(Timestamp(1_709_256_599_000), 1), "2024-02-29");
        assert_eq!(day_before(Timestamp(5), 1), "1970-01-01");
        assert_eq!(day_before(Timestamp(i64::MAX), 0), "9999-12-31");
    }
}
