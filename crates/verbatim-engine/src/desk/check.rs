//! What the firm's rules say of a text while it is being written. The same decision as when it arrives
//! (`domain::conversation`), so that nothing is promised here which is refused there.

use verbatim_domain::consent::Consent;
use verbatim_domain::conversation::{Action, View, decide};
use verbatim_domain::notice::Notice;
use verbatim_domain::phone::PhoneError;
use verbatim_domain::room::{EventKind, Trust};
use verbatim_domain::sms::{self, Cost};
use verbatim_domain::{ConversationId, PhoneNumber};

use super::Desk;
use crate::admin::AdminError;
use crate::core::Engine;
use crate::offer::holds_number;

/// A text that is being written.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// As typed so far. Nothing yet is no fault.
    pub text: &'a str,
    /// The conversation that it is written in.
    pub conversation: Option<ConversationId>,
    /// Else the number that it is to go to, as typed so far.
    pub to: Option<&'a str>,
    /// Which of the employee's numbers, for a conversation that is yet to begin.
    pub from: Option<&'a str>,
}

/// What it would cost, and what stands in its way.
#[derive(Debug, Clone)]
pub struct CheckView {
    /// Of what would be transmitted.
    pub cost: Cost,
    /// In words, with what to do about each.
    pub problems: Vec<String>,
}

/// Where a text would go: who may write there.
struct Way {
    is_theirs: bool,
    holds_number: bool,
    opted_out: bool,
    problems: Vec<String>,
}

impl Engine {
    /// What the firm's rules say of a text that is being written.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn desk_check(&self, desk: &Desk, draft: Draft<'_>) -> Result<CheckView, AdminError> {
        let way = match (draft.conversation, draft.to) {
            (Some(id), _) => self.way_of(desk, id).await?,
            (None, Some(to)) => self.way_to(desk, to, draft.from).await?,
            (None, None) => Way::open(),
        };
        let refusals = self.refusals(draft.text, &way);
        let mut problems = way.problems;
        problems.extend(refusals);
        Ok(CheckView {
            cost: sms::cost(&sms::substitute(draft.text)),
            problems,
        })
    }

    /// In words, what would be answered if it were sent now.
    fn refusals(&self, text: &str, way: &Way) -> Vec<String> {
        let view = View {
            sender_is_holder: way.is_theirs,
            subject_is_holder: false,
            holds_number: way.holds_number,
            opted_out: way.opted_out,
            disclosed: true,
            disclosure: None,
            max_chars: self.settings.max_chars,
            too_old: false,
        };
        let event = EventKind::Text {
            body: text.to_owned(),
            reply_to: None,
        };
        let decision = decide(&view, &Trust::Encrypted(String::new()), &event);
        let actions = decision.into_iter().flat_map(|decision| decision.actions);
        actions
            .filter_map(|action| match action {
                Action::Tell(Notice::Empty) if text.is_empty() => None,
                Action::Tell(notice) => notice.warning(),
                _ => None,
            })
            .collect()
    }

    async fn way_of(&self, desk: &Desk, id: ConversationId) -> Result<Way, AdminError> {
        let found = self.store.conversation(id).await?;
        // Whether somebody else's conversation exists is nobody's business.
        let Some(conversation) = found.filter(|c| c.employee.id == desk.0.id) else {
            return Ok(Way {
                is_theirs: false,
                ..Way::open()
            });
        };
        Ok(Way {
            is_theirs: true,
            holds_number: holds_number(&conversation),
            opted_out: conversation.opted_out(),
            problems: Vec::new(),
        })
    }

    async fn way_to(&self, desk: &Desk, to: &str, from: Option<&str>) -> Result<Way, AdminError> {
        let mut problems = Vec::new();
        let mut peer = None;
        match PhoneNumber::parse(to, self.settings.region.as_deref()) {
            Err(why) => problems.push(no_number(why).to_owned()),
            Ok(number) => {
                let index = self.index(number.as_str());
                if self.store.number(&index).await?.is_some() {
                    problems.push("That is one of the firm's own numbers.".to_owned());
                }
                peer = Some(index);
            }
        }
        let mut opted_out = false;
        match (self.desk_number(desk, from).await?, peer) {
            (Err(why), _) => problems.push(why.to_owned()),
            (Ok(ours), Some(peer)) => {
                let said = self.store.consent(&ours.index, &peer).await?;
                opted_out = matches!(said, Some((Consent::OptedOut, _)));
            }
            (Ok(_), None) => {}
        }
        Ok(Way {
            opted_out,
            problems,
            ..Way::open()
        })
    }
}

impl Way {
    /// Nothing is known against it.
    const fn open() -> Self {
        Self {
            is_theirs: true,
            holds_number: true,
            opted_out: false,
            problems: Vec::new(),
        }
    }
}

const fn no_number(why: PhoneError) -> &'static str {
    match why {
        PhoneError::NotANumber => "That is not a phone number.",
        PhoneError::NoCountry => "The country code is missing: write +1 … or +44 ….",
        PhoneError::Impossible => "No phone number looks like that: count its digits.",
    }
}
