//! `verbatim record show|verify|proof`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use super::api::Out;
use crate::cli::{RecordCommand, WhoSawArgs};
use crate::exit;
use crate::local::Api;

const PAGE: usize = 200;

pub(crate) async fn run(api: &Api, out: &Out, command: RecordCommand) -> Result<ExitCode> {
    match command {
        RecordCommand::Show { conversation } => show(api, out, &conversation).await,
        RecordCommand::WhoSaw(args) => who_saw(api, out, &args).await,
        RecordCommand::Checkpoints { after } => checkpoints(api, out, after).await,
        RecordCommand::Verify => verify(api, out).await,
        RecordCommand::Proof { position } => proof(api, out, position).await,
    }
}

async fn show(api: &Api, out: &Out, conversation: &str) -> Result<ExitCode> {
    let mut after = String::new();
    loop {
        let path = format!("conversations/{conversation}/timeline?limit={PAGE}{after}");
        let page = api.call("GET", &path, None).await?;
        let items = page
            .get("items")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for item in &items {
            if out.json {
                println!("{item}")
            } else {
                print_record(item)
            }
        }
        if after.is_empty() && items.is_empty() && !out.json {
            println!("no records yet");
        }
        // The cursor ends where the first page saw the end: our own views come behind it.
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

async fn who_saw(api: &Api, out: &Out, args: &WhoSawArgs) -> Result<ExitCode> {
    let which = match (&args.message, args.record) {
        (Some(id), _) => format!("message={id}"),
        (None, position) => format!("record={}", position.unwrap_or_default()),
    };
    let answer = api
        .call("GET", &format!("record/who-saw?{which}"), None)
        .await?;
    if out.json {
        println!("{answer}");
        return Ok(ExitCode::SUCCESS);
    }
    let seen = answer.get("seen").and_then(Value::as_array);
    for sighting in seen.into_iter().flatten() {
        let text = |key: &str| sighting.get(key).and_then(Value::as_str).unwrap_or("");
        let number = |key: &str| sighting.get(key).and_then(Value::as_i64).unwrap_or(0);
        let (at, actor, kind, what) = (
            utc(number("at_ms")),
            text("actor"),
            text("kind"),
            text("what"),
        );
        match sighting.get("first").and_then(Value::as_u64) {
            Some(first) => {
                let last = number("last");
                println!("{at}  {actor}  {kind} ({what}), positions {first} to {last}");
            }
            None => println!("{at}  {actor}  {kind} {} of {what}", number("log_index")),
        }
        if !text("purpose").is_empty() {
            println!("    purpose: {}", text("purpose"));
        }
    }
    let unreadable = answer.get("unreadable").and_then(Value::as_array);
    let unreadable = unreadable.filter(|all| !all.is_empty());
    if let Some(all) = unreadable {
        let all: Vec<String> = all.iter().map(Value::to_string).collect();
        println!(
            "does not open, so that nobody can say whether it was shown there: record {} of the log",
            all.join(", ")
        );
    } else if seen.is_none_or(Vec::is_empty) {
        println!("nobody has been shown it through Verbatim's interfaces");
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each checkpoint, as they come: there is one for every second with a record.
async fn checkpoints(api: &Api, out: &Out, after: u64) -> Result<ExitCode> {
    let mut next = Some(after.to_string());
    let mut none = true;
    while let Some(after) = next {
        let path = format!("record/checkpoints?limit={PAGE}&after={after}");
        let page = api.call("GET", &path, None).await?;
        let items = page.get("items").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            none = false;
            match out.json {
                true => println!("{item}"),
                false => println!("{}", checkpoint_line(item)),
            }
        }
        next = page.get("next").and_then(Value::as_str).map(str::to_owned);
    }
    if none && !out.json {
        println!("no checkpoints behind that");
    }
    Ok(ExitCode::SUCCESS)
}

fn checkpoint_line(item: &Value) -> String {
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_i64).unwrap_or_default();
    let text = |of: &Value, key: &str| {
        let text = of.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut line = format!(
        "{}  size {}  root {}",
        utc(number(item, "at_ms")),
        number(item, "size"),
        text(item, "root")
    );
    for (list, what, name) in [
        ("cosignatures", "cosigned by", "witness"),
        ("timestamps", "stamped by", "authority"),
    ] {
        let said = item.get(list).and_then(Value::as_array);
        for by in said.into_iter().flatten() {
            let at = utc(number(by, "at_ms"));
            line.push_str(&format!("\n    {what} {} at {at}", text(by, name)));
        }
    }
    line
}

fn print_record(record: &Value) {
    for line in record_lines(record) {
        println!("{line}");
    }
}

/// A record for people: what its kind needs to be understood, never the raw event.
fn record_lines(record: &Value) -> Vec<String> {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| record.get(key).and_then(Value::as_i64).unwrap_or_default();
    let mut lines = vec![format!(
        "#{} (log {})  {}  {}  {}",
        number("conversation_seq"),
        number("log_index"),
        utc(number("captured_ms")),
        text("kind"),
        text("actor")
    )];
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("    {name}: {value}"));
        }
    };
    // Statuses of several messages come mixed: this tells whose each one is.
    line("message", text("message"));
    line("from", text("from"));
    line("to", text("to"));
    line("text", text("text"));
    line("sent as", text("transmitted"));
    for (name, value) in record["details"].as_object().into_iter().flatten() {
        let is_raw = name == "clear" || name.starts_with("header.");
        line(name, value.as_str().filter(|_| !is_raw).unwrap_or_default());
    }
    for (name, at) in [
        ("at origin", number("origin_ms")),
        ("at provider", number("provider_ms")),
    ] {
        if at != 0 {
            line(name, &utc(at));
        }
    }
    match record.get("disposed").filter(|d| !d.is_null()) {
        None if !text("unreadable").is_empty() => line("unreadable", text("unreadable")),
        None => line("why", &format!("{} ({})", text("reason"), text("rule"))),
        Some(disposed) => {
            let number = |key: &str| disposed.get(key).and_then(Value::as_i64).unwrap_or(0);
            let (at, certificate) = (utc(number("at_ms")), number("certificate"));
            let by = format!("{at} by the certificate at {certificate} of the log");
            line("disposed of on", &by);
        }
    }
    line("leaf", text("leaf_hash"));
    lines
}

/// A time of the record as RFC 3339 in UTC, always with milliseconds.
pub(super) fn utc(ms: i64) -> String {
    let form =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    at.ok()
        .and_then(|t| t.format(form).ok())
        .unwrap_or_else(|| format!("{ms} ms"))
}

async fn proof(api: &Api, out: &Out, position: u64) -> Result<ExitCode> {
    let wish = serde_json::json!({"position": position});
    let view = api.call("POST", "record/proofs", Some(wish)).await?;
    if out.json {
        println!("{view}");
    } else {
        print!(
            "{}",
            view.get("proof")
                .and_then(Value::as_str)
                .unwrap_or_default()
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(api: &Api, out: &Out) -> Result<ExitCode> {
    let view = api.call("GET", "record/verify", None).await?;
    let ok = view.get("ok").and_then(Value::as_bool).unwrap_or(false);
    if out.json {
        println!("{view}");
    } else {
        let field = |key: &str| view.get(key).map(ToString::to_string).unwrap_or_default();
        println!("records read:            {}", field("records"));
        println!("disposed of, certified:  {}", field("disposed"));
        println!("stored roots compared:   {}", field("roots"));
        println!("signed checkpoints:      {}", field("checkpoints"));
        println!("tiles compared:          {}", field("tiles"));
        println!("log size:                {}", field("log_size"));
        println!(
            "root:                    {}",
            field("root").trim_matches('"')
        );
        match view.get("fault").and_then(Value::as_str) {
            None => println!("the record is as it was written"),
            Some(fault) => println!("FAULT: {fault}"),
        }
    }
    Ok(if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::RECORD_DOES_NOT_VERIFY)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::record_lines;

    #[test]
    fn records_say_whose_they_are_and_what_happened() {
        let check = |record: serde_json::Value, line: &str| {
            let lines = record_lines(&record);
            assert!(lines.iter().any(|l| l.trim() == line), "{lines:?}");
            assert!(!lines.iter().any(|l| l.contains("raw")), "{lines:?}");
        };
        let status = json!({"kind": "status", "message": "0199", "details": {"code": "30003"}});
        check(status.clone(), "message: 0199");
        check(status, "code: 30003");
        let details =
            json!({"member": "@a:f", "membership": "join", "clear": "raw", "header.x": "raw"});
        let joined = json!({"kind": "membership", "details": details});
        check(joined.clone(), "membership: join");
        check(joined, "member: @a:f");
        let why = "record 7 does not open: the ciphertext was changed";
        let unreadable = json!({"kind": "view", "rule": "", "unreadable": why});
        check(unreadable, &format!("unreadable: {why}"));
    }
}
