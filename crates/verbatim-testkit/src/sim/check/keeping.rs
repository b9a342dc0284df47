//! The record is kept: nobody loses anything before its time, under a hold, or without a certificate.

use std::collections::HashMap;

use verbatim_domain::{ConversationId, RecordId};
use verbatim_engine::Engine;
use verbatim_engine::ports::{Conversation, StoredRecord};
use verbatim_engine::views::RecordView;
use verbatim_record::{Certificate, Note};

use super::Audit;
use crate::fakes::test_signer;
use crate::sim::Broken;
use crate::sim::corpus::{EMPLOYEES, NUMBERS, PHONES};
use crate::sim::office::Wish;
use crate::sim::operation::HoldOn;
use crate::sim::world::{MONTHS, World};

/// A record as the log showed it when it was young.
type Seen = (RecordId, Option<ConversationId>, RecordView);

/// The certificates of a log with their positions. What does not parse certifies nothing.
pub(crate) fn certificates(records: &[Seen]) -> Vec<(u64, Certificate)> {
    let certificate = |(at, (_, _, view)): (u64, &Seen)| {
        if view.kind != "disposal" || view.reason != "certificate" {
            return None;
        }
        let note = Note::parse(&view.text).ok()?;
        note.check(&[test_signer().verifier().clone()]).ok()?;
        Some((at, Certificate::parse(&note.text).ok()?))
    };
    (0..).zip(records).filter_map(certificate).collect()
}

/// What a process that starts now finds.
pub(super) struct Found {
    raw: Vec<StoredRecord>,
    /// Or why they do not open.
    views: Vec<Result<RecordView, String>>,
    /// Keyed hashes of phone numbers, by number.
    indexes: HashMap<String, [u8; 32]>,
}

impl Found {
    pub(super) async fn by(world: &World) -> Result<Self, Broken> {
        const PAGE: u32 = 500;
        let fresh = world.node().await?.engine;
        let (mut raw, mut views) = (Vec::new(), Vec::new());
        loop {
            let from = raw.len() as u64;
            let page = world.store.records(from, PAGE).await;
            let page = page.map_err(Broken::new)?;
            if page.is_empty() {
                break;
            }
            views.extend(read(&fresh, from, page.len()).await);
            raw.extend(page);
        }
        let index = |number: &&str| (number.to_string(), fresh.vault().index("phone", number));
        let indexes = NUMBERS.iter().chain(&PHONES).map(index).collect();
        Ok(Self {
            raw,
            views,
            indexes,
        })
    }
}

/// So many records from a position on; one by one where one of them does not open.
async fn read(engine: &Engine, from: u64, count: usize) -> Vec<Result<RecordView, String>> {
    let limit = u32::try_from(count).unwrap_or(u32::MAX);
    if let Ok(views) = engine.log_records(from, limit).await {
        return views.into_iter().map(Ok).collect();
    }
    let mut views = Vec::new();
    for at in (from..).take(count) {
        let view = engine.log_records(at, 1).await;
        let view = view.map_err(|e| e.to_string());
        views.push(view.and_then(|v| v.into_iter().next().ok_or("it is not there".to_owned())));
    }
    views
}

impl Audit {
    pub(super) fn keeping(&mut self, found: &Found) {
        let certificates = certificates(&self.records);
        self.all_there(found, &certificates);
        for (at, certificate) in &certificates {
            self.in_time(*at, certificate);
            self.by_two(*at, certificate);
            self.not_held(*at, certificate, found);
        }
        self.releases_by_two();
    }

    /// What is not certified opens and says what it said; what cannot be opened is certified.
    fn all_there(&mut self, found: &Found, certificates: &[(u64, Certificate)]) {
        let mut wrong = Vec::new();
        let is_gone = |at| certificates.iter().any(|(_, c)| c.covers(at));
        for ((at, (_, _, before)), now) in (0..).zip(&self.records).zip(&found.views) {
            let as_it_was = |now: &RecordView| format!("{before:?}") == format!("{now:?}");
            match now {
                Ok(now) if is_gone(at) == now.disposed.is_some() => {
                    if !is_gone(at) && !as_it_was(now) {
                        wrong.push(("kept", format!("{at} said {before:?}, and says {now:?}")));
                    }
                }
                Ok(_) => wrong.push(("kept", format!("{at} is certified and can be read"))),
                Err(why) => wrong.push(("kept", format!("{at}: {why}"))),
            }
        }
        for (at, raw) in (0..).zip(&found.raw) {
            let sealed = &raw.sealed;
            let empty = sealed.ciphertext.is_empty() || sealed.wrapped_key.is_empty();
            if empty && !is_gone(at) {
                wrong.push(("certified", format!("{at} is gone, and nothing says so")));
            }
        }
        for (rule, what) in wrong {
            self.fail(rule, what);
        }
    }

    /// The records that a certificate names.
    fn named<'a>(&'a self, certificate: &'a Certificate) -> impl Iterator<Item = (u64, &'a Seen)> {
        let all = (0..).zip(&self.records);
        all.filter(|(at, _)| certificate.covers(*at))
    }

    fn in_time(&mut self, at: u64, certificate: &Certificate) {
        let now = month(certificate.destroyed_at.as_millis());
        let early = self
            .named(certificate)
            .find(|(_, (_, _, view))| month(view.captured_ms) + i64::from(MONTHS) >= now)
            .map(|(position, _)| position);
        if let Some(position) = early {
            let what = format!("{position}, by the certificate at {at}");
            self.fail("early", what);
        }
    }

    /// Before the certificate, one has proposed and somebody else has approved this very disposal.
    fn by_two(&mut self, at: u64, certificate: &Certificate) {
        let class = certificate.bucket.class.0.to_string();
        let month = certificate.bucket.expiry_month;
        let month = format!("{:04}-{:02}", month / 12, month % 12 + 1);
        let who = |step: &str| -> Vec<String> {
            let before = self.records.iter().take(at as usize);
            let mine = before.filter(|(_, _, view)| {
                view.kind == "disposal"
                    && view.reason == step
                    && view.details.get("class") == Some(&class)
                    && view.details.get("expiry_month") == Some(&month)
            });
            mine.map(|(_, _, view)| view.actor.clone()).collect()
        };
        let (proposed, approved) = (who("proposed"), who("approved"));
        let two = proposed
            .iter()
            .any(|one| approved.iter().any(|two| one != two));
        if !two {
            let what = format!("the disposal at {at}: {proposed:?} and {approved:?}");
            self.fail("four eyes", what);
        }
    }

    /// Holds that stood when the key was destroyed were on nothing that it opened.
    fn not_held(&mut self, at: u64, certificate: &Certificate, found: &Found) {
        let standing: Vec<Wish> = self.standing(at);
        let held = self.named(certificate).find_map(|(position, (_, of, _))| {
            let conversation = of.and_then(|id| self.conversations.iter().find(|c| c.id == id));
            let on = standing.iter().find(|w| is_on(w, conversation, found))?;
            Some(format!("{position} by the certificate at {at}: {on:?}"))
        });
        if let Some(what) = held {
            self.fail("held", what);
        }
    }

    /// What stood at a position of the log.
    fn standing(&self, at: u64) -> Vec<Wish> {
        let before = || {
            self.records
                .iter()
                .take(at as usize)
                .map(|(_, _, view)| view)
        };
        let released = |id: &str| {
            let mut all = before();
            all.any(|view| {
                view.kind == "hold_released"
                    && view.reason == "released"
                    && view.details.get("hold").is_some_and(|hold| hold == id)
            })
        };
        let wish = |view: &RecordView| {
            let number = view.details.get("name")?.strip_prefix("hold ")?;
            self.wishes.get(number.parse::<usize>().ok()?).cloned()
        };
        before()
            .filter(|view| view.kind == "hold_set")
            .filter(|view| !view.details.get("hold").is_some_and(|id| released(id)))
            .filter_map(wish)
            .collect()
    }

    fn releases_by_two(&mut self) {
        let alone = self.records.iter().find(|(_, _, view)| {
            view.reason == "released" && view.details.get("asked_by") == Some(&view.actor)
        });
        if let Some((_, _, view)) = alone {
            let what = format!("a hold was released: {view:?}");
            self.fail("four eyes", what);
        }
    }
}

/// Whether a hold is on a record of a conversation. Those of none are under every hold.
fn is_on(wish: &Wish, conversation: Option<&Conversation>, found: &Found) -> bool {
    let Some(conversation) = conversation else {
        return true;
    };
    let has = |of: &[&'static str], which: u8| of[which as usize % of.len()];
    let ours = |number: &str| found.indexes.get(number) == Some(&conversation.number.index.0);
    let theirs = |number: &str| found.indexes.get(number) == Some(&conversation.peer.0);
    match wish {
        Wish::OnConversation(id) => conversation.id == *id,
        Wish::On(HoldOn::Everyone) => true,
        Wish::On(HoldOn::Employee(n)) => conversation.employee.user.0 == has(&EMPLOYEES, *n),
        Wish::On(HoldOn::Contact(n)) => theirs(has(&PHONES, *n)),
        Wish::On(HoldOn::Number(n)) => ours(has(&NUMBERS, *n)) || theirs(has(&NUMBERS, *n)),
        Wish::On(HoldOn::Conversation(_)) => false,
    }
}

/// Year × 12 + month − 1 of a time in Unix milliseconds, UTC: the days of the calendar counted by hand, so
/// that the engine's own counting is checked (H. Hinnant, `civil_from_days`).
fn month(ms: i64) -> i64 {
    let days = ms.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Years begin with March.
    let since_march = (5 * of_year + 2) / 153;
    (year + era * 400) * 12 + since_march + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted() {
        for (ms, year, of_year) in [
            (0, 1970, 1),
            (951_782_400_000, 2000, 2), // 29 February 2000
            (951_868_800_000, 2000, 3),
            (1_767_225_599_999, 2025, 12),
            (1_767_225_600_000, 2026, 1),
        ] {
            assert_eq!(month(ms), year * 12 + of_year - 1, "{ms}");
        }
    }
}
