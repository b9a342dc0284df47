//! Who texts with whom, as the record of a text says it: names and numbers of that moment.
//!
//! Contacts are renamed and numbers change hands; what a lawyer reads years later is what was true when the
//! text was written. So they stand in the sealed body, and not only as ids of rows that go on changing.

use verbatim_record::Body;
use verbatim_record::archive::is_of_edge;

use crate::core::Engine;
use crate::ports::{BlindIndex, Contact, Conversation, StoreError};

impl Engine {
    /// The client's number, where it is shown under the client's name or something is sent to it.
    ///
    /// # Errors
    /// Those of [`check_contact`] and [`Self::peer_number`].
    pub(crate) fn number_to_reach(
        &self,
        conversation: &Conversation,
    ) -> Result<String, StoreError> {
        check_contact(conversation)?;
        self.peer_number(conversation)
    }

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

/// Whether a conversation's number is its contact's by the word of a full node.
///
/// An edge that sees a number first seals it, and makes a contact for it that has no name and no other number. Who
/// broke into one could put a number of their own beside a client's, or make a contact with a client's name, and an
/// employee would write to them and believe that it is the client. A full node that names a contact seals its number
/// itself.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not.
pub(crate) fn check_contact(conversation: &Conversation) -> Result<(), StoreError> {
    let contact = &conversation.contact;
    check_alone(contact, &conversation.peer)?;
    let is_named = !contact.name.0.is_empty();
    if is_of_edge(&contact.name.0) || (is_named && is_sealed_by_edge(contact, &conversation.peer)) {
        return Err(StoreError::Damaged(
            "no full node has said whose number it is: suspect an edge, or name the contact again"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Whether a number that an edge sealed is all that its contact has.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not.
pub(crate) fn check_alone(contact: &Contact, number: &BlindIndex) -> Result<(), StoreError> {
    match contact.numbers.len() > 1 && is_sealed_by_edge(contact, number) {
        true => Err(StoreError::Damaged(
            "an edge has put a number beside a contact's own: suspect the edge".to_owned(),
        )),
        false => Ok(()),
    }
}

fn is_sealed_by_edge(contact: &Contact, number: &BlindIndex) -> bool {
    let mut numbers = contact.numbers.iter();
    numbers.any(|(index, sealed)| index == number && is_of_edge(&sealed.0))
}
