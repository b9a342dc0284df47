//! Legal holds (control C15): set by one person, released by two. What is under a hold survives every
//! disposal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use verbatim_domain::retention::{HoldScope, Party};
use verbatim_domain::{ContactId, ConversationId, EmployeeId, HoldId, Timestamp};
use verbatim_record::{Body, Kind};

use crate::access::Viewer;
use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{Act, Change, Conversation, Hold, NewRecord, StoreError};
use crate::views::{ActView, HoldView};

const PURPOSE: &str = "hold";
const VERSION: u8 = 1;
/// What two people must agree on lapses after thirty days.
const LAPSES_MS: i64 = 30 * 86_400_000;
/// The step that takes the request to release a hold back.
pub(crate) const KEPT: &str = "kept";

/// What somebody wants to be held. Whom it names must exist: a hold on nobody protects nothing.
#[derive(Debug, Clone, Default)]
pub struct HoldWish {
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Everything.
    pub everyone: bool,
    /// Platform accounts of employees.
    pub employees: Vec<String>,
    /// Contacts, by one of their numbers: all their conversations, whichever number.
    pub contacts: Vec<String>,
    /// Ids of conversations.
    pub conversations: Vec<ConversationId>,
    /// Numbers on either side.
    pub numbers: Vec<String>,
    /// Captured at this moment or later.
    pub from: Option<Timestamp>,
    /// Captured before this moment.
    pub until: Option<Timestamp>,
}

/// A hold's terms, as they are sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    version: u8,
    name: String,
    reason: String,
    everyone: bool,
    employees: BTreeSet<EmployeeId>,
    contacts: BTreeSet<ContactId>,
    conversations: BTreeSet<ConversationId>,
    numbers: BTreeSet<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// As it was asked for, for people.
    words: String,
}

impl Terms {
    fn scope(&self) -> HoldScope {
        HoldScope {
            everyone: self.everyone,
            employees: self.employees.clone(),
            contacts: self.contacts.clone(),
            conversations: self.conversations.clone(),
            numbers: self.numbers.clone(),
            from: self.from,
            until: self.until,
        }
    }
}

impl Engine {
    /// Sets a hold. From the moment that this returns, nothing that it covers is disposed of.
    ///
    /// # Errors
    /// When it has no name or reason, names nobody, or names somebody that there is not.
    pub async fn set_hold(&self, actor: &Actor, wish: HoldWish) -> Result<HoldView, AdminError> {
        let terms = self.terms(wish).await?;
        let now = self.now();
        let hold = Hold {
            id: HoldId::from_random(self.entropy.id()),
            terms: self.seal_terms(&terms),
            set: act(actor, now),
            asked: None,
            released: None,
        };
        let details = [
            ("name", terms.name.as_str()),
            ("reason", &terms.reason),
            ("covers", &terms.words),
        ];
        self.put_hold(actor, Kind::HoldSet, "set", &hold, &details)
            .await?;
        self.hold_view(&hold)
    }

    /// Asks for the release of a hold: somebody else must agree.
    ///
    /// # Errors
    /// When there is no such hold, or it is released.
    pub async fn ask_release(
        &self,
        actor: &Actor,
        id: HoldId,
        why: &str,
    ) -> Result<HoldView, AdminError> {
        let mut hold = self.standing_hold(id).await?;
        hold.asked = Some(act(actor, self.now()));
        let details = [("why", why)];
        self.put_hold(actor, Kind::HoldReleased, "asked", &hold, &details)
            .await?;
        self.hold_view(&hold)
    }

    /// Takes the request to release a hold back. Anybody with the right to hold may: to keep is never wrong.
    ///
    /// # Errors
    /// When nobody has asked for its release, or it is released.
    pub async fn keep_hold(&self, actor: &Actor, id: HoldId) -> Result<HoldView, AdminError> {
        let mut hold = self.standing_hold(id).await?;
        let Some(asked) = hold.asked.take() else {
            let text = "nobody has asked for its release";
            return Err(AdminError::Invalid(text.to_owned()));
        };
        let details = [("asked_by", asked.by.as_str())];
        self.put_hold(actor, Kind::HoldReleased, KEPT, &hold, &details)
            .await?;
        self.hold_view(&hold)
    }

    /// Whether what somebody asked of another has lapsed: nobody agreed within thirty days.
    pub(crate) fn is_stale(&self, asked: &Act) -> bool {
        asked.at.as_millis().saturating_add(LAPSES_MS) <= self.now().as_millis()
    }

    /// Agrees to the release of a hold, which then binds nothing any more.
    ///
    /// # Errors
    /// When nobody has asked for it, or thirty days ago, or this very actor has.
    pub async fn approve_release(&self, actor: &Actor, id: HoldId) -> Result<HoldView, AdminError> {
        let mut hold = self.standing_hold(id).await?;
        let Some(asked) = &hold.asked else {
            let text = "nobody has asked for its release: `verbatim hold release` does";
            return Err(AdminError::Invalid(text.to_owned()));
        };
        if self.is_stale(asked) {
            let text = "the request for its release has lapsed: what was true then may not be any more; \
                        `verbatim hold release` asks anew";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        if actor.may_be(&asked.by) {
            return Err(AdminError::SecondPerson("the release of a hold"));
        }
        let asked_by = asked.by.clone();
        hold.released = Some(act(actor, self.now()));
        let details = [("asked_by", asked_by.as_str())];
        self.put_hold(actor, Kind::HoldReleased, "released", &hold, &details)
            .await?;
        self.hold_view(&hold)
    }

    /// All holds, released ones included. That they were shown is recorded: they name people.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_holds(&self, viewer: &Viewer) -> Result<Vec<HoldView>, AdminError> {
        let (_, holds) = self.store.holds().await?;
        let views: Vec<_> = holds
            .iter()
            .map(|hold| self.hold_view(hold))
            .collect::<Result<_, _>>()?;
        self.listed(viewer, "holds", views.len()).await?;
        Ok(views)
    }

    /// What binds now, and the count of changes at which that was so.
    pub(crate) async fn standing_scopes(&self) -> Result<(u64, Vec<HoldScope>), StoreError> {
        let (changes, holds) = self.store.holds().await?;
        let standing = holds.iter().filter(|hold| hold.released.is_none());
        let scopes = standing.map(|hold| Ok(self.open_terms(hold)?.scope()));
        Ok((changes, scopes.collect::<Result<_, StoreError>>()?))
    }

    /// Names of the standing holds that concern a conversation.
    pub(crate) async fn holds_on(
        &self,
        conversation: &Conversation,
    ) -> Result<Vec<String>, StoreError> {
        let (_, holds) = self.store.holds().await?;
        let numbers = self.numbers_of(conversation)?;
        let party = party(conversation, &numbers);
        let mut names = Vec::new();
        for hold in holds.iter().filter(|hold| hold.released.is_none()) {
            let terms = self.open_terms(hold)?;
            if terms.scope().concerns(party) {
                names.push(terms.name);
            }
        }
        Ok(names)
    }

    /// Our number and the client's, in clear.
    pub(crate) fn numbers_of(
        &self,
        conversation: &Conversation,
    ) -> Result<[String; 2], StoreError> {
        let ours = self.reveal_text("number", &conversation.number.number)?;
        Ok([ours, self.peer_number(conversation)?])
    }

    async fn standing_hold(&self, id: HoldId) -> Result<Hold, AdminError> {
        let (_, holds) = self.store.holds().await?;
        match holds.into_iter().find(|hold| hold.id == id) {
            Some(hold) if hold.released.is_none() => Ok(hold),
            Some(_) => Err(AdminError::Invalid("the hold is released".to_owned())),
            None => Err(AdminError::NotFound {
                what: "hold",
                which: id.to_string(),
                mend: "list them with `verbatim hold list`",
            }),
        }
    }

    async fn terms(&self, wish: HoldWish) -> Result<Terms, AdminError> {
        let (name, reason) = (wish.name.trim(), wish.reason.trim());
        if name.is_empty() || reason.is_empty() {
            let text = "a hold needs a name and a reason";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        let mut terms = Terms {
            version: VERSION,
            name: name.to_owned(),
            reason: reason.to_owned(),
            everyone: wish.everyone,
            employees: BTreeSet::new(),
            contacts: BTreeSet::new(),
            conversations: BTreeSet::new(),
            numbers: BTreeSet::new(),
            from: wish.from,
            until: wish.until,
            words: words(&wish),
        };
        for user in &wish.employees {
            terms.employees.insert(self.employee(user).await?.id);
        }
        for number in &wish.contacts {
            terms.contacts.insert(self.contact_at(number).await?.id);
        }
        for id in wish.conversations {
            terms
                .conversations
                .insert(self.require_conversation(id).await?.id);
        }
        for number in &wish.numbers {
            terms.numbers.insert(self.known_number(number).await?);
        }
        if !terms.scope().names_somebody() {
            let text = "a hold names employees, contacts, conversations or numbers, or everyone";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        if wish.from.zip(wish.until).is_some_and(|(a, b)| a >= b) {
            let text = "the hold ends before it begins";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        Ok(terms)
    }

    /// A number that is on some side of a conversation, or may be.
    pub(crate) async fn known_number(&self, number: &str) -> Result<String, AdminError> {
        let canonical = self.canonical(number);
        if self.store.number(&self.index(&canonical)).await?.is_none() {
            self.contact_at(number).await?;
        }
        Ok(canonical)
    }

    fn seal_terms(&self, terms: &Terms) -> crate::ports::Sealed {
        // Only maps with keys that are no text cannot be written.
        let json = serde_json::to_vec(terms).unwrap_or_default();
        self.hide(PURPOSE, &json)
    }

    /// What a hold is called, why it is, and whom it covers, in words.
    pub(crate) fn hold_words(&self, hold: &Hold) -> Result<[String; 3], StoreError> {
        let terms = self.open_terms(hold)?;
        Ok([terms.name, terms.reason, terms.words])
    }

    fn open_terms(&self, hold: &Hold) -> Result<Terms, StoreError> {
        let json = self.reveal(PURPOSE, &hold.terms)?;
        let terms: Result<Terms, _> = serde_json::from_slice(&json);
        match terms {
            Ok(terms) if terms.version == VERSION => Ok(terms),
            // What a hold covers must never be guessed: no disposal goes on beside it.
            _ => Err(StoreError::Damaged(format!(
                "hold {} cannot be read",
                hold.id
            ))),
        }
    }

    /// Commits a change to the holds with its record in the ledger.
    async fn put_hold(
        &self,
        actor: &Actor,
        kind: Kind,
        step: &str,
        hold: &Hold,
        details: &[(&str, &str)],
    ) -> Result<(), AdminError> {
        let mut body = Body {
            actor: actor.0.clone(),
            rule: "record.hold".to_owned(),
            rule_version: 1,
            reason: step.to_owned(),
            ..Body::default()
        };
        body.details.insert("hold".to_owned(), hold.id.to_string());
        for (name, value) in details {
            body.details.insert((*name).to_owned(), (*value).to_owned());
        }
        let record = NewRecord {
            conversation: None,
            sealed: self.seal(kind, body).await?,
            about: None,
        };
        let changes = vec![Change::Append(record), Change::PutHold(hold.clone())];
        match self.at_once(changes).await {
            Err(StoreError::Stale(_)) => {
                let text = "somebody else changed the hold meanwhile: look at it again";
                Err(AdminError::Invalid(text.to_owned()))
            }
            done => Ok(done?),
        }
    }

    fn hold_view(&self, hold: &Hold) -> Result<HoldView, AdminError> {
        let terms = self.open_terms(hold)?;
        let state = match (&hold.asked, &hold.released) {
            (_, Some(_)) => "released",
            (Some(asked), None) if !self.is_stale(asked) => "release_asked",
            (_, None) => "standing",
        };
        Ok(HoldView {
            id: hold.id.to_string(),
            name: terms.name,
            reason: terms.reason,
            covers: terms.words,
            state: state.to_owned(),
            set: ActView::from(&hold.set),
            asked: hold.asked.as_ref().map(ActView::from),
            released: hold.released.as_ref().map(ActView::from),
        })
    }
}

pub(crate) fn act(actor: &Actor, at: Timestamp) -> Act {
    Act {
        by: actor.0.clone(),
        at,
    }
}

/// A conversation, as holds look at it.
pub(crate) fn party<'a>(conversation: &Conversation, numbers: &'a [String; 2]) -> Party<'a> {
    Party {
        conversation: conversation.id,
        employee: conversation.employee.id,
        contact: conversation.contact.id,
        numbers: [&numbers[0], &numbers[1]],
    }
}

/// What was asked for, for people: the query of the ledger.
fn words(wish: &HoldWish) -> String {
    let mut parts = Vec::new();
    if wish.everyone {
        parts.push("everyone".to_owned());
    }
    let ids: Vec<_> = wish.conversations.iter().map(ToString::to_string).collect();
    for (what, list) in [
        ("employee", &wish.employees),
        ("contact", &wish.contacts),
        ("conversation", &ids),
        ("number", &wish.numbers),
    ] {
        parts.extend(list.iter().map(|item| format!("{what} {item}")));
    }
    for (what, at) in [("from", wish.from), ("until before", wish.until)] {
        parts.extend(at.map(|at| format!("{what} {} ms", at.as_millis())));
    }
    parts.join(", ")
}
