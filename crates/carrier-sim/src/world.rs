//! The state of the carrier: what follows from the ledger, and nothing else.

use crate::event::{Entry, Event, Outcome, Status, Text};
use crate::faults::Faults;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A message, inbound or outbound.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) text: Text,
    pub(crate) inbound: bool,
    pub(crate) status: Status,
    pub(crate) error_code: Option<u32>,
    pub(crate) created_ms: u64,
    pub(crate) sent_ms: Option<u64>,
    pub(crate) updated_ms: u64,
    pub(crate) status_callback: Option<String>,
    pub(crate) validity_s: u32,
    pub(crate) messaging_service_sid: Option<String>,
    /// The best that came of its inbound webhook so far.
    pub(crate) handover: Handover,
}

/// What became of an inbound text's webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// Not tried yet.
    Pending,
    /// Answered with 2xx.
    Accepted,
    /// Tried without success, or lost.
    Failed,
}

/// A phone that the page can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phone {
    /// Its number.
    pub number: String,
    /// Its name; the number where nobody named it.
    pub name: String,
}

/// A number of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Number {
    /// The number.
    pub number: String,
    /// Its inbound webhook; empty for none.
    pub sms_url: String,
    /// Who answers there; empty where nobody is named.
    pub name: String,
}

/// Everything that follows from the ledger.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) entries: Vec<Entry>,
    pub(crate) messages: Vec<Message>,
    pub(crate) phones: Vec<Phone>,
    pub(crate) numbers: BTreeMap<String, String>,
    pub(crate) number_names: BTreeMap<String, String>,
    pub(crate) faults: Faults,
    by_sid: HashMap<String, usize>,
    by_number: HashMap<String, usize>,
    /// Per phone, the indices of the entries that it shows.
    shown: HashMap<String, Vec<usize>>,
    opted_out: HashSet<(String, String)>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            entries: Vec::new(),
            messages: Vec::new(),
            phones: Vec::new(),
            numbers: BTreeMap::new(),
            number_names: BTreeMap::new(),
            faults: Faults::new(seed),
            by_sid: HashMap::new(),
            by_number: HashMap::new(),
            shown: HashMap::new(),
            opted_out: HashSet::new(),
        }
    }

    /// The position of the newest entry.
    pub(crate) fn last_seq(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.seq)
    }

    pub(crate) fn message(&self, sid: &str) -> Option<&Message> {
        self.by_sid
            .get(sid)
            .and_then(|index| self.messages.get(*index))
    }

    pub(crate) fn position(&self, sid: &str) -> Option<usize> {
        self.by_sid.get(sid).copied()
    }

    pub(crate) fn phone(&self, number: &str) -> Option<&Phone> {
        let index = self.by_number.get(number)?;
        self.phones.get(*index)
    }

    pub(crate) fn is_opted_out(&self, phone: &str, number: &str) -> bool {
        self.opted_out
            .contains(&(phone.to_owned(), number.to_owned()))
    }

    /// The numbers of the account that a phone refuses.
    pub(crate) fn opted_out(&self, phone: &str) -> Vec<&String> {
        let of_phone = |number: &&String| self.is_opted_out(phone, number);
        self.numbers.keys().filter(of_phone).collect()
    }

    /// Who answers at a number of the account; empty where nobody is named.
    pub(crate) fn number_name(&self, number: &str) -> &str {
        self.number_names.get(number).map_or("", String::as_str)
    }

    /// The entries that a phone shows, oldest first.
    pub(crate) fn shown(&self, phone: &str) -> impl Iterator<Item = &Entry> {
        let indices = self.shown.get(phone).map_or(&[][..], Vec::as_slice);
        indices.iter().filter_map(|index| self.entries.get(*index))
    }

    /// The entries after a position.
    pub(crate) fn after(&self, seq: u64) -> &[Entry] {
        let start = usize::try_from(seq)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        &self.entries[start..]
    }

    /// Takes in what happened. The same function serves a new entry and a reloaded one.
    pub(crate) fn apply(&mut self, entry: Entry) {
        let at_ms = entry.at_ms;
        match &entry.event {
            Event::NumberSet { number, sms_url } => {
                self.numbers.insert(number.clone(), sms_url.clone());
            }
            Event::NumberNamed { number, name } => {
                self.number_names.insert(number.clone(), name.clone());
            }
            Event::PhoneAdded { number, name } => self.name_phone(number, name),
            Event::OptOut {
                phone,
                number,
                opted_out,
            } => {
                let pair = (phone.clone(), number.clone());
                if *opted_out {
                    self.opted_out.insert(pair);
                } else {
                    self.opted_out.remove(&pair);
                }
            }
            Event::Inbound(text) => {
                self.show(&text.from);
                self.insert(inbound(text.clone(), at_ms));
            }
            Event::Accepted {
                text,
                status_callback,
                validity_s,
                messaging_service_sid,
            } => {
                self.insert(Message {
                    inbound: false,
                    status: Status::Queued,
                    sent_ms: None,
                    status_callback: status_callback.clone(),
                    validity_s: *validity_s,
                    messaging_service_sid: messaging_service_sid.clone(),
                    ..inbound(text.clone(), at_ms)
                });
            }
            Event::Status {
                sid,
                status,
                error_code,
            } => {
                self.advance(sid, *status, *error_code, at_ms);
            }
            // Nothing was accepted, so nothing changes.
            Event::Refused { .. } => {}
            Event::Delivered(text) => self.show(&text.to),
            Event::Webhook(attempt) => {
                let taken = attempt.outcome == Outcome::Answered
                    && attempt
                        .http_status
                        .is_some_and(|code| (200..300).contains(&code));
                self.hand_over(&attempt.sid, taken);
            }
            Event::FaultSet { fault } => self.faults.set(fault.clone()),
            Event::FaultsCleared => self.faults.clear(),
            Event::FaultStruck { fault, .. } => self.faults.struck(*fault),
        }
        self.entries.push(entry);
    }

    /// A later name wins over an earlier one.
    fn name_phone(&mut self, number: &str, name: &str) {
        let next = self.phones.len();
        let index = *self.by_number.entry(number.to_owned()).or_insert(next);
        match self.phones.get_mut(index) {
            Some(phone) => name.clone_into(&mut phone.name),
            None => self.phones.push(Phone {
                number: number.to_owned(),
                name: name.to_owned(),
            }),
        }
    }

    /// Called before the entry is pushed, so its index is the present length.
    fn show(&mut self, phone: &str) {
        let index = self.entries.len();
        self.shown.entry(phone.to_owned()).or_default().push(index);
    }

    fn insert(&mut self, message: Message) {
        self.by_sid
            .insert(message.text.sid.clone(), self.messages.len());
        self.messages.push(message);
    }

    fn message_mut(&mut self, sid: &str) -> Option<&mut Message> {
        let index = *self.by_sid.get(sid)?;
        self.messages.get_mut(index)
    }

    fn advance(&mut self, sid: &str, status: Status, error_code: Option<u32>, at_ms: u64) {
        if let Some(message) = self.message_mut(sid) {
            message.status = status;
            message.error_code = error_code;
            message.updated_ms = at_ms;
            if status == Status::Sent || status.is_final() {
                message.sent_ms.get_or_insert(at_ms);
            }
        }
    }

    fn hand_over(&mut self, sid: &str, taken: bool) {
        if let Some(message) = self.message_mut(sid)
            && message.inbound
            && message.handover != Handover::Accepted
        {
            message.handover = if taken {
                Handover::Accepted
            } else {
                Handover::Failed
            };
        }
    }
}

fn inbound(text: Text, at_ms: u64) -> Message {
    Message {
        text,
        inbound: true,
        status: Status::Received,
        error_code: None,
        created_ms: at_ms,
        sent_ms: Some(at_ms),
        updated_ms: at_ms,
        status_callback: None,
        validity_s: 0,
        messaging_service_sid: None,
        handover: Handover::Pending,
    }
}
