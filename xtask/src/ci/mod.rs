//! `cargo xtask ci`: runs the list of checks, says how each went, and never skips one silently.

mod checks;
mod list;
mod summary;

pub(crate) use checks::binaries;
pub(crate) use checks::suites::surroundings;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::run;
use list::{CHECKS, Check};
use summary::Outcome;

/// Options of `cargo xtask ci`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask ci
  cargo xtask ci --list
  cargo xtask ci --only fmt,clippy,deny
  cargo xtask ci --from postgres --fail-fast")]
pub(crate) struct Args {
    /// Print the checks, in order, and run none.
    #[arg(long)]
    list: bool,

    /// Only these.
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        conflicts_with = "from"
    )]
    only: Vec<String>,

    /// This one and those after it.
    #[arg(long, value_name = "NAME")]
    from: Option<String>,

    /// Stop at the first failure instead of finding them all.
    #[arg(long)]
    fail_fast: bool,
}

/// Runs what was chosen; success only if every check held.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let chosen = choose(args, CHECKS)?;
    if args.list {
        for check in chosen {
            println!("{:<14} {}", check.name, check.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut outcomes = Vec::new();
    for check in &chosen {
        let outcome = perform(check);
        let failed = outcome.error.is_some();
        outcomes.push(outcome);
        if failed && args.fail_fast {
            break;
        }
    }
    println!("{}", summary::text(&outcomes, chosen.len()));
    let held = outcomes.len() == chosen.len() && outcomes.iter().all(|o| o.error.is_none());
    Ok(if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn perform(check: &Check) -> Outcome {
    println!("\n━━━ {}: {}", check.name, check.about);
    let began = run::now();
    let result = (check.run)(Duration::from_secs(check.limit_minutes * 60));
    let outcome = Outcome {
        name: check.name,
        took: began.elapsed(),
        error: result.err().map(|error| format!("{error:#}")),
    };
    println!("━━━ {}", summary::row(&outcome));
    outcome
}

fn choose<'a>(args: &Args, all: &'a [Check]) -> anyhow::Result<Vec<&'a Check>> {
    let known = |name: &String| {
        let names: Vec<&str> = all.iter().map(|check| check.name).collect();
        let position = names.iter().position(|known| known == name);
        position.with_context(|| format!("no check {name}; there are: {}", names.join(", ")))
    };
    if let Some(from) = &args.from {
        return Ok(all.iter().skip(known(from)?).collect());
    }
    if args.only.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut positions = args
        .only
        .iter()
        .map(known)
        .collect::<anyhow::Result<Vec<_>>>()?;
    positions.sort_unstable();
    positions.dedup();
    if positions.is_empty() {
        bail!("no check chosen");
    }
    Ok(positions
        .into_iter()
        .filter_map(|position| all.get(position))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(only: &[&str], from: Option<&str>) -> Args {
        let only = only.iter().map(|name| (*name).to_owned()).collect();
        Args {
            list: false,
            only,
            from: from.map(str::to_owned),
            fail_fast: false,
        }
    }

    #[test]
    fn choices_keep_the_order_of_the_list() {
        const ALL: &[Check] = &[
            Check {
                name: "a",
                about: "",
                limit_minutes: 1,
                run: |_| Ok(()),
            },
            Check {
                name: "b",
                about: "",
                limit_minutes: 1,
                run: |_| Ok(()),
            },
            Check {
                name: "c",
                about: "",
                limit_minutes: 1,
                run: |_| Ok(()),
            },
        ];
        let check = |args: Args, expected: &[&str]| {
            let names: Vec<&str> = choose(&args, ALL).unwrap().iter().map(|c| c.name).collect();
            assert_eq!(names, expected);
        };
        check(args(&[], None), &["a", "b", "c"]);
        check(args(&["c", "a", "c"], None), &["a", "c"]);
        check(args(&[], Some("b")), &["b", "c"]);
        let error = choose(&args(&["d"], None), ALL).err().unwrap().to_string();
        assert!(error.contains("a, b, c"), "{error}");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
