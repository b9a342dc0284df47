//! Three ledgers side by side. Pure, so that it is tested itself.

use std::collections::BTreeMap;

/// One side's view of a conversation, oldest first: bodies only.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledgers {
    /// What the client sent, in the order in which the carrier handed it over.
    pub(super) phone_sent: Vec<String>,
    /// Those of them that no webhook brought: nobody can know their place.
    pub(super) polled: Vec<String>,
    /// What the carrier took from us for the client.
    pub(super) carrier_took: Vec<String>,
    /// What the phone shows from us.
    pub(super) phone_shows: Vec<String>,
    /// What the employee typed, in the homeserver's order.
    pub(super) employee_typed: Vec<String>,
    /// What the stand-in said.
    pub(super) stand_in_said: Vec<String>,
    /// Recorded as inbound.
    pub(super) recorded_in: Vec<String>,
    /// Recorded as outbound.
    pub(super) recorded_out: Vec<String>,
    /// Events that the employee's client could not read, with the reason.
    pub(super) undecryptable: Vec<String>,
    /// Texts of ours that came unencrypted.
    pub(super) unencrypted: Vec<String>,
    /// Messages that did not end as they should, with their state.
    pub(super) unfinished: Vec<String>,
}

impl Ledgers {
    /// Everything that is wrong.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut all = Vec::new();
        let unordered = &self.polled;
        same(
            &mut all,
            "the room",
            &self.phone_sent,
            &self.stand_in_said,
            unordered,
        );
        same(
            &mut all,
            "the record (inbound)",
            &self.phone_sent,
            &self.recorded_in,
            unordered,
        );
        same(
            &mut all,
            "the carrier",
            &self.employee_typed,
            &self.carrier_took,
            &[],
        );
        same(
            &mut all,
            "the record (outbound)",
            &self.employee_typed,
            &self.recorded_out,
            &[],
        );
        // The network may deliver in another order than it took; it must not lose or double.
        same(
            &mut all,
            "the phone",
            &self.employee_typed,
            &self.phone_shows,
            &self.employee_typed,
        );
        all.extend(
            self.undecryptable
                .iter()
                .map(|what| format!("undecryptable: {what}")),
        );
        all.extend(
            self.unencrypted
                .iter()
                .map(|what| format!("unencrypted: {what}")),
        );
        all.extend(
            self.unfinished
                .iter()
                .map(|what| format!("work left over: {what}")),
        );
        all
    }
}

/// Each of `sent` once in `arrived`, nothing else, and in order, except for those of `unordered`.
fn same(
    faults: &mut Vec<String>,
    place: &str,
    sent: &[String],
    arrived: &[String],
    unordered: &[String],
) {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for body in arrived {
        *counts.entry(body).or_default() += 1;
    }
    for body in sent {
        match counts.remove(body) {
            None => faults.push(format!("lost: {body:?} is not in {place}")),
            Some(1) => {}
            Some(n) => faults.push(format!("doubled: {body:?} is {n} times in {place}")),
        }
    }
    faults.extend(
        counts
            .keys()
            .map(|body| format!("from nowhere: {body:?} in {place}")),
    );
    let known = |list: &[String], other: &[String]| -> Vec<String> {
        let mut seen = Vec::new();
        for body in list
            .iter()
            .filter(|b| other.contains(b) && !unordered.contains(b))
        {
            if !seen.contains(body) {
                seen.push(body.clone());
            }
        }
        seen
    };
    let (wanted, found) = (known(sent, arrived), known(arrived, sent));
    if wanted != found {
        faults.push(format!(
            "out of order in {place}: {found:?} instead of {wanted:?}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(sent: &str, arrived: &str, unordered: &str, expected: &[&str]) {
        let mut faults = Vec::new();
        same(
            &mut faults,
            "x",
            &list(sent),
            &list(arrived),
            &list(unordered),
        );
        let heads: Vec<&str> = faults.iter().filter_map(|f| f.split(':').next()).collect();
        assert_eq!(heads, expected, "{faults:?}");
    }

    #[test]
    fn each_difference_is_named() {
        check("", "", "", &[]);
        check("1 2 3", "1 2 3", "", &[]);
        check("1 2 3", "1 3", "", &["lost"]);
        check("1 2 3", "1 2 2 3", "", &["doubled"]);
        check("1 2 3", "1 2 3 4", "", &["from nowhere"]);
        check("1 2 3", "1 3 2", "", &["out of order in x"]);
        check("1 2 3", "1 3 2", "2", &[]);
        check("1 2 3", "3 1 2", "2", &["out of order in x"]);
        check("1 2 3", "3 2", "", &["lost", "out of order in x"]);
    }

    #[test]
    fn every_ledger_counts() {
        let good = Ledgers {
            phone_sent: list("1 2"),
            stand_in_said: list("1 2"),
            recorded_in: list("1 2"),
            employee_typed: list("a b"),
            carrier_took: list("a b"),
            phone_shows: list("b a"),
            recorded_out: list("a b"),
            ..Ledgers::default()
        };
        assert_eq!(good.faults(), Vec::<String>::new());
        let spoilers: [fn(&mut Ledgers); 8] = [
            |l| l.stand_in_said.truncate(1),
            |l| l.recorded_in.push("1".into()),
            |l| l.carrier_took.swap(0, 1),
            |l| l.phone_shows.push("a".into()),
            |l| l.recorded_out.clear(),
            |l| l.undecryptable.push("$e".into()),
            |l| l.unencrypted.push("$e".into()),
            |l| l.unfinished.push("m".into()),
        ];
        for (index, spoil) in spoilers.iter().enumerate() {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(!bad.faults().is_empty(), "spoiler {index} goes unnoticed");
        }
    }
}
