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
    Change, Conversation, FailureClass, InboundText, Message, NewRecord, StoreError,
};
use crate::receipt::class_word;
use crate::views::ConversationView;

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

/// What a text says about being texted, if it does; the text's record names the rule.
pub(crate) fn heard(text: &InboundText, body: &mut Body) -> Option<Consent> {
    let (rule, consent) = match text.consent {
        Some(consent) => ("consent.carrier v1", consent),
        None => ("consent.words v1", Consent::said_in(&text.text)?),
    };
    let details = [("consent", consent.word()), ("consent_rule", rule)];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    body.details.extend(details.map(owned));
    Some(consent)
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
        let record = self
            .consent_record(conversation, body, Some(text.record))
            .await?;
        let told = self.say_notice(conversation.id, consent.news().to_owned());
        Ok(vec![record, told])
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
        let mut body = consent_body(actor, "consent.carrier", Consent::OptedOut, at);
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
        let mut conversation = self.require_conversation(id).await?;
        let now = self.now();
        let mut body = consent_body(actor.0.clone(), "consent.entered", consent, now);
        body.details
            .insert("because".to_owned(), because.to_owned());
        let words = format!("Your firm has entered: {}", consent.news());
        let changes = vec![
            self.consent_record(&conversation, body, None).await?,
            set_consent(&conversation, consent, now),
            self.say_notice(id, words),
        ];
        self.at_once(changes).await?;
        conversation.consent = Some((consent, now));
        self.conversation_view(&conversation)
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
        consent,
        at,
    }
}
