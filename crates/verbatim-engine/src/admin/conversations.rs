//! Conversations are begun and looked at.

use verbatim_domain::{ConversationId, UserId};
use verbatim_record::Kind;

use super::{Actor, AdminError};
use crate::access::{Shown, Viewer};
use crate::consent::Standing;
use crate::core::Engine;
use crate::ports::{
    Change, Conversation, Employee, JobKind, Lane, NewJob, Number, Page, PageAt, Sealed, StoreError,
};
use crate::views::{ConversationView, MessageView};

impl Engine {
    /// Begins a conversation, or finds the one there is. Who holds several numbers names one: `ours`.
    ///
    /// # Errors
    /// When the number is none, or the employee holds no number to text from, or several and none is named.
    pub async fn start_conversation(
        &self,
        actor: &Actor,
        user: &UserId,
        ours: Option<&str>,
        peer: &str,
        name: Option<&str>,
    ) -> Result<ConversationView, AdminError> {
        let employee = self.employee(&user.0).await?;
        let number = self.number_to_text_from(&employee, ours).await?;
        let peer = self.phone(peer)?;
        let index = self.index(peer.as_str());
        if self.store.number(&index).await?.is_some() {
            return Err(AdminError::Invalid(
                "that is one of the firm's own numbers".to_owned(),
            ));
        }
        let (contact, mut changes) = self.contact_change(&peer, name).await?;
        let id = match self
            .store
            .conversation_of(number.id, &index, employee.id)
            .await?
        {
            Some(existing) => existing.id,
            None => ConversationId::from_random(self.entropy.id()),
        };
        let existing = self.store.conversation(id).await?;
        if existing.is_none() {
            changes.push(Change::PutConversation {
                id,
                number: number.id,
                contact: contact.id,
                peer: index,
                employee: employee.id,
                at: self.now(),
            });
        }
        changes.push(self.open_room_job(id));
        let details = [
            ("user", user.as_str()),
            ("peer", peer.as_str()),
            ("conversation", &id.to_string()),
        ];
        self.change(actor, "conversation.start", &details, changes)
            .await?;
        let conversation = self
            .store
            .conversation(id)
            .await?
            .ok_or(StoreError::Stale("conversation"))?;
        self.conversation_view(&conversation)
    }

    /// Makes the room or brings it up to date; for a conversation that exists it re-invites the employee.
    fn open_room_job(&self, id: ConversationId) -> Change {
        Change::Enqueue(NewJob {
            lane: Lane::room(id),
            kind: JobKind::OpenRoom,
            due: self.now(),
            payload: Sealed(Vec::new()),
            conversation: Some(id),
            message: None,
            room: None,
            unique: Some(format!("open:{id}")),
        })
    }

    async fn number_to_text_from(
        &self,
        employee: &Employee,
        ours: Option<&str>,
    ) -> Result<Number, AdminError> {
        if let Some(ours) = ours {
            let number = self.our_number(ours).await?;
            let holder = number.holder.as_ref();
            return if holder.is_some_and(|(holder, _)| *holder == employee.id) {
                Ok(number)
            } else {
                Err(AdminError::Invalid(format!(
                    "`{}` does not hold that number",
                    employee.user
                )))
            };
        }
        let mut numbers = self.store.numbers_of(employee.id).await?;
        let (number, more) = (numbers.pop(), numbers);
        match number {
            Some(number) if more.is_empty() => Ok(number),
            None => Err(AdminError::Invalid(format!(
                "`{}` holds no number: assign one with `verbatim number assign`",
                employee.user
            ))),
            Some(last) => {
                let all = more.iter().chain([&last]);
                let all: Result<Vec<_>, _> =
                    all.map(|n| self.reveal_text("number", &n.number)).collect();
                Err(AdminError::Invalid(format!(
                    "`{}` holds several numbers: name the one to text from, {}",
                    employee.user,
                    all?.join(" or ")
                )))
            }
        }
    }

    /// A page of conversations. That it was shown is recorded: it names clients.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_conversations(
        &self,
        viewer: &Viewer,
        at: PageAt,
    ) -> Result<Page<ConversationView>, AdminError> {
        let page = self.store.conversations(at).await?;
        let items: Vec<_> = page
            .items
            .iter()
            .map(|c| self.conversation_view(c))
            .collect::<Result<_, _>>()?;
        self.listed(viewer, "conversations", items.len()).await?;
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// A page of a conversation's messages.
    ///
    /// # Errors
    /// When there is no such conversation.
    pub async fn list_messages(
        &self,
        conversation: ConversationId,
        at: PageAt,
    ) -> Result<Page<MessageView>, AdminError> {
        self.require_conversation(conversation).await?;
        let page = self.store.messages(conversation, at).await?;
        Ok(Page {
            items: page.items.iter().map(message_view).collect(),
            next: page.next,
        })
    }

    /// One conversation. That it was shown is recorded: it names a client.
    ///
    /// # Errors
    /// When there is none.
    pub async fn show_conversation(
        &self,
        viewer: &Viewer,
        id: ConversationId,
    ) -> Result<ConversationView, AdminError> {
        let view = self.conversation_view(&self.require_conversation(id).await?)?;
        let shown = Shown {
            conversation: Some(id),
            range: None,
            details: &[],
        };
        self.looked(viewer, Kind::View, "conversation", shown)
            .await?;
        Ok(view)
    }

    pub(crate) async fn require_conversation(
        &self,
        id: ConversationId,
    ) -> Result<Conversation, AdminError> {
        self.store
            .conversation(id)
            .await?
            .ok_or_else(|| AdminError::NotFound {
                what: "conversation",
                which: id.to_string(),
                mend: "list them with `verbatim conversation list`",
            })
    }

    pub(crate) fn conversation_view(
        &self,
        conversation: &Conversation,
    ) -> Result<ConversationView, AdminError> {
        let peer = self.peer_number(conversation)?;
        let name = self.reveal_text("name", &conversation.contact.name)?;
        Ok(ConversationView {
            id: conversation.id.to_string(),
            title: crate::relay::title((!name.is_empty()).then_some(name.as_str()), &peer),
            employee: conversation.employee.user.0.clone(),
            number: self.reveal_text("number", &conversation.number.number)?,
            peer,
            contact: conversation.contact.id.to_string(),
            consent: Standing::of(conversation).word(),
            room: conversation.room.as_ref().map(|r| r.0.clone()),
            created_ms: conversation.created.as_millis(),
        })
    }
}

fn message_view(message: &crate::ports::Message) -> MessageView {
    use verbatim_domain::message::Direction;
    MessageView {
        id: message.id.to_string(),
        direction: match message.direction {
            Direction::Inbound => "inbound".to_owned(),
            Direction::Outbound => "outbound".to_owned(),
        },
        state: message.state.word().to_owned(),
        provider_id: message.provider_id.as_ref().map(|p| p.0.clone()),
        event: message.event.as_ref().map(|e| e.0.clone()),
        segments: message.segments,
        created_ms: message.created.as_millis(),
        failure: message.failure.as_ref().map(|f| f.class.clone()),
        failure_code: message.failure.as_ref().map(|f| f.code.clone()),
    }
}
