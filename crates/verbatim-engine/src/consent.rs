//! Whether clients want to be texted: what they say, what carriers know, what the firm enters.
//!
//! What a client's number says to one of ours stands until it says something else, whoever holds ours then.
//! It takes effect in the transaction that records it (`intake`, also an edge's), so a text that is accepted or
//! submitted later is refused (`inbox`, `submit`); the employee is told behind the client's words (`relay`).

use verbatim_domain::consent::Consent;
use verbatim_domain::contact::ContactState;
use verbatim_domain::{ConversationId, MessageId, RecordId, Timestamp};
use verbatim_record::{Body, Kind};

use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{
    Change, Conversation, FailureClass, InboundText, Message, NewRecord, Said, StoreError,
};
use crate::receipt::class_word;
use crate::views::ConversationView;

/// Names of what the record of a text says about it.
const CONSENT: &str = "consent";
const CONSENT_RULE: &str = "consent_rule";

/// Whether a client agreed to be texted, as far as is known: what they said, or that they said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They have said so.
    Said(Consent),
    /// Nobody has asked them. Being told that texts are recorded is not being asked.
    NotAsked,
    /// Nobody has said who they are.
    UnknownSender,
}

impl Standing {
    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Said(consent) => consent.word(),
            Self::NotAsked => "not-asked",
            Self::UnknownSender => "unknown-sender",
        }
    }

    pub(crate) fn of(conversation: &Conversation) -> Self {
        match conversation.consent {
            Some((consent, _)) => Self::Said(consent),
            None if conversation.contact.state == ContactState::Incomplete.word() => {
                Self::UnknownSender
            }
            None => Self::NotAsked,
        }
    }
}

/// Rule by which a text is read.
const BY_WORDS: &str = "consent.words v1";
/// Rule by which the carrier's reading of a text is believed.
const BY_CARRIER: &str = "consent.read_by_carrier v1";

/// What a text says about being texted, if it does; the text's record names the rule. A carrier may take any
/// "yes" for START: by its word alone nobody agrees who has not said STOP before (`standing`).
pub(crate) fn heard(
    text: &InboundText,
    standing: Option<Consent>,
    body: &mut Body,
) -> Option<Consent> {
    let by_words = Consent::said_in(&text.text).map(|consent| (BY_WORDS, consent));
    let by_carrier = text.consent.map(|consent| (BY_CARRIER, consent));
    let counts = |(_, consent): &(_, Consent)| {
        *consent == Consent::OptedOut || standing == Some(Consent::OptedOut)
    };
    let (rule, consent) = by_carrier.filter(counts).or(by_words)?;
    let details = [(CONSENT, consent.word()), (CONSENT_RULE, rule)];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    body.details.extend(details.map(owned));
    Some(consent)
}

/// Whether what is to be told of a text is what its record says, and that is what its words say, unless a
/// carrier read them. A record that says nothing is of an edge that does not listen for it yet.
pub(crate) fn is_heard(told: Option<Consent>, body: &Body) -> bool {
    let noted = body.details.get(CONSENT);
    let noted = noted.map(|word| Consent::from_word(word));
    let by_carrier = body
        .details
        .get(CONSENT_RULE)
        .is_some_and(|rule| rule == BY_CARRIER);
    match noted {
        None => told.is_none(),
        Some(None) => false,
        Some(noted) => told == noted && (by_carrier || noted == Consent::said_in(&body.text)),
    }
}

impl Engine {
    /// The employee is told what the client's text says about being texted, and so is who reads the record of the
    /// conversation.
    pub(crate) async fn tell_consent(
        &self,
        conversation: &Conversation,
        text: MessageId,
        consent: Consent,
    ) -> Result<Vec<Change>, StoreError> {
        let text = self.store.message(text).await?;
        let text = text.ok_or(StoreError::Stale("the text is gone"))?;
        let mut body = consent_body("system".to_owned(), "consent.heard", consent, text.created);
        body.message = text.id.to_string();
        let stands = conversation.consent.map_or(consent, |(stands, _)| stands);
        body.details
            .insert("stands".to_owned(), stands.word().to_owned());
        let record = self
            .consent_record(conversation, body, Some(text.record))
            .await?;
        let words = match stands == consent {
            true => consent.news().to_owned(),
            false => format!(
                "An earlier word of your client came late. {}",
                stands.news()
            ),
        };
        Ok(vec![record, self.say_notice(conversation.id, words)])
    }

    /// A carrier that refuses a text because the client asked not to be texted knows it better than we do: they
    /// may have told it by another way. Unless we have heard of something later than that text.
    pub(crate) async fn refused_by_client(
        &self,
        conversation: &Conversation,
        message: &Message,
    ) -> Result<Vec<Change>, StoreError> {
        let word = class_word(FailureClass::OptedOut);
        let refused = message.failure.as_ref().is_some_and(|f| f.class == word);
        let later = |at| matches!(conversation.consent, Some((_, since)) if since > at);
        let (true, Some(at)) = (refused && !conversation.opted_out(), message.last_tried) else {
            return Ok(Vec::new());
        };
        if later(at) {
            return Ok(Vec::new());
        }
        let actor = format!("carrier:{}", conversation.number.account);
        let mut body = consent_body(actor, "consent.refused_by_carrier", Consent::OptedOut, at);
        body.message = message.id.to_string();
        let record = self
            .consent_record(conversation, body, Some(message.record))
            .await?;
        Ok(vec![
            record,
            set_consent(conversation, Consent::OptedOut, at),
        ])
    }

    /// A record of what the client says to us.
    async fn consent_record(
        &self,
        conversation: &Conversation,
        mut body: Body,
        about: Option<RecordId>,
    ) -> Result<Change, StoreError> {
        self.name_parties(conversation, &mut body)?;
        body.from = std::mem::take(&mut body.to);
        body.to = body.details.get("our_number").cloned().unwrap_or_default();
        Ok(Change::Append(NewRecord {
            conversation: Some(conversation.id),
            sealed: self.seal(Kind::Consent, body).await?,
            about,
        }))
    }

    /// Enters what a client said by another way than a text: by telephone, in person, in a letter.
    ///
    /// # Errors
    /// When there is no such conversation, or it is not said how that is known.
    pub async fn enter_consent(
        &self,
        actor: &Actor,
        id: ConversationId,
        consent: Consent,
        because: &str,
    ) -> Result<ConversationView, AdminError> {
        if because.is_empty() {
            let text = "say how it is known: by telephone, in person, by letter, and when";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        let conversation = self.require_conversation(id).await?;
        // Whoever's clock was ahead: what is entered now is the last word.
        let last = conversation.consent.map(|(_, at)| at);
        let now = last.map_or(self.now(), |last| last.max(self.now()));
        let mut body = consent_body(actor.0.clone(), "consent.entered", consent, now);
        body.details
            .insert("because".to_owned(), because.to_owned());
        let words = format!("Your firm has entered: {}", consent.news());
        let mut changes = vec![
            self.consent_record(&conversation, body, None).await?,
            set_consent(&conversation, consent, now),
            self.say_notice(id, words.clone()),
        ];
        // The number may have changed hands: who texts this client now must know.
        if let Some(other) = self.with_holder(&conversation).await? {
            changes.push(self.say_notice(other, words));
        }
        self.at_once(changes).await?;
        self.conversation_view(&self.require_conversation(id).await?)
    }

    /// The conversation of who holds the number now, if that is another one.
    async fn with_holder(
        &self,
        conversation: &Conversation,
    ) -> Result<Option<ConversationId>, StoreError> {
        let Some((holder, _)) = conversation.number.holder else {
            return Ok(None);
        };
        let (number, peer) = (conversation.number.id, &conversation.peer);
        let theirs = self.store.conversation_of(number, peer, holder).await?;
        Ok(theirs.map(|c| c.id).filter(|id| *id != conversation.id))
    }
}

/// `at`: since when it counts.
fn consent_body(actor: String, rule: &str, consent: Consent, at: Timestamp) -> Body {
    Body {
        actor,
        provider_at: at.as_millis(),
        rule: rule.to_owned(),
        rule_version: 1,
        reason: consent.word().to_owned(),
        ..Body::default()
    }
}

fn set_consent(conversation: &Conversation, consent: Consent, at: Timestamp) -> Change {
    Change::SetConsent {
        ours: conversation.number.index,
        peer: conversation.peer,
        said: Said {
            consent,
            at,
            by_carrier: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str, read: Option<Consent>) -> InboundText {
        InboundText {
            provider_id: "SM1".into(),
            from: "+16285550123".to_owned(),
            to: "+14155550100".to_owned(),
            text: words.to_owned(),
            provider_at: None,
            media: Vec::new(),
            details: Vec::new(),
            consent: read,
            redacted: false,
        }
    }

    /// A carrier may take "yes" for START.
    #[test]
    fn by_a_carriers_start_alone_nobody_agrees() {
        use Consent::{OptedIn, OptedOut};
        for (words, read, standing, expected) in [
            ("STOP", None, None, Some((OptedOut, BY_WORDS))),
            ("START", None, None, Some((OptedIn, BY_WORDS))),
            ("Yes", Some(OptedIn), None, None),
            ("Yes", Some(OptedIn), Some(OptedIn), None),
            (
                "Yes",
                Some(OptedIn),
                Some(OptedOut),
                Some((OptedIn, BY_CARRIER)),
            ),
            ("Start", Some(OptedIn), None, Some((OptedIn, BY_WORDS))),
            ("Arrêt", Some(OptedOut), None, Some((OptedOut, BY_CARRIER))),
            ("hello", None, Some(OptedOut), None),
        ] {
            let mut body = Body {
                text: words.to_owned(),
                ..Body::default()
            };
            let said = heard(&text(words, read), standing, &mut body);
            assert_eq!(said, expected.map(|(consent, _)| consent), "{words}");
            let rule = body.details.get(CONSENT_RULE).map(String::as_str);
            assert_eq!(rule, expected.map(|(_, rule)| rule), "{words}");
            assert!(is_heard(said, &body), "{words}");
            let other = match said {
                Some(_) => None,
                None => Some(OptedOut),
            };
            assert!(!is_heard(other, &body), "{words}: told otherwise");
        }
    }

    /// Edges are upgraded after full nodes, and what they queued waits for these.
    #[test]
    fn what_an_older_edge_recorded_is_told_without() {
        let body = Body {
            text: "STOP".to_owned(),
            ..Body::default()
        };
        assert!(is_heard(None, &body));
        assert!(!is_heard(Some(Consent::OptedOut), &body));
    }
}
