//! What an export selects: checked before it is recorded, and looked up for each page.

use std::collections::HashSet;

use verbatim_domain::{ContactId, ConversationId};
use verbatim_record::bundle::{Of, Selection};

use crate::admin::AdminError;
use crate::core::Engine;
use crate::ports::{Conversation, PageAt};

/// The conversations of a selection.
pub(super) enum Which {
    All,
    One(ConversationId),
    These(HashSet<ConversationId>),
}

impl Engine {
    /// The selection as it goes into the record: what it names exists and is written in one way.
    pub(super) async fn checked(&self, selection: &Selection) -> Result<Selection, AdminError> {
        let of = match &selection.of {
            Of::All => Of::All,
            Of::Conversation(id) => Of::Conversation(self.require_conversation(*id).await?.id),
            Of::Person(user) => Of::Person(self.employee(user).await?.user.0),
            Of::Number(number) => {
                let phone = self.phone(number)?;
                let known = self.store.number(&self.index(phone.as_str())).await?;
                known.ok_or_else(|| AdminError::NotFound {
                    what: "number",
                    which: number.clone(),
                    mend: "list them with `verbatim number list`",
                })?;
                Of::Number(phone.as_str().to_owned())
            }
            Of::Contact(id) => {
                let known: ContactId = id.parse().map_err(|_| {
                    AdminError::Invalid(format!("`{id}` is not the id of a contact"))
                })?;
                self.require_contact(known).await?;
                Of::Contact(known.to_string())
            }
        };
        let (from_ms, to_ms) = (selection.from_ms, selection.to_ms);
        if let (Some(from), Some(to)) = (from_ms, to_ms)
            && from >= to
        {
            let what = "the selection ends before it begins".to_owned();
            return Err(AdminError::Invalid(what));
        }
        Ok(Selection { of, from_ms, to_ms })
    }

    /// An empty bundle of somebody who does not exist would look like an answer.
    async fn require_contact(&self, id: ContactId) -> Result<(), AdminError> {
        let (mut after, limit) = (None, 1000);
        loop {
            let page = self.store.contacts(None, PageAt { after, limit }).await?;
            if page.items.iter().any(|contact| contact.id == id) {
                return Ok(());
            }
            after = page.next;
            if after.is_none() {
                return Err(AdminError::NotFound {
                    what: "contact",
                    which: id.to_string(),
                    mend: "list them with `verbatim contact list`",
                });
            }
        }
    }

    pub(super) async fn which(&self, of: &Of) -> Result<Which, AdminError> {
        match of {
            Of::All => return Ok(Which::All),
            Of::Conversation(id) => return Ok(Which::One(*id)),
            Of::Person(_) | Of::Number(_) | Of::Contact(_) => {}
        }
        let (mut these, mut after) = (HashSet::new(), None);
        loop {
            let limit = 1000;
            let page = self.store.conversations(PageAt { after, limit }).await?;
            these.extend(
                page.items
                    .iter()
                    .filter(|c| self.selects(of, Some(c)))
                    .map(|c| c.id),
            );
            after = page.next;
            if after.is_none() {
                return Ok(Which::These(these));
            }
        }
    }

    /// Whether records of a conversation are among those selected, whatever the dates; of none, those of the
    /// installation itself.
    pub(crate) fn selects(&self, of: &Of, conversation: Option<&Conversation>) -> bool {
        match (of, conversation) {
            (Of::All, _) => true,
            (_, None) => false,
            (Of::Conversation(id), Some(c)) => c.id == *id,
            (Of::Person(user), Some(c)) => c.employee.user.0 == *user,
            (Of::Number(number), Some(c)) => c.number.index == self.index(number),
            (Of::Contact(id), Some(c)) => c.contact.id.to_string() == *id,
        }
    }
}
