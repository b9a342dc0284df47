//! JSON answers as text for people.

use serde_json::Value;

/// A cell: plain text, lists joined.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|i| cell(Some(i)))
            .collect::<Vec<_>>()
            .join(", "),
        Some(other) => other.to_string(),
    }
}

/// Prints items as columns, with a head.
pub(crate) fn print(items: &[Value], columns: &[&str]) {
    let mut rows = vec![columns.iter().map(|c| c.to_uppercase()).collect::<Vec<_>>()];
    rows.extend(
        items
            .iter()
            .map(|item| columns.iter().map(|c| cell(item.get(c))).collect()),
    );
    let widths: Vec<usize> = (0..columns.len())
        .map(|i| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, width)| {
                format!(
                    "{text}{}",
                    " ".repeat(width.saturating_sub(text.chars().count()))
                )
            })
            .collect();
        println!("{}", line.join("  ").trim_end());
    }
}

/// Prints one object, a field a line.
pub(crate) fn print_one(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                println!("{name}: {}", cell(Some(value)));
            }
        }
        Value::Null => println!("done"),
        other => println!("{other}"),
    }
}
