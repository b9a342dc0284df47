//! The record is kept: nobody loses anything before its time, under a hold, or without a certificate.

use std::collections::HashMap;

use verbatim_domain::ConversationId;
use verbatim_engine::Engine;
use verbatim_engine::ports::{Conversation, Disposal, StoredRecord};
use verbatim_engine::views::RecordView;
use verbatim_record::policy::Policy;
use verbatim_record::{Certificate, Note, VerifierKey};

use super::Audit;
use crate::sim::Broken;
use crate::sim::corpus::{EMPLOYEES, NUMBERS, PHONES};
use crate::sim::office::Wish;
use crate::sim::operation::HoldOn;
use crate::sim::signers::Seen;
use crate::sim::world::World;

/// The certificates of a log with their positions. What does not parse certifies nothing, nor does what is by
/// another key than the one that the log has at its place.
pub(crate) fn certificates(records: &[Seen], keys: &Policy) -> Vec<(u64, Certificate)> {
    let origin = keys.logs().next().map_or("", VerifierKey::name);
    let certificate = |(at, (_, _, view)): (u64, &Seen)| {
        if view.kind != "disposal" || view.reason != "certificate" {
            return None;
        }
        let note = Note::parse(&view.text).ok()?;
        note.check(&keys.keys_at(origin, at + 1)).ok()?;
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
    pub(super) indexes: HashMap<String, [u8; 32]>,
    pub(super) disposals: Vec<Disposal>,
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
        let disposals = world.store.disposals().await.map_err(Broken::new)?;
        Ok(Self {
            raw,
            views,
            indexes,
            disposals,
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
        let certificates = certificates(&self.records, &self.keys);
        self.all_there(found, &certificates);
        let erasures = certificates.iter().filter(|(_, c)| c.only_data_keys);
        let erasures = erasures.count() as u64;
        self.seen
            .insert("erased by themselves".to_owned(), erasures);
        for (at, certificate) in &certificates {
            self.in_time(*at, certificate, found);
            self.by_two(*at, certificate, found);
            self.not_held(*at, certificate, found);
        }
        self.not_again(&certificates);
        self.releases_by_two();
    }

    /// What a client wrote is not recorded once more when it was disposed of.
    fn not_again(&mut self, certificates: &[(u64, Certificate)]) {
        let id = |view: &RecordView| view.refs.get("provider_id").cloned();
        let again = (0..).zip(&self.records).find(|(at, (_, _, view))| {
            let first = || {
                let mut all = (0..).zip(&self.records);
                all.find(|(_, (_, _, one))| one.kind == "message_in" && id(one) == id(view))
            };
            let gone = |(position, _)| {
                let mut before = certificates.iter().take_while(|(by, _)| by < at);
                before.any(|(_, c)| c.covers(position))
            };
            view.rule.starts_with("relay.placed_late") && first().is_some_and(gone)
        });
        if let Some((position, _)) = again {
            let what = format!("{position} says again what was disposed of");
            self.fail("certified", what);
        }
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

    pub(super) fn conversation(&self, of: Option<ConversationId>) -> Option<&Conversation> {
        of.and_then(|id| self.conversations.iter().find(|c| c.id == id))
    }

    /// The records that a certificate names.
    pub(super) fn named<'a>(
        &'a self,
        certificate: &'a Certificate,
    ) -> impl Iterator<Item = (u64, &'a Seen)> {
        let all = (0..).zip(&self.records);
        all.filter(|(at, _)| certificate.covers(*at))
    }

    /// Holds that stood when the key was destroyed were on nothing that it opened.
    fn not_held(&mut self, at: u64, certificate: &Certificate, found: &Found) {
        let standing: Vec<Wish> = self.standing(at);
        let held = self.named(certificate).find_map(|(position, (_, of, _))| {
            let conversation = self.conversation(*of);
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
