//! What the command line asks for, as the API takes it.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use time::{Date, Month};
use verbatim_record::bundle::{Of, Selection};

use crate::cli::ExportArgs;

pub(super) fn of(args: &ExportArgs) -> Result<Value> {
    let whose = &args.whose;
    let named = [
        ("conversation", &whose.conversation),
        ("person", &whose.person),
        ("number", &whose.number),
        ("contact", &whose.contact),
    ];
    let mut given = named
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let of = match given.next() {
        Some((name, value)) => json!({ name: value }),
        None => json!("all"),
    };
    let time = |date: &Option<String>| date.as_deref().map(midnight).transpose();
    let (from, to) = (time(&args.from)?, time(&args.to)?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        bail!("--from must be before --to");
    }
    Ok(json!({"of": of, "from_ms": from, "to_ms": to}))
}

/// Whether a selection, as the log has it, is what is wanted. A number may be written with spaces and the like.
pub(super) fn is_of(wanted: &Value, selection: &Selection) -> bool {
    let Ok(mut wanted) = serde_json::from_value::<Selection>(wanted.clone()) else {
        return false;
    };
    if let Of::Number(number) = &mut wanted.of {
        number.retain(|c| c == '+' || c.is_ascii_digit());
    }
    wanted == *selection
}

/// The beginning of a day in UTC, Unix milliseconds.
fn midnight(date: &str) -> Result<i64> {
    let parse = || {
        let mut parts = date.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month: u8 = parts.next()?.parse().ok()?;
        let day = parts.next()?.parse().ok()?;
        Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
    };
    let day = parse().with_context(|| format!("`{date}` is not a day such as 2026-01-31"))?;
    Ok(day.midnight().assume_utc().unix_timestamp() * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_known_again() {
        let is = |of: Value, from: Option<i64>, expected: bool| {
            let selection = Selection {
                of: Of::Number("+16285550100".to_owned()),
                from_ms: Some(7),
                to_ms: None,
            };
            let wanted = json!({"of": of, "from_ms": from, "to_ms": null});
            assert_eq!(is_of(&wanted, &selection), expected, "{wanted}");
        };
        is(json!({"number": "+16285550100"}), Some(7), true);
        is(json!({"number": "+1 (628) 555-0100"}), Some(7), true);
        is(json!({"number": "+16285550100"}), None, false);
        is(json!({"number": "+16285550101"}), Some(7), false);
        is(json!({"person": "+16285550100"}), Some(7), false);
        is(json!("all"), Some(7), false);
        is(json!("what"), Some(7), false);
    }

    #[test]
    fn days_begin_at_midnight() {
        for (date, expected) in [
            ("1970-01-01", Some(0)),
            ("2026-11-23", Some(1_795_392_000_000)),
            ("2026-02-29", None),
            ("2026-1", None),
            ("x", None),
        ] {
            assert_eq!(midnight(date).ok(), expected, "{date}");
        }
    }
}
