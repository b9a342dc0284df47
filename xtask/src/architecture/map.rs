//! The code map of ARCHITECTURE.md lists exactly the packages there are.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context;

use crate::workspace;

const PAGE: &str = "ARCHITECTURE.md";
const HEADING: &str = "code map";

/// Names that only one of the two has.
pub(super) fn differences(packages: &[&str]) -> anyhow::Result<Vec<String>> {
    let path = workspace::root().join(PAGE);
    let page = fs::read_to_string(path).with_context(|| format!("{PAGE} cannot be read"))?;
    Ok(compare(&page, packages))
}

fn compare(page: &str, packages: &[&str]) -> Vec<String> {
    let mapped = mapped(page);
    if mapped.is_empty() {
        return vec![format!(
            "{PAGE} has no section \"Code map\" whose rows begin with `package` names"
        )];
    }
    let real: BTreeSet<String> = packages.iter().map(|name| (*name).to_owned()).collect();
    let missing = real
        .difference(&mapped)
        .map(|name| format!("{PAGE}: {name} is not on the map"));
    let invented = mapped
        .difference(&real)
        .map(|name| format!("{PAGE}: {name} is on the map and not real"));
    missing.chain(invented).collect()
}

/// The names in back-quotes that begin the table rows or list items of the section; of a path
/// the last part. A row may name several packages before its first cell ends.
fn mapped(page: &str) -> BTreeSet<String> {
    let is_heading = |line: &str| line.starts_with('#');
    let section = page
        .lines()
        .skip_while(|line| !(is_heading(line) && line.to_lowercase().contains(HEADING)))
        .skip(1)
        .take_while(|line| !is_heading(line));
    section.flat_map(names).collect()
}

fn names(line: &str) -> Vec<String> {
    let first_cell = match line.trim_start().split_at_checked(2) {
        Some(("| ", rest)) => rest.split('|').next().unwrap_or_default(),
        Some(("- " | "* ", rest)) => rest.split([':', '–', '—']).next().unwrap_or_default(),
        _ => return Vec::new(),
    };
    let quoted = first_cell.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|name| name.trim_end_matches('/').rsplit('/').next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE_TEXT: &str = "\
# Architecture
| `elsewhere` | not the map |
## Code map
| package | is |
|---|---|
| `crates/one` | uses `zwei` |
| `two`, `three/` | more |
## Invariants
- `four`
";

    #[test]
    fn rows_of_the_section_count() {
        let check = |packages: &[&str], expected: &[&str]| {
            assert_eq!(compare(PAGE_TEXT, packages), expected);
        };
        check(&["one", "two", "three"], &[]);
        check(
            &["one", "two"],
            &["ARCHITECTURE.md: three is on the map and not real"],
        );
        check(
            &["one", "two", "three", "four"],
            &["ARCHITECTURE.md: four is not on the map"],
        );
    }

    #[test]
    fn a_list_is_a_map_too() {
        let page = "## Code map\n- `crates/one`: first, see `two`\n* `three` – third\n";
        assert!(compare(page, &["one", "three"]).is_empty());
    }

    #[test]
    fn a_page_without_a_map_is_no_map() {
        assert_eq!(compare("# Architecture\n", &["one"]).len(), 1);
    }
}
