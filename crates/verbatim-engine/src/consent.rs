//! Whether clients want to be texted: what they say, what carriers know, what the firm enters.
//!
//! What a client's number says to one of ours stands until it says something else, whoever holds ours then.
//! It takes effect in the transaction that records it (`intake`), so a text that is accepted or submitted
//! later is refused (`inbox`, `submit`); the employee is told behind the client's words (`relay`).

use verbatim_domain::consent::Consent;
use verbatim_domain::contact::ContactState;
use verbatim_domain::{AccountId, ConversationId, RecordId, Timestamp};
use verbatim_record::{Body, Kind};

use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::intake::Intake;
use crate::ports::{
    Change, ConsentIn, Conversation, FailureClass, InboundText, Message, NewRecord, StoreError,
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

impl Intake {
    /// The record of what a client said about being texted.
    pub(crate) async fn consent_said(
        &self,
        account: &AccountId,
        text: &InboundText,
        consent: Consent,
        at: Timestamp,
    ) -> Result<ConsentIn, StoreError> {
        let rule = match text.consent {
            Some(_) => "consent.carrier",
            None => "consent.words",
        };
        let mut body = Body {
            from: text.from.clone(),
            to: text.to.clone(),
            text: text.text.clone(),
            ..consent_body(format!("carrier:{account}"), rule, consent, at)
        };
        let id = text.provider_id.0.clone();
        body.refs.insert("provider_id".to_owned(), id);
        let record = self.seal(Kind::Consent, body).await?;
        Ok(ConsentIn { consent, record })
    }
}

impl Engine {
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
        let said = (Consent::OptedOut, at);
        self.consent_changes(conversation, body, Some(message.record), said)
            .await
    }

    /// The record of what a client said, and what follows from it.
    async fn consent_changes(
        &self,
        conversation: &Conversation,
        mut body: Body,
        about: Option<RecordId>,
        (consent, at): (Consent, Timestamp),
    ) -> Result<Vec<Change>, StoreError> {
        self.name_parties(conversation, &mut body)?;
        // Of all records about both, this is what the client says to us.
        body.from = std::mem::take(&mut body.to);
        body.to = body.details.get("our_number").cloned().unwrap_or_default();
        let record = NewRecord {
            conversation: Some(conversation.id),
            sealed: self.seal(Kind::Consent, body).await?,
            about,
        };
        let set = Change::SetConsent {
            ours: conversation.number.index,
            peer: conversation.peer,
            consent,
            at,
        };
        Ok(vec![Change::Append(record), set])
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
        let mut changes = self
            .consent_changes(&conversation, body, None, (consent, now))
            .await?;
        let words = format!("Your firm has entered: {}", consent.news());
        changes.push(self.say_notice(id, words));
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
