//! One statement for many sets of parameters: the server plans, runs and answers once.
//!
//! The parameters travel as one array per column and are unrolled by `unnest` (PostgreSQL, "Array
//! Functions"), numbered, so that rows come and go in the order of the sets.

use std::fmt::Write;

use tokio_postgres::types::Type;

use crate::value::Value;

/// The text that adds many rows, if `sql` is a plain `INSERT … VALUES ($1, …, $n)`.
pub(super) fn insert(sql: &str, types: &[Type]) -> Option<String> {
    let (head, values) = sql.split_once(" VALUES ")?;
    let plain: Vec<_> = (1..=types.len()).map(|n| format!("${n}")).collect();
    let is_plain = sql.starts_with("INSERT INTO ") && values == format!("({})", plain.join(", "));
    let (columns, sets) = (columns(types.len()), sets(types));
    is_plain.then(|| format!("{head} SELECT {columns} FROM {sets} ORDER BY q.nth"))
}

/// The text that asks `sql`, a query, once per set; its first column is the number of the set, from 1.
pub(super) fn select(sql: &str, types: &[Type]) -> String {
    let mut lateral = sql.to_owned();
    // From the last, or `$1` would be found in `$10`.
    for n in (1..=types.len()).rev() {
        lateral = lateral.replace(&format!("${n}"), &format!("q.p{n}"));
    }
    let sets = sets(types);
    format!(
        "SELECT q.nth, found.* FROM {sets} CROSS JOIN LATERAL ({lateral}) AS found ORDER BY q.nth"
    )
}

fn columns(count: usize) -> String {
    let names: Vec<_> = (1..=count).map(|n| format!("q.p{n}")).collect();
    names.join(", ")
}

fn sets(types: &[Type]) -> String {
    let (mut arrays, mut names) = (String::new(), String::new());
    for (n, ty) in (1..).zip(types) {
        let comma = if n == 1 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(arrays, "{comma}${n}::{}[]", ty.name());
        let _ = write!(names, "p{n}, ");
    }
    format!("unnest({arrays}) WITH ORDINALITY AS q({names}nth)")
}

/// Sets of `count` parameters each, as one array per column.
pub(super) fn arrays(sets: Vec<Vec<Value>>, count: usize) -> Vec<Vec<Value>> {
    let mut columns: Vec<_> = (0..count).map(|_| Vec::with_capacity(sets.len())).collect();
    for set in sets {
        for (column, value) in columns.iter_mut().zip(set) {
            column.push(value);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_inserts_take_many_rows() {
        let types = [Type::BYTEA, Type::INT8];
        let text = "INSERT INTO t (a, b) VALUES ($1, $2)";
        let many = "INSERT INTO t (a, b) SELECT q.p1, q.p2 \
            FROM unnest($1::bytea[], $2::int8[]) WITH ORDINALITY AS q(p1, p2, nth) ORDER BY q.nth";
        assert_eq!(insert(text, &types).as_deref(), Some(many));
        for other in [
            "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO NOTHING",
            "INSERT INTO t (a, b) VALUES ($2, $1)",
            "INSERT INTO t (a, b, c) VALUES ($1, $2, 0)",
            "UPDATE t SET a = $1 WHERE b = $2",
        ] {
            assert_eq!(insert(other, &types), None, "{other}");
        }
    }

    #[test]
    fn queries_are_asked_once_per_set() {
        let types = vec![Type::TEXT; 10];
        let many = select("SELECT a FROM t WHERE b = $1 AND c = $10", &types);
        assert!(
            many.contains("LATERAL (SELECT a FROM t WHERE b = q.p1 AND c = q.p10)"),
            "{many}"
        );
    }

    #[test]
    fn sets_become_columns() {
        let sets = vec![
            vec![Value::Int(1), Value::Null],
            vec![Value::Int(2), Value::Text("x".into())],
        ];
        let columns = arrays(sets, 2);
        assert_eq!(columns[0], [Value::Int(1), Value::Int(2)]);
        assert_eq!(columns[1], [Value::Null, Value::Text("x".into())]);
    }
}
