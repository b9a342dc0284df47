//! CSV import: a row, a request. Rows that fail are named, the others stand; doing it again does no harm.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::api::Out;
use crate::local::Api;

/// Imports a file. `optional` names a column that need not be there, nor be filled in.
pub(crate) async fn import(
    api: &Api,
    out: &Out,
    file: &Path,
    path: &str,
    columns: &[&str],
    optional: Option<&str>,
) -> Result<ExitCode> {
    let text = read(file)?;
    let rows = parse(&text, columns)?;
    let (mut good, mut bad) = (0u64, Vec::new());
    for (line, row) in rows {
        match import_row(api, path, columns, optional, &row).await {
            Ok(()) => good += 1,
            Err(error) => {
                eprintln!("line {line}: {error:#}");
                bad.push(json!({"line": line, "error": format!("{error:#}")}));
            }
        }
    }
    let failed = bad.len();
    if out.json {
        println!("{}", json!({"imported": good, "failed": bad}));
    } else {
        println!("{good} imported, {failed} failed");
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn import_row(
    api: &Api,
    path: &str,
    columns: &[&str],
    optional: Option<&str>,
    row: &HashMap<String, String>,
) -> Result<()> {
    let body = body(columns, optional, row);
    api.call("POST", path, Some(body)).await.map(drop)
}

/// What is asked for by a row.
fn body(columns: &[&str], optional: Option<&str>, row: &HashMap<String, String>) -> Value {
    let cell = |column: &str| row.get(column).cloned().unwrap_or_default();
    let needed = columns.iter().map(|column| (*column, cell(column)));
    let filled = optional
        .map(|column| (column, cell(column)))
        .filter(|(_, cell)| !cell.is_empty());
    let fields = needed.chain(filled);
    let fields: Map<String, Value> = fields
        .map(|(column, cell)| (column.to_owned(), Value::from(cell)))
        .collect();
    Value::Object(fields)
}

fn read(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("standard input")?;
    } else {
        bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    let text = String::from_utf8(bytes).context("the file is not UTF-8: save it as CSV UTF-8")?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Rows with their line numbers, by column name.
fn parse(text: &str, columns: &[&str]) -> Result<Vec<(u64, HashMap<String, String>)>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let heads: Vec<String> = reader
        .headers()
        .context("first line")?
        .iter()
        .map(str::to_lowercase)
        .collect();
    if let Some(missing) = columns.iter().find(|c| !heads.iter().any(|h| h == *c)) {
        bail!(
            "the first line must name the columns {}; `{missing}` is missing",
            columns.join(",")
        );
    }
    reader
        .records()
        .map(|record| {
            let record = record.context("CSV")?;
            let line = record.position().map_or(0, csv::Position::line);
            Ok((
                line,
                heads
                    .iter()
                    .cloned()
                    .zip(record.iter().map(str::to_owned))
                    .collect(),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which is one request: a number whose holder is not known is not added.
    #[test]
    fn an_optional_column_is_sent_where_it_is_filled() {
        let text = "number,account,holder\n+1415,a,@alice:f\n+1416,a,\n";
        let rows = parse(text, &["number", "account"]).unwrap();
        let asked = |row: usize| body(&["number", "account"], Some("holder"), &rows[row].1);
        let first = json!({"number": "+1415", "account": "a", "holder": "@alice:f"});
        assert_eq!(asked(0), first);
        assert_eq!(asked(1), json!({"number": "+1416", "account": "a"}));
    }

    #[test]
    fn rows_keep_their_lines() {
        let text = "Number,Name\n+1 415,\"Doe,\nJane\"\n+44,Ann\n";
        let rows = parse(text, &["number", "name"]).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].1["name"], "Doe,\nJane");
        assert_eq!((rows[0].0, rows[1].0), (2, 4));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named() {
        assert!(
            parse("a,b\n1,2\n", &["number"])
                .unwrap_err()
                .to_string()
                .contains("`number` is missing")
        );
        assert!(parse("number,name\n1\n", &["number"]).is_err());
    }
}
