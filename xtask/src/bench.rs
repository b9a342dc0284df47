//! `cargo xtask bench`: builds the product and the programs that measure it, runs them, and writes
//! docs/performance.md of what they say.

mod machine;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{run, tools, web, workspace};

/// For what is installed or built.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which part; else all of them.
    part: Option<Part>,
    /// Small runs, once: to see that it works. The report is not written.
    #[arg(long)]
    quick: bool,
    /// Only print, do not write the report.
    #[arg(long)]
    dry: bool,
    /// Print the tables of a part from the lines of an earlier run of its program; measures nothing.
    #[arg(long, requires = "part")]
    from: Option<PathBuf>,
    /// More options for the program of the part.
    #[arg(last = true)]
    rest: Vec<String>,
}

/// A section of the report.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Webhook, verified, recorded, answered.
    Edge,
    /// Texts in and out through Synapse.
    Through,
    /// Memory with 10,000 conversations.
    Memory,
    /// Appends, checkpoints, proofs, verification.
    Record,
    /// The employee's client in a browser.
    Client,
}

const ALL: [Part; 5] = [
    Part::Edge,
    Part::Through,
    Part::Memory,
    Part::Record,
    Part::Client,
];

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Through => "through",
            Self::Memory => "memory",
            Self::Record => "record",
            Self::Client => "client",
        }
    }
}

/// Measures and reports.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if let (Some(part), Some(lines)) = (args.part, &args.from) {
        return earlier(part, &fs::read_to_string(lines)?);
    }
    let programs = Programs::build(args.part)?;
    let parts = args.part.map_or(ALL.to_vec(), |part| vec![part]);
    for part in parts {
        let before = machine::load();
        let results = programs.measure(part, args)?;
        let mut section = machine::describe(&before, &machine::load());
        section.push_str(&tables(part, &results));
        println!("{section}");
        if !args.quick && !args.dry {
            report(
                &workspace::root().join("docs/performance.md"),
                part.name(),
                &section,
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tables(part: Part, results: &[Value]) -> String {
    match part {
        Part::Edge => table::edge(results),
        Part::Through => table::through(results),
        Part::Memory => table::memory(results),
        Part::Record => table::record(results),
        Part::Client => table::client(results),
    }
}

/// Reports what was measured before. When and how busy, only who measured knows.
fn earlier(part: Part, lines: &str) -> anyhow::Result<ExitCode> {
    println!(
        "{}{}",
        machine::describe("see the report", "see the report"),
        tables(part, &parse(lines)?)
    );
    Ok(ExitCode::SUCCESS)
}

/// What has been built.
struct Programs {
    release: PathBuf,
    debug: PathBuf,
}

impl Programs {
    /// The product and what measures its parts are optimised. What only starts processes and counts
    /// answers is not: its own code does little, its dependencies are optimised in any case.
    fn build(part: Option<Part>) -> anyhow::Result<Self> {
        let target = workspace::target();
        let programs = Self {
            release: target.join("release"),
            debug: target.join("debug"),
        };
        if part == Some(Part::Client) {
            // It builds what it measures.
            return Ok(programs);
        }
        let began = run::now();
        let mut optimised = workspace::cargo();
        optimised.args([
            "build",
            "--release",
            "--locked",
            "--package",
            "verbatim-bench",
        ]);
        let alone = matches!(part, Some(Part::Edge | Part::Record));
        if !alone {
            optimised.args(["--package", "verbatim"]);
        }
        run::run(optimised, LIMIT)?;
        if !alone {
            let mut driver = workspace::cargo();
            driver.args(["build", "--locked", "--package", "e2e", "--bin", "bench"]);
            run::run(driver, LIMIT)?;
        }
        println!("built in {} s", began.elapsed().as_secs());
        Ok(programs)
    }

    fn measure(&self, part: Part, args: &Args) -> anyhow::Result<Vec<Value>> {
        let mut command = match part {
            Part::Edge | Part::Record => {
                let mut command = Command::new(self.release.join("verbatim-bench"));
                command.env("VERBATIM_POSTGRES_BIN", tools::postgres(LIMIT)?);
                command
            }
            Part::Through | Part::Memory => {
                let mut command = Command::new(self.debug.join("bench"));
                command.env("VERBATIM_SYNAPSE_PYTHON", synapse()?);
                command.env("VERBATIM_BIN", self.release.join("verbatim"));
                command.env("VERBATIM_BENCH_BIN", self.release.join("verbatim-bench"));
                command
            }
            Part::Client => web::on_stage("measure.mjs", LIMIT)?,
        };
        command.arg(part.name()).args(&args.rest);
        if args.quick {
            command.arg("--quick");
        }
        lines(command)
    }
}

/// A Python with Synapse: the one that the environment names, else our own.
fn synapse() -> anyhow::Result<PathBuf> {
    match std::env::var_os("VERBATIM_SYNAPSE_PYTHON") {
        Some(python) => Ok(python.into()),
        None => tools::venv("synapse", &[tools::SYNAPSE, tools::PSYCOPG], LIMIT),
    }
}

/// What a program printed, as JSON lines; what it complained is shown as it comes.
fn lines(mut command: Command) -> anyhow::Result<Vec<Value>> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot measure")?;
    let text = String::from_utf8(output.stdout)?;
    print!("{text}");
    ensure!(
        output.status.success(),
        "measuring failed: {}",
        output.status
    );
    parse(&text)
}

fn parse(text: &str) -> anyhow::Result<Vec<Value>> {
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect()
}

/// Puts a section in its place, between its marks.
fn report(path: &Path, name: &str, section: &str) -> anyhow::Result<()> {
    let old = fs::read_to_string(path).context("docs/performance.md")?;
    let new = replaced(&old, name, section)
        .with_context(|| format!("no marks for {name} in {}", path.display()))?;
    Ok(fs::write(path, new)?)
}

fn replaced(text: &str, name: &str, section: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some([before, &begin, section, &end, after].concat())
}

/// The medians of a number, by a key made of other fields.
fn medians(results: &[Value], key: &[&str], field: &str) -> BTreeMap<Vec<String>, f64> {
    let mut all: BTreeMap<Vec<String>, Vec<f64>> = BTreeMap::new();
    for result in results {
        let fields = key.iter().map(|name| match &result[*name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        if let Some(value) = result[field].as_f64() {
            all.entry(fields.collect()).or_default().push(value);
        }
    }
    all.into_iter()
        .map(|(key, values)| (key, median(values)))
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_middle_is_found() {
        let check = |values: &[f64], expected: f64| {
            assert!((median(values.to_vec()) - expected).abs() < 1e-9)
        };
        check(&[5.0], 5.0);
        check(&[9.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 3.0], 2.5);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn results_are_grouped_by_their_key() {
        let line = |what: &str, rate: f64| json!({"what": what, "callers": 8, "per_s": rate});
        let lines = [
            line("a", 1.0),
            line("a", 3.0),
            line("a", 2.0),
            line("b", 7.0),
            json!({"note": 1}),
        ];
        let found = medians(&lines, &["what", "callers"], "per_s");
        let key = |what: &str| vec![what.to_owned(), "8".to_owned()];
        assert_eq!(found, BTreeMap::from([(key("a"), 2.0), (key("b"), 7.0)]));
    }

    #[test]
    fn only_the_section_is_replaced() {
        let text = "# x\n<!-- a -->\nold\n<!-- /a -->\nrest <!-- b -->\n";
        let new = replaced(text, "a", "new\n").unwrap();
        assert_eq!(new, "# x\n<!-- a -->\nnew\n<!-- /a -->\nrest <!-- b -->\n");
        assert_eq!(replaced(text, "b", "new\n"), None);
    }
}
