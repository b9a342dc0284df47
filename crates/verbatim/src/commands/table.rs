//! JSON answers as text for people.

use serde_json::{Map, Value};

use super::record::utc;

/// A field's name without the unit that people are not shown.
fn head(field: &str) -> &str {
    field.strip_suffix("_ms").unwrap_or(field)
}

/// A cell: plain text, lists joined, fields that end in `_ms` as times.
fn cell(field: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|i| cell(field, Some(i)))
            .collect::<Vec<_>>()
            .join(", "),
        Some(Value::Number(ms)) if field.ends_with("_ms") => {
            ms.as_i64().map_or_else(|| ms.to_string(), utc)
        }
        Some(other) => other.to_string(),
    }
}

/// Prints items as columns, with a head.
pub(crate) fn print(items: &[Value], columns: &[&str]) {
    for line in lines(items, columns) {
        println!("{line}");
    }
}

fn lines(items: &[Value], columns: &[&str]) -> Vec<String> {
    let mut rows = vec![
        columns
            .iter()
            .map(|c| head(c).to_uppercase())
            .collect::<Vec<_>>(),
    ];
    rows.extend(
        items
            .iter()
            .map(|item| columns.iter().map(|c| cell(c, item.get(*c))).collect()),
    );
    let widths: Vec<usize> = (0..columns.len())
        .map(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0))
        .collect();
    rows.iter().map(|row| aligned(row, &widths)).collect()
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(text, width)| {
            let pad = width.saturating_sub(text.chars().count());
            format!("{text}{}", " ".repeat(pad))
        })
        .collect();
    cells.join("  ").trim_end().to_owned()
}

/// Prints one object, a field a line; what has parts of its own, below its name.
pub(crate) fn print_one(value: &Value) {
    match value {
        Value::Object(fields) => {
            for line in fields_of(fields) {
                println!("{line}");
            }
        }
        Value::Null => println!("done"),
        other => println!("{other}"),
    }
}

fn fields_of(fields: &Map<String, Value>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Object(inner) => {
                lines.push(format!("{name}:"));
                lines.extend(fields_of(inner).iter().map(|line| format!("  {line}")));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                lines.push(format!("{name}:"));
                let inner = items.iter().filter_map(Value::as_object);
                lines.extend(inner.map(|item| format!("  {}", fields_of(item).join(", "))));
            }
            Value::Array(items) if items.is_empty() => lines.push(format!("{name}: none")),
            value => lines.push(format!("{}: {}", head(name), cell(name, Some(value)))),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_read_times_and_no_json() {
        let view = json!({
            "alarms": 0,
            "counted": {"inbound": 2},
            "none": [],
            "queues": [{"depth": 1, "kind": "say", "oldest_ms": 0}],
            "scopes": ["read", "record"],
        });
        let lines = fields_of(view.as_object().unwrap());
        assert_eq!(
            lines,
            [
                "alarms: 0",
                "counted:",
                "  inbound: 2",
                "none: none",
                "queues:",
                "  depth: 1, kind: say, oldest: 1970-01-01T00:00:00.000Z",
                "scopes: read, record",
            ]
        );
        let items = [
            json!({"name": "crm", "at_ms": 1}),
            json!({"name": "x", "at_ms": null}),
        ];
        assert_eq!(
            super::lines(&items, &["name", "at_ms"]),
            ["NAME  AT", "crm   1970-01-01T00:00:00.001Z", "x     –"]
        );
    }
}
