//! What was promised about the records of somebody: rules that named them, and extensions. Both bind when
//! it comes to a disposal, as a hold does, so that they hold for what was recorded before them, and for a text
//! whose holder was not known yet when it was sealed (decision 0024).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use verbatim_domain::Timestamp;
use verbatim_domain::retention::{Extension, Member, Period, Rule, Starts, as_long_as};
use verbatim_record::{Body, Vault};

use super::period_words;
use crate::core::{Engine, OpenError};
use crate::ledger_check::is_of;
use crate::ports::{self, Act, BlindIndex, Sealed, Store, StoreError};

const PURPOSE: &str = "promise";
const VERSION: u8 = 1;
/// The detail of a record that names the promises it tells of.
pub(super) const PROMISES: &str = "promises";

/// A promise, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    version: u8,
    member: String,
    class: u8,
    months: u32,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// A rule; the month in which the fiscal year ends, or 0 for from creation.
    Rule { fiscal_year_end: u8 },
    /// An extension of what was captured up to then, Unix milliseconds.
    Extension { made_ms: i64 },
}

/// A promise, opened.
pub(crate) enum Promised {
    /// A rule that was in force for a member.
    Rule(Rule),
    /// An extension.
    Extension(Extension),
}

fn open(vault: &Vault, promise: &ports::Promise) -> Result<Promised, StoreError> {
    // What binds must never be guessed: nothing is disposed of beside a promise that cannot be read.
    let bad = |why: &str| StoreError::Damaged(format!("a promise of retention: {why}"));
    let json = vault.open(PURPOSE, b"", &promise.terms.0);
    let json = json.map_err(|e| bad(&e.to_string()))?;
    if promise.index.0 != vault.index(PURPOSE, &String::from_utf8_lossy(&json)) {
        return Err(bad("its index is of other terms"));
    }
    let terms: Terms = serde_json::from_slice(&json).map_err(|e| bad(&e.to_string()))?;
    if terms.version != VERSION {
        return Err(bad("its version is unknown"));
    }
    let member: Member = terms.member.parse().map_err(|_| bad("whose is unknown"))?;
    let (class, months) = (terms.class, terms.months);
    Ok(match terms.what {
        What::Rule { fiscal_year_end } => {
            let starts = match fiscal_year_end {
                0 => Starts::Creation,
                month => Starts::FiscalYearEnd(month),
            };
            Promised::Rule(Rule {
                class,
                name: String::new(),
                period: Period { months, starts },
                of: BTreeSet::from([member]),
            })
        }
        What::Extension { made_ms } => Promised::Extension(Extension {
            member,
            class,
            months,
            made: Timestamp(made_ms),
        }),
    })
}

/// How a record names the promises that it tells of: by their indices. A promise that stood before is named
/// again.
pub(super) fn named_by(promises: &[ports::Promise]) -> String {
    let each = promises.iter().map(|p| hex::encode(p.index.0));
    each.collect::<Vec<_>>().join(" ")
}

/// Refuses rules under which somebody's records would be kept shorter than was promised.
pub(super) async fn check(
    store: &dyn Store,
    vault: &Vault,
    rules: &[Rule],
) -> Result<(), OpenError> {
    for promise in store.promises().await? {
        let Promised::Rule(Rule {
            class, period, of, ..
        }) = open(vault, &promise)?
        else {
            continue;
        };
        if let Some(member) = of.iter().find(|m| !as_long_as(rules, Some(m), period)) {
            let before = format!("{} for {}", period_words(period), named(member));
            return Err(OpenError::Shortened { class, before });
        }
    }
    Ok(())
}

/// Whom a message may name: no whole number goes into a log.
fn named(member: &Member) -> String {
    match member {
        Member::Number(number) => {
            let end = number.len().saturating_sub(4);
            format!("a number that ends in {}", number.get(end..).unwrap_or(""))
        }
        other => other.to_string(),
    }
}

impl Engine {
    /// The promises that the rules in force make to those they name.
    pub(super) fn promises_of(&self, rules: &[Rule], made: &Act) -> Vec<ports::Promise> {
        let each = |rule: &Rule| {
            let fiscal_year_end = match rule.period.starts {
                Starts::Creation => 0,
                Starts::FiscalYearEnd(month) => month,
            };
            let terms = |member: &Member| Terms {
                version: VERSION,
                member: member.to_string(),
                class: rule.class,
                months: rule.period.months,
                what: What::Rule { fiscal_year_end },
            };
            let promises = rule.of.iter().map(|m| self.promise(&terms(m), made));
            promises.collect::<Vec<_>>()
        };
        rules.iter().flat_map(each).collect()
    }

    /// An extension as a promise.
    pub(super) fn promise_to_extend(&self, extension: &Extension, made: &Act) -> ports::Promise {
        let made_ms = extension.made.as_millis();
        let terms = Terms {
            version: VERSION,
            member: extension.member.to_string(),
            class: extension.class,
            months: extension.months,
            what: What::Extension { made_ms },
        };
        self.promise(&terms, made)
    }

    fn promise(&self, terms: &Terms, made: &Act) -> ports::Promise {
        // Numbers and texts only: there is nothing that JSON cannot say.
        let json = serde_json::to_string(terms).unwrap_or_default();
        ports::Promise {
            index: BlindIndex(self.vault.index(PURPOSE, &json)),
            terms: Sealed(self.hide(PURPOSE, json.as_bytes()).0),
            made: made.clone(),
        }
    }

    /// A promise that no record tells of as it stands, or one that a record tells of and that is not there.
    pub(crate) async fn promise_fault(
        &self,
        said: &[Body],
        may_be_gone: impl Fn(Timestamp) -> bool,
    ) -> Result<Option<String>, StoreError> {
        let names = |body: &Body| -> BTreeSet<String> {
            let names = body.details.get(PROMISES).map(|names| names.split(' '));
            names.into_iter().flatten().map(str::to_owned).collect()
        };
        let said: Vec<_> = said.iter().map(|body| (body, names(body))).collect();
        let mut missing: BTreeSet<_> = said.iter().flat_map(|(_, names)| names).collect();
        let mut unsaid = false;
        for promise in self.store.promises().await? {
            let name = hex::encode(promise.index.0);
            missing.remove(&name);
            let mut tellers = said.iter().filter(|(_, names)| names.contains(&name));
            let is_said = tellers.any(|(body, _)| is_of(&promise.made, body));
            unsaid |= !is_said && !may_be_gone(promise.made.at);
        }
        Ok(match (missing.first(), unsaid) {
            (Some(name), _) => Some(format!("the log tells of {name}, and it is not there")),
            (None, true) => Some("the log says otherwise who made it and when".to_owned()),
            (None, false) => None,
        })
    }

    /// Everything that was promised, with who did it.
    pub(super) async fn promised(&self) -> Result<Vec<(Promised, Act)>, StoreError> {
        let promises = self.store.promises().await?.into_iter();
        let opened = promises.map(|p| Ok((open(&self.vault, &p)?, p.made)));
        opened.collect()
    }
}
