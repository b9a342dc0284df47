//! Results as tables: medians, and ratios to what was measured beside them in the same run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::medians;

type Medians = BTreeMap<Vec<String>, f64>;

fn at(all: &Medians, key: &[&str]) -> f64 {
    let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
    all.get(&key).copied().unwrap_or(f64::NAN)
}

/// The distinct values of a number among the results, ascending.
fn levels(results: &[Value], field: &str) -> Vec<String> {
    let mut all: Vec<u64> = results
        .iter()
        .filter_map(|result| result[field].as_u64())
        .collect();
    all.sort_unstable();
    all.dedup();
    all.iter().map(u64::to_string).collect()
}

/// How often each thing was measured, and how much at a time.
fn extent(results: &[Value]) -> String {
    let runs = levels(results, "run").len();
    let requests = levels(results, "requests").join(", ");
    format!("Medians of {runs} run(s); texts in a run: {requests}.\n")
}

/// Reports a second at the edge.
pub(super) fn edge(results: &[Value]) -> String {
    let key = ["store", "what", "callers"];
    let rate = medians(results, &key, "per_s");
    let (p50, p99) = (
        medians(results, &key, "p50_ms"),
        medians(results, &key, "p99_ms"),
    );
    let mut text = String::from(
        "| store | callers | edge, texts/s | p50 ms | p99 ms | without HTTP, texts/s | bare rows/s | edge ÷ rows | bare HTTP/s | edge ÷ HTTP |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for store in ["sqlite", "postgres"] {
        for callers in levels(results, "callers") {
            let of = |what| at(&rate, &[store, what, &callers]);
            let (edge, rows, http) = (
                of("edge"),
                of("rows"),
                at(&rate, &["none", "http", &callers]),
            );
            if edge.is_nan() {
                continue;
            }
            let (p50, p99) = (
                at(&p50, &[store, "edge", &callers]),
                at(&p99, &[store, "edge", &callers]),
            );
            let _ = writeln!(
                text,
                "| {store} | {callers} | {edge:.0} | {p50:.1} | {p99:.1} | {direct:.0} | {rows:.0} | {:.2} | {http:.0} | {:.2} |",
                edge / rows,
                edge / http,
                direct = of("direct"),
            );
        }
    }
    if let Some(version) = results.iter().find_map(|result| result["version"].as_str()) {
        let _ = writeln!(
            text,
            "\nPostgreSQL {version}, its own settings, on the same machine, by Unix socket."
        );
    }
    text + "\n" + &extent(results)
}

/// Through Synapse.
pub(super) fn through(results: &[Value]) -> String {
    let key = ["what", "at_once"];
    let rate = medians(results, &key, "per_s");
    let (p50, p99) = (
        medians(results, &key, "p50_ms"),
        medians(results, &key, "p99_ms"),
    );
    let mut text = String::from(
        "| at once | | per s | ratio to Synapse alone | p50 ms | added p50 ms | p99 ms |\n|---|---|---|---|---|---|---|\n",
    );
    for level in levels(results, "at_once") {
        let (alone, alone_p50) = (
            at(&rate, &["synapse", &level]),
            at(&p50, &["synapse", &level]),
        );
        for (what, words) in [
            ("synapse", "Synapse alone"),
            ("inbound", "client → room"),
            ("outbound", "room → carrier"),
        ] {
            let (rate, p50) = (at(&rate, &[what, &level]), at(&p50, &[what, &level]));
            let _ = writeln!(
                text,
                "| {level} | {words} | {rate:.1} | {:.2} | {p50:.1} | {:+.1} | {:.1} |",
                rate / alone,
                p50 - alone_p50,
                at(&p99, &[what, &level]),
            );
        }
    }
    text + "\n" + &extent(results)
}

/// Memory.
pub(super) fn memory(results: &[Value]) -> String {
    let mut text =
        String::from("| moment | conversations | resident MB | peak MB |\n|---|---|---|---|\n");
    for result in results {
        let words = match result["moment"].as_str().unwrap_or_default() {
            "empty" => "started on an empty store",
            "started" => "started on a filled store, idle",
            "touched" => "after texts opened new rooms",
            "later" => "idle again",
            other => other,
        };
        let number = |name: &str| result[name].as_f64().unwrap_or(f64::NAN);
        let _ = writeln!(
            text,
            "| {words} | {} | {:.1} | {:.1} |",
            result["conversations"],
            number("rss_mb"),
            number("peak_mb"),
        );
    }
    text
}

/// The record: appends beside bare rows, then what depends on the log's size.
pub(super) fn record(results: &[Value]) -> String {
    let appends = medians(results, &["what", "size", "writers"], "per_s");
    let p99 = medians(results, &["what", "size", "writers"], "p99_ms");
    let rows = medians(results, &["what", "writers"], "per_s");
    let mut text = String::from(
        "| log size | writers | appends/s | p99 ms | bare rows/s | appends ÷ bare | same rows/s | appends ÷ same |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for size in levels(results, "size") {
        for writers in levels(results, "writers") {
            let key = ["append", &size, &writers];
            let (rate, rows) = (at(&appends, &key), at(&rows, &["rows", &writers]));
            let same = at(&appends, &["same", &size, &writers]);
            let _ = writeln!(
                text,
                "| {size} | {writers} | {rate:.0} | {:.1} | {rows:.0} | {:.2} | {same:.0} | {:.2} |",
                at(&p99, &key),
                rate / rows,
                rate / same,
            );
        }
    }
    let by_size = ["what", "size"];
    let (rate, ms) = (
        medians(results, &by_size, "per_s"),
        medians(results, &by_size, "ms"),
    );
    let (p50, p99) = (
        medians(results, &by_size, "p50_ms"),
        medians(results, &by_size, "p99_ms"),
    );
    let memory = medians(results, &by_size, "rss_mb");
    text.push_str(
        "\n| log size | leaves signed/s | one checkpoint, ms | proof p50 ms | proof p99 ms | resident MB |\n|---|---|---|---|---|---|\n",
    );
    for size in levels(results, "size") {
        let _ = writeln!(
            text,
            "| {size} | {:.0} | {:.1} | {:.2} | {:.2} | {:.0} |",
            at(&rate, &["sign", &size]),
            at(&ms, &["checkpoint", &size]),
            at(&p50, &["proof", &size]),
            at(&p99, &["proof", &size]),
            at(&memory, &["memory", &size]),
        );
    }
    let whole = medians(results, &["what"], "per_s");
    let _ = writeln!(
        text,
        "\nVerified: {:.0} leaves a second (decoded, hashed, in the tree); {:.0} records a second by `record verify` (read from the store, opened, every commitment checked).",
        at(&whole, &["leaves"]),
        at(&whole, &["records"]),
    );
    let alone = medians(results, &["what"], "alone_per_s");
    let _ = writeln!(
        text,
        "\nExported: {:.0} records a second (read, opened, checked twice, written as a bundle with transcript, flushed); {:.0} a second when the same lines are only written.",
        at(&whole, &["export"]),
        at(&alone, &["export"]),
    );
    text + "\n" + &extent(results)
}

/// The employee's client in a browser.
pub(super) fn client(results: &[Value]) -> String {
    let medians = medians(results, &["what"], "ms");
    let mut text =
        String::from("| | median ms | slowest ms | aim ms | runs |\n|---|---|---|---|---|\n");
    for (what, words, aim) in [
        ("cold-load", "cold load to a readable list", 3_000),
        ("echo", "Enter to the text on the screen", 50),
    ] {
        let all = results.iter().filter(|result| result["what"] == what);
        let all: Vec<f64> = all.filter_map(|result| result["ms"].as_f64()).collect();
        let slowest = all.iter().copied().fold(f64::NAN, f64::max);
        let _ = writeln!(
            text,
            "| {words} | {:.0} | {slowest:.0} | {aim} | {} |",
            at(&medians, &[what]),
            all.len(),
        );
    }
    if let Some(about) = results.iter().find(|result| result["browser"].is_string()) {
        let _ = writeln!(
            text,
            "\nChromium {}, headless; {} conversations on the list.",
            about["browser"].as_str().unwrap_or("?"),
            about["conversations"],
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ratios_are_to_the_same_level() {
        let line = |what: &str, level: u64, rate: f64, p50: f64| json!({"what": what, "at_once": level, "per_s": rate, "p50_ms": p50, "p99_ms": 9.0, "run": 0, "requests": 5});
        let results = [
            line("synapse", 1, 40.0, 20.0),
            line("inbound", 1, 30.0, 25.5),
            line("outbound", 1, 10.0, 60.0),
            line("synapse", 8, 80.0, 90.0),
            line("inbound", 8, 80.0, 91.0),
        ];
        let text = through(&results);
        for row in [
            "| 1 | client → room | 30.0 | 0.75 | 25.5 | +5.5 | 9.0 |",
            "| 1 | room → carrier | 10.0 | 0.25 | 60.0 | +40.0 | 9.0 |",
            "| 8 | client → room | 80.0 | 1.00 | 91.0 | +1.0 | 9.0 |",
        ] {
            assert!(text.contains(row), "{row} in {text}");
        }
    }

    #[test]
    fn the_edge_stands_beside_its_limits() {
        let line = |store: &str, what: &str, rate: f64| json!({"store": store, "what": what, "callers": 64, "per_s": rate, "p50_ms": 1.0, "p99_ms": 2.0, "run": 0});
        let results = [
            line("sqlite", "edge", 5000.0),
            line("sqlite", "direct", 6000.0),
            line("sqlite", "rows", 20000.0),
            line("none", "http", 50000.0),
        ];
        let row = "| sqlite | 64 | 5000 | 1.0 | 2.0 | 6000 | 20000 | 0.25 | 50000 | 0.10 |";
        assert!(edge(&results).contains(row), "{}", edge(&results));
    }

    #[test]
    fn appends_stand_beside_both_peers() {
        let line = |what: &str, rate: f64| json!({"what": what, "size": 10, "writers": 64, "per_s": rate, "p99_ms": 2.0, "run": 0});
        let results = [
            line("append", 3000.0),
            line("same", 6000.0),
            json!({"what": "rows", "writers": 64, "per_s": 12000.0, "run": 0}),
            json!({"what": "export", "per_s": 500.0, "alone_per_s": 1000.0, "run": 0}),
        ];
        let text = record(&results);
        for part in [
            "| 10 | 64 | 3000 | 2.0 | 12000 | 0.25 | 6000 | 0.50 |",
            "Exported: 500 records a second",
            "1000 a second when the same lines are only written",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn the_client_stands_beside_its_aims() {
        let line = |what: &str, ms: f64| json!({"what": what, "ms": ms});
        let results = [
            line("cold-load", 1900.0),
            line("cold-load", 2100.0),
            line("cold-load", 2000.4),
            line("echo", 12.0),
            json!({"browser": "156.0", "conversations": 30}),
        ];
        let text = client(&results);
        for part in [
            "| cold load to a readable list | 2000 | 2100 | 3000 | 3 |",
            "| Enter to the text on the screen | 12 | 12 | 50 | 1 |",
            "Chromium 156.0, headless; 30 conversations",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
