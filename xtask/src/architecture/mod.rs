//! The direction of dependencies, as a check: a package exists where something must be
//! forbidden, and this is what forbids it.

mod map;
mod rules;
mod tree;

use std::collections::BTreeSet;

use anyhow::bail;

use rules::{RULES, Rule};
use tree::Packages;

/// Checks the real workspace; the error lists every violation, the result says what was seen.
pub(crate) fn check() -> anyhow::Result<String> {
    let packages = Packages::read()?;
    let mut problems = unruled(&packages);
    for rule in RULES {
        if packages.has(rule.package) {
            problems.extend(violations(rule, &packages)?);
        }
    }
    problems.extend(map::differences(&packages.names())?);
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(format!(
        "{} packages keep their direction; the code map is true",
        packages.names().len()
    ))
}

/// Every package has a rule, and every rule a package: a new package must say what it may know.
fn unruled(packages: &Packages) -> Vec<String> {
    let ruled: BTreeSet<&str> = RULES.iter().map(|rule| rule.package).collect();
    let real: BTreeSet<&str> = packages.names().into_iter().collect();
    let without = real.difference(&ruled).map(|name| {
        format!("{name} has no rule in xtask/src/architecture/rules.rs: say what it may know")
    });
    let gone = ruled
        .difference(&real)
        .map(|name| format!("the rule of {name} has no package any more"));
    without.chain(gone).collect()
}

fn violations(rule: &Rule, packages: &Packages) -> anyhow::Result<Vec<String>> {
    let reached = packages.reached(rule.package)?;
    let ours = packages.names();
    let mut problems = compare(rule, &ours, &reached);
    if rule.dev_too {
        let direct = packages.dev_dependencies(rule.package);
        problems.extend(compare(rule, &ours, &direct));
    }
    Ok(problems)
}

fn compare(rule: &Rule, ours: &[&str], reached: &BTreeSet<String>) -> Vec<String> {
    let bad_inside = |name: &str| ours.contains(&name) && !rule.may_know.contains(&name);
    let bad_outside = |name: &str| rule.must_not_reach.contains(&name);
    reached
        .iter()
        .map(String::as_str)
        .filter(|name| *name != rule.package)
        .filter(|name| bad_inside(name) || bad_outside(name))
        .map(|name| format!("{} must not know {name}: {}", rule.package, rule.why))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_packages_are_named() {
        const RULE: Rule = Rule {
            package: "core",
            may_know: &["base"],
            must_not_reach: &["tokio"],
            dev_too: false,
            why: "it is pure",
        };
        let check = |reached: &[&str], expected: &[&str]| {
            let reached = reached.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(
                compare(&RULE, &["base", "core", "store"], &reached),
                expected
            );
        };
        check(&["base", "core", "serde"], &[]);
        check(&["tokio"], &["core must not know tokio: it is pure"]);
        check(
            &["base", "store"],
            &["core must not know store: it is pure"],
        );
    }

    #[test]
    fn no_rule_contradicts_itself_or_another() {
        let of = |name: &str| RULES.iter().find(|rule| rule.package == name);
        for rule in RULES {
            for known in rule.may_know {
                let below = of(known).unwrap_or_else(|| panic!("no rule for {known}"));
                assert!(
                    !below.may_know.contains(&rule.package),
                    "{known} and {}",
                    rule.package
                );
                for deeper in below.may_know {
                    assert!(
                        rule.may_know.contains(deeper),
                        "{} knows {known}",
                        rule.package
                    );
                }
            }
        }
    }
}
