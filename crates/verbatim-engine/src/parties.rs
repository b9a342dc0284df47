//! Who texts with whom, as the record of a text says it: names and numbers of that moment.
//!
//! Contacts are renamed and numbers change hands; what a lawyer reads years later is what was true when the
//! text was written. So they stand in the sealed body, and not only as ids of rows that go on changing.

use verbatim_record::Body;

use crate::core::Engine;
use crate::ports::{Conversation, StoreError};

impl Engine {
    /// The client's number that a conversation is with, E.164.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it does not open, or is another one than that which texts are found by.
    pub(crate) fn peer_number(&self, conversation: &Conversation) -> Result<String, StoreError> {
        let mut numbers = conversation.contact.numbers.iter();
        let (_, sealed) = numbers
            .find(|(index, _)| *index == conversation.peer)
            .ok_or_else(|| {
                StoreError::Damaged("a conversation's contact has lost its number".to_owned())
            })?;
        let number = self.reveal_text("number", sealed)?;
        // An edge that first saw the number sealed it: what it is found by must be of it.
        if self.index(&number) != conversation.peer {
            return Err(StoreError::Damaged(
                "a contact's number is not the one that its texts are found by: suspect an edge"
                    .to_owned(),
            ));
        }
        Ok(number)
    }

    /// Puts the parties of an outgoing text, or of what an employee did in its room, into the body.
    pub(crate) fn name_parties(
        &self,
        conversation: &Conversation,
        body: &mut Body,
    ) -> Result<(), StoreError> {
        body.to = self.peer_number(conversation)?;
        let ours = self.reveal_text("number", &conversation.number.number)?;
        let employee = self.reveal_text("name", &conversation.employee.name)?;
        let client = self.reveal_text("name", &conversation.contact.name)?;
        for (name, value) in [
            ("our_number", ours),
            ("employee", employee),
            ("client", client),
        ] {
            if !value.is_empty() {
                body.details.insert(name.to_owned(), value);
            }
        }
        let contact = conversation.contact.id.to_string();
        body.refs.insert("contact".to_owned(), contact);
        Ok(())
    }
}
