//! Clients, as the firm knows them.

use verbatim_domain::contact::ContactState;
use verbatim_domain::{ContactId, PhoneNumber};

use super::{Actor, AdminError};
use crate::access::Viewer;
use crate::core::Engine;
use crate::parties::check_alone;
use crate::ports::{Change, Contact, Page, PageAt, Sealed};
use crate::views::ContactView;

impl Engine {
    /// Adds a contact, or names one who exists.
    ///
    /// # Errors
    /// When it is not a phone number.
    pub async fn add_contact(
        &self,
        actor: &Actor,
        number: &str,
        name: &str,
    ) -> Result<ContactView, AdminError> {
        let parsed = self.phone(number)?;
        let (contact, changes) = self.contact_change(&parsed, Some(name)).await?;
        self.change(
            actor,
            "contact.add",
            &[("number", parsed.as_str()), ("name", name.trim())],
            changes,
        )
        .await?;
        self.contact_view(&contact)
    }

    /// The contact of a number, with the changes that make or name it.
    pub(super) async fn contact_change(
        &self,
        number: &PhoneNumber,
        name: Option<&str>,
    ) -> Result<(Contact, Vec<Change>), AdminError> {
        let index = self.index(number.as_str());
        let name = name.map(str::trim).filter(|n| !n.is_empty());
        let known = self.store.contact_by_number(&index).await?;
        let fresh = known.is_none();
        if let Some(contact) = &known {
            check_alone(contact, &index)?;
        }
        let sealed = self.hide("number", number.as_str().as_bytes());
        let mut contact = known.unwrap_or_else(|| Contact {
            id: ContactId::from_random(self.entropy.id()),
            stand_in: ContactId::from_random(self.entropy.id()).to_string(),
            state: ContactState::Incomplete.word().to_owned(),
            name: Sealed(Vec::new()),
            numbers: vec![(index, sealed.clone())],
            created: self.now(),
        });
        if let Some(name) = name {
            contact.name = self.hide("name", name.as_bytes());
            // Also where an edge saw it first: who is named has a number that no edge gave it.
            let numbers = contact.numbers.iter_mut();
            for (_, number) in numbers.filter(|(of, _)| *of == index) {
                number.clone_from(&sealed);
            }
            if contact.state == ContactState::Incomplete.word() {
                contact.state = ContactState::Confirmed.word().to_owned();
            }
        }
        let changes = if fresh || name.is_some() {
            vec![Change::PutContact(contact.clone())]
        } else {
            Vec::new()
        };
        Ok((contact, changes))
    }

    /// The contact that has a number.
    pub(crate) async fn contact_at(&self, number: &str) -> Result<Contact, AdminError> {
        let index = self.index(&self.canonical(number));
        let found = self.store.contact_by_number(&index).await?;
        found.ok_or_else(|| AdminError::NotFound {
            what: "contact",
            which: number.to_owned(),
            mend: "list them with `verbatim contact list`, and give one of their numbers",
        })
    }

    /// A page of contacts. That it was shown is recorded: it names clients.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_contacts(
        &self,
        viewer: &Viewer,
        at: PageAt,
    ) -> Result<Page<ContactView>, AdminError> {
        let page = self.store.contacts(None, at).await?;
        let items: Vec<_> = page
            .items
            .iter()
            .map(|c| self.contact_view(c))
            .collect::<Result<_, _>>()?;
        self.listed(viewer, "contacts", items.len()).await?;
        Ok(Page {
            items,
            next: page.next,
        })
    }

    pub(crate) fn contact_view(&self, contact: &Contact) -> Result<ContactView, AdminError> {
        let numbers = contact
            .numbers
            .iter()
            .map(|(_, n)| self.reveal_text("number", n))
            .collect::<Result<_, _>>()?;
        Ok(ContactView {
            id: contact.id.to_string(),
            name: self.reveal_text("name", &contact.name)?,
            numbers,
            state: contact.state.clone(),
            created_ms: contact.created.as_millis(),
        })
    }
}
