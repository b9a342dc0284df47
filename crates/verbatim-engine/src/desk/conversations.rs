//! An employee's conversations, and the way to a new one.

use verbatim_domain::{ConversationId, PhoneNumber, Timestamp};

use super::Desk;
use crate::admin::AdminError;
use crate::consent::Standing;
use crate::core::Engine;
use crate::ports::{Conversation, Number, Page, PageAt, StoreError};

/// A conversation, as its employee's client shows it.
#[derive(Debug, Clone)]
pub struct DeskConversationView {
    /// Our id.
    pub id: ConversationId,
    /// The room, once made.
    pub room: Option<String>,
    /// The contact's name; empty while unknown.
    pub name: String,
    /// The client's number, all but the last four digits hidden. Short codes and names are shown whole.
    pub masked_number: String,
    /// Our number, E.164.
    pub our_number: String,
    /// Whether the client agreed.
    pub consent: Standing,
    /// When the client was told whom they text with and that it is recorded, Unix milliseconds.
    pub disclosed_ms: Option<i64>,
}

/// Where a conversation stands; nothing in it names the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Our id.
    pub id: ConversationId,
    /// The room, once made.
    pub room: Option<String>,
    /// Whether the client agreed.
    pub consent: Standing,
    /// When the client was told whom they text with and that it is recorded, Unix milliseconds.
    pub disclosed_ms: Option<i64>,
}

impl Place {
    fn of(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            consent: Standing::of(&conversation),
            disclosed_ms: conversation.disclosed.map(Timestamp::as_millis),
            room: conversation.room.map(|room| room.0),
        }
    }
}

impl Engine {
    /// A page of the employee's conversations. That it was shown is recorded: it names clients.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn desk_conversations(
        &self,
        desk: &Desk,
        at: PageAt,
    ) -> Result<Page<DeskConversationView>, AdminError> {
        let page = self.store.conversations_with(desk.0.id, at).await?;
        let views = page.items.iter().map(|c| self.desk_view(c));
        let items: Vec<_> = views.collect::<Result<_, StoreError>>()?;
        self.listed(&desk.viewer(), "conversations", items.len())
            .await?;
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// Begins a conversation with a client, or finds the one there is; the room follows. A name is for clients
    /// who have none yet: contacts are the firm's, and a colleague may work with this one.
    ///
    /// # Errors
    /// When the number is none, or the employee has no number to text from, or several and none is named.
    pub async fn desk_start(
        &self,
        desk: &Desk,
        peer: &str,
        name: Option<&str>,
        ours: Option<&str>,
    ) -> Result<Place, AdminError> {
        let number = self.desk_number(desk, ours).await?;
        let number = number.map_err(|why| AdminError::Invalid(why.to_owned()))?;
        let ours = self.reveal_text("number", &number.number)?;
        let actor = desk.actor();
        let name = match name {
            Some(name) if !self.has_name(peer).await? => Some(name),
            _ => None,
        };
        let begin = || self.start_conversation(&actor, &desk.0.user, Some(&ours), peer, name);
        let view = match begin().await {
            // Begun by somebody else in this moment, perhaps by the same client: now it is found.
            Err(AdminError::Store(StoreError::Conflict(_) | StoreError::Stale(_))) => begin().await,
            begun => begun,
        }?;
        let id = view.id.parse();
        let id = id.map_err(|_| StoreError::Damaged("an id of a conversation".to_owned()))?;
        let begun = self.desk_place(desk, id).await?;
        begun.ok_or(AdminError::Store(StoreError::Stale("conversation")))
    }

    async fn has_name(&self, peer: &str) -> Result<bool, StoreError> {
        let index = self.index(&self.canonical(peer));
        let contact = self.store.contact_by_number(&index).await?;
        let Some(contact) = contact else {
            return Ok(false);
        };
        Ok(!self.reveal_text("name", &contact.name)?.is_empty())
    }

    /// Where a conversation of the employee's stands; none if it is not theirs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn desk_place(
        &self,
        desk: &Desk,
        id: ConversationId,
    ) -> Result<Option<Place>, AdminError> {
        let conversation = self.store.conversation(id).await?;
        let own = conversation.filter(|c| c.employee.id == desk.0.id);
        Ok(own.map(Place::of))
    }

    /// Which number the employee texts from, or why they must say.
    pub(super) async fn desk_number(
        &self,
        desk: &Desk,
        ours: Option<&str>,
    ) -> Result<Result<Number, &'static str>, AdminError> {
        let mut held = self.store.numbers_of(desk.0.id).await?;
        if let Some(ours) = ours {
            let index = self.index(&self.canonical(ours));
            held.retain(|number| number.index == index);
            return Ok(held.pop().ok_or("You do not hold the number to text from."));
        }
        let first = held.pop();
        Ok(match first {
            Some(number) if held.is_empty() => Ok(number),
            Some(_) => Err("You hold several numbers: choose the one to text from."),
            None => {
                Err("You hold no number to text from. Ask whoever runs Verbatim to assign you one.")
            }
        })
    }

    fn desk_view(&self, conversation: &Conversation) -> Result<DeskConversationView, StoreError> {
        let peer = self.peer_number(conversation)?;
        let masked = PhoneNumber::parse(&peer, None).map(|number| number.masked());
        Ok(DeskConversationView {
            id: conversation.id,
            room: conversation.room.as_ref().map(|room| room.0.clone()),
            name: self.reveal_text("name", &conversation.contact.name)?,
            masked_number: masked.unwrap_or(peer),
            our_number: self.reveal_text("number", &conversation.number.number)?,
            consent: Standing::of(conversation),
            disclosed_ms: conversation.disclosed.map(|at| at.as_millis()),
        })
    }
}
