//! `verbatim retention|hold|disposal|erasure`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};
use time::{Date, Duration, Month, Time};

use super::api::Out;
use crate::cli::{
    DisposalCommand, ErasureCommand, HoldArgs, HoldCommand, MemberArgs, RetentionCommand,
};
use crate::local::Api;

pub(crate) async fn retention(api: &Api, out: &Out, command: RetentionCommand) -> Result<ExitCode> {
    match command {
        RetentionCommand::List { of } => {
            let view = api.call("GET", &listed(&of), None).await?;
            if out.json {
                println!("{view}");
                return Ok(ExitCode::SUCCESS);
            }
            out.many(
                &items(&view, "rules"),
                &["class", "name", "months", "starts", "of"],
            );
            let extensions = items(&view, "extensions");
            if !extensions.is_empty() {
                println!();
                out.many(&extensions, &["class", "of", "months", "by"]);
            }
            println!();
            let columns = ["class", "name", "expires", "records", "disposal"];
            out.many(&items(&view, "buckets"), &columns);
        }
        RetentionCommand::Extend { class, months, of } => {
            let of = json!({
                "employee": of.employee, "number": of.number, "conversation": of.conversation,
            });
            let body = json!({"class": class, "months": months, "of": of});
            out.one(&api.call("POST", "retention/extend", Some(body)).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The address of the list, for somebody if named.
fn listed(of: &MemberArgs) -> String {
    let members = [
        ("employee", &of.employee),
        ("number", &of.number),
        ("conversation", &of.conversation),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        query.extend_pairs(value.iter().map(|value| (name, value)));
    }
    match query.finish() {
        query if query.is_empty() => "retention".to_owned(),
        query => format!("retention?{query}"),
    }
}

pub(crate) async fn hold(api: &Api, out: &Out, command: HoldCommand) -> Result<ExitCode> {
    match command {
        HoldCommand::Set(args) => {
            let hold = api.call("POST", "holds", Some(wish(args))).await?;
            show_hold(out, &hold);
        }
        HoldCommand::List => {
            let view = api.call("GET", "holds", None).await?;
            let columns = ["id", "state", "name", "covers", "reason"];
            out.many(&items(&view, "items"), &columns);
        }
        HoldCommand::Release { hold, reason } => {
            let body = json!({"hold": hold, "reason": reason});
            show_hold(out, &api.call("POST", "holds/release", Some(body)).await?);
        }
        HoldCommand::Approve { hold } => {
            let body = json!({"hold": hold});
            show_hold(out, &api.call("POST", "holds/approve", Some(body)).await?);
        }
        HoldCommand::Keep { hold } => {
            let body = json!({"hold": hold});
            show_hold(out, &api.call("POST", "holds/keep", Some(body)).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn disposal(api: &Api, out: &Out, command: DisposalCommand) -> Result<ExitCode> {
    match command {
        DisposalCommand::Propose => {
            let view = api.call("POST", "disposals/propose", None).await?;
            list_disposals(out, &view);
        }
        DisposalCommand::Approve { disposal } => {
            let body = json!({"disposal": disposal});
            let view = api.call("POST", "disposals/approve", Some(body)).await?;
            list_disposals(out, &json!({"items": [view]}));
        }
        DisposalCommand::Withdraw { disposal } => {
            let body = json!({"disposal": disposal});
            let view = api.call("POST", "disposals/withdraw", Some(body)).await?;
            list_disposals(out, &json!({"items": [view]}));
        }
        DisposalCommand::List => list_disposals(out, &api.call("GET", "disposals", None).await?),
        DisposalCommand::Show { disposal } => {
            let path = format!("disposals/{disposal}");
            let view = api.call("GET", &path, None).await?;
            if out.json {
                println!("{view}");
                return Ok(ExitCode::SUCCESS);
            }
            let disposal = view.get("disposal").cloned().unwrap_or_default();
            list_disposals(out, &json!({"items": [disposal]}));
            match view.get("certificate").and_then(Value::as_str) {
                Some(text) => print!("\n{text}"),
                None => println!("no certificate yet: the key is not destroyed"),
            }
        }
        DisposalCommand::Run => out.one(&api.call("POST", "disposals/run", None).await?),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn erasure(api: &Api, out: &Out, command: ErasureCommand) -> Result<ExitCode> {
    let ErasureCommand::Request { contact } = command;
    let body = json!({"contact": contact});
    let answer = api.call("POST", "erasures", Some(body)).await?;
    if out.json {
        println!("{answer}");
        return Ok(ExitCode::SUCCESS);
    }
    let word = answer.get("answer").and_then(Value::as_str);
    match word.unwrap_or_default() {
        "refused" => println!("refused, and recorded: what follows binds"),
        "proposed" => println!("nothing binds any more: somebody else must approve"),
        _ => println!("nothing of this contact's can be read any more"),
    }
    for reason in items(&answer, "because") {
        println!("  {}", reason.as_str().unwrap_or_default());
    }
    if let Some(left) = answer
        .get("left")
        .and_then(Value::as_u64)
        .filter(|n| *n > 0)
    {
        println!(
            "records of who looked, with nothing of the contact's, that stay until their own time: {left}"
        );
    }
    if let Some(proposed) = answer.get("proposed")
        && !items(proposed, "items").is_empty()
    {
        list_disposals(out, proposed);
    }
    Ok(ExitCode::SUCCESS)
}

fn items(view: &Value, name: &str) -> Vec<Value> {
    let items = view.get(name).and_then(Value::as_array);
    items.cloned().unwrap_or_default()
}

fn show_hold(out: &Out, hold: &Value) {
    if out.json {
        println!("{hold}");
    } else {
        let columns = ["id", "state", "name", "covers", "reason"];
        out.many(std::slice::from_ref(hold), &columns);
    }
}

fn list_disposals(out: &Out, view: &Value) {
    let columns = [
        "id", "state", "class", "name", "expired", "contact", "disposed", "held",
    ];
    out.many(&items(view, "items"), &columns);
}

/// The hold that the arguments describe. The day after `until` is the first that it does not cover.
fn wish(args: HoldArgs) -> Value {
    let midnight = |day: Date| {
        let at = day.with_time(Time::MIDNIGHT).assume_utc();
        at.unix_timestamp() * 1000
    };
    let until = args.until.map(|day| day.saturating_add(Duration::DAY));
    json!({
        "name": args.name,
        "reason": args.reason,
        "everyone": args.everyone,
        "employees": args.employees,
        "contacts": args.contacts,
        "conversations": args.conversations,
        "numbers": args.numbers,
        "from_ms": args.from.map(midnight),
        "until_ms": until.map(midnight),
    })
}

/// A day, written as RFC 3339 writes it.
pub(crate) fn day(text: &str) -> Result<Date, String> {
    let wrong = || "write a day as YYYY-MM-DD".to_owned();
    let mut parts = text.split('-');
    let mut next = |digits: usize| {
        let part = parts.next().filter(|p| p.len() == digits);
        part.and_then(|p| p.parse::<u16>().ok()).ok_or_else(wrong)
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let small = |n: u16| u8::try_from(n).map_err(|_| wrong());
    let month = Month::try_from(small(month)?).map_err(|_| wrong())?;
    let date = Date::from_calendar_date(i32::from(year), month, small(day)?);
    match parts.next() {
        None => date.map_err(|_| wrong()),
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_one_way() {
        for bad in [
            "",
            "2026",
            "2026-1-01",
            "2026-13-01",
            "2026-02-30",
            "2026-01-01-",
            "26-01-01",
        ] {
            assert!(day(bad).is_err(), "{bad}");
        }
        let date = Date::from_calendar_date(2026, Month::February, 28);
        assert_eq!(day("2026-02-28"), Ok(date.unwrap()));
    }

    #[test]
    fn the_last_day_of_a_hold_is_covered() {
        let args = HoldArgs {
            name: "a".to_owned(),
            reason: "b".to_owned(),
            everyone: true,
            employees: Vec::new(),
            contacts: Vec::new(),
            conversations: Vec::new(),
            numbers: Vec::new(),
            from: day("1970-01-02").ok(),
            until: day("1970-01-02").ok(),
        };
        let wish = wish(args);
        assert_eq!(
            (&wish["from_ms"], &wish["until_ms"]),
            (&json!(86_400_000), &json!(172_800_000))
        );
    }
}
