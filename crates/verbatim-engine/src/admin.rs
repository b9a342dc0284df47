//! What operators, the API and the bot ask for: people, numbers, conversations, the record.
//!
//! Every change is recorded in the same commit (DESIGN invariant 7).

use thiserror::Error;
use verbatim_domain::contact::ContactState;
use verbatim_domain::phone::PhoneError;
use verbatim_domain::{
    AccountId, ContactId, ConversationId, EmployeeId, NumberId, PhoneNumber, UserId,
};
use verbatim_record::{Body, Kind};

use crate::core::Engine;
use crate::ports::{
    Change, Commit, Contact, Conversation, Employee, JobKind, Lane, NewJob, NewRecord, Number,
    Page, PageAt, Sealed, StoreError,
};
use crate::views::{ContactView, ConversationView, EmployeeView, MessageView, NumberView};

/// Who asks for a change; goes into its record.
#[derive(Debug, Clone)]
pub struct Actor(pub String);

impl Actor {
    /// An operator at the command line or behind an API token.
    pub fn operator(name: &str) -> Self {
        Self(format!("operator:{name}"))
    }
    /// An employee, through the bot.
    pub fn employee(id: EmployeeId) -> Self {
        Self(format!("employee:{id}"))
    }
}

/// Why something was not done.
#[derive(Debug, Error)]
pub enum AdminError {
    /// Not a phone number.
    #[error("`{input}` is {why}")]
    Phone {
        /// What was given.
        input: String,
        /// Why not.
        why: PhoneError,
    },
    /// There is no such thing.
    #[error("there is no {what} `{which}`: {mend}")]
    NotFound {
        /// What.
        what: &'static str,
        /// Which.
        which: String,
        /// What to do about it.
        mend: &'static str,
    },
    /// The request does not make sense.
    #[error("{0}")]
    Invalid(String),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const EVERYTHING: u32 = 1000;

impl Engine {
    /// Adds an employee, or changes the name of one who exists.
    ///
    /// # Errors
    /// When the account is not a full user id.
    pub async fn add_employee(
        &self,
        actor: &Actor,
        user: &str,
        name: &str,
    ) -> Result<EmployeeView, AdminError> {
        let user = UserId(user.trim().to_owned());
        if !(user.0.starts_with('@') && user.0.contains(':')) || user.0.len() > 255 {
            return Err(AdminError::Invalid(format!(
                "`{user}` is not a user id: write it like @alice:example.org"
            )));
        }
        if self.platform.is_ours(&user) {
            return Err(AdminError::Invalid(format!(
                "`{user}` is one of Verbatim's own accounts"
            )));
        }
        let known = self.store.employee_by_user(&user).await?;
        let employee = Employee {
            id: known
                .as_ref()
                .map_or_else(|| EmployeeId::from_random(self.entropy.id()), |e| e.id),
            user: user.clone(),
            name: self.hide("name", name.trim().as_bytes()),
            created: known.map_or_else(|| self.now(), |e| e.created),
            ended: None,
        };
        let changes = vec![Change::PutEmployee(employee.clone())];
        self.change(
            actor,
            "employee.add",
            &[("user", &user.0), ("name", name.trim())],
            changes,
        )
        .await?;
        self.employee_view(&employee)
    }

    /// Ends an employee's time: their numbers come free at once.
    ///
    /// # Errors
    /// When there is no such employee.
    pub async fn end_employee(
        &self,
        actor: &Actor,
        user: &str,
    ) -> Result<EmployeeView, AdminError> {
        let mut employee = self.employee(user).await?;
        employee.ended = Some(self.now());
        let mut changes = vec![Change::PutEmployee(employee.clone())];
        for number in self.all_numbers().await? {
            if number
                .holder
                .as_ref()
                .is_some_and(|(holder, _)| *holder == employee.id)
            {
                changes.push(Change::Release(number.id, self.now()));
            }
        }
        self.change(actor, "employee.end", &[("user", user)], changes)
            .await?;
        self.employee_view(&employee)
    }

    /// Adds a virtual number of a configured carrier account; the same again changes nothing.
    ///
    /// # Errors
    /// When it is not a phone number, or the account is not configured.
    pub async fn add_number(
        &self,
        actor: &Actor,
        number: &str,
        account: &str,
    ) -> Result<NumberView, AdminError> {
        let parsed = self.phone(number)?;
        let account = AccountId(account.to_owned());
        if !self.carriers.contains_key(&account) {
            let mend = "name one that the configuration has under [[carrier]]";
            return Err(AdminError::NotFound {
                what: "carrier account",
                which: account.0,
                mend,
            });
        }
        let index = self.index(parsed.as_str());
        if let Some(known) = self.store.number(&index).await? {
            if known.account != account {
                return Err(AdminError::Invalid(format!(
                    "that number belongs to account `{}` already",
                    known.account
                )));
            }
            return self.number_view(&known).await;
        }
        let number = Number {
            id: NumberId::from_random(self.entropy.id()),
            index,
            number: self.hide("number", parsed.as_str().as_bytes()),
            account,
            created: self.now(),
            holder: None,
        };
        let details = [
            ("number", parsed.as_str()),
            ("account", number.account.as_str()),
        ];
        self.change(
            actor,
            "number.add",
            &details,
            vec![Change::PutNumber(number.clone())],
        )
        .await?;
        self.number_view(&number).await
    }

    /// Gives a number to an employee from now on, and wakes texts that waited for a holder.
    ///
    /// # Errors
    /// When either is not known, or somebody else holds it.
    pub async fn assign_number(
        &self,
        actor: &Actor,
        number: &str,
        user: &str,
    ) -> Result<NumberView, AdminError> {
        let (number, employee) = (self.our_number(number).await?, self.employee(user).await?);
        if employee.ended.is_some() {
            return Err(AdminError::Invalid(format!("`{user}` has left the firm")));
        }
        if number
            .holder
            .as_ref()
            .is_some_and(|(holder, _)| *holder == employee.id)
        {
            return self.number_view(&number).await;
        }
        let plain = self.reveal_text("number", &number.number)?;
        let changes = vec![
            Change::Assign(number.id, employee.id, self.now()),
            Change::WakeLane(Lane::unrouted(&number.index), self.now()),
            Change::Clear(format!("number-without-holder:{}", hex8(&number.index.0))),
        ];
        self.change(
            actor,
            "number.assign",
            &[("number", &plain), ("user", user)],
            changes,
        )
        .await?;
        self.number_view(&self.our_number(&plain).await?).await
    }

    /// Takes a number back from whoever holds it.
    ///
    /// # Errors
    /// When the number is not known.
    pub async fn release_number(
        &self,
        actor: &Actor,
        number: &str,
    ) -> Result<NumberView, AdminError> {
        let known = self.our_number(number).await?;
        if known.holder.is_some() {
            let changes = vec![Change::Release(known.id, self.now())];
            self.change(actor, "number.release", &[("number", number)], changes)
                .await?;
        }
        self.number_view(&self.our_number(number).await?).await
    }

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
    async fn contact_change(
        &self,
        number: &PhoneNumber,
        name: Option<&str>,
    ) -> Result<(Contact, Vec<Change>), AdminError> {
        let index = self.index(number.as_str());
        let name = name.map(str::trim).filter(|n| !n.is_empty());
        let known = self.store.contact_by_number(&index).await?;
        let fresh = known.is_none();
        let mut contact = known.unwrap_or_else(|| Contact {
            id: ContactId::from_random(self.entropy.id()),
            stand_in: ContactId::from_random(self.entropy.id()).to_string(),
            state: ContactState::Incomplete.word().to_owned(),
            name: Sealed(Vec::new()),
            numbers: vec![(index, self.hide("number", number.as_str().as_bytes()))],
            created: self.now(),
        });
        if let Some(name) = name {
            contact.name = self.hide("name", name.as_bytes());
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

    /// Begins a conversation, or finds the one there is. `ours` is needed only by who holds several numbers.
    ///
    /// # Errors
    /// When the number is none, or the employee holds no number to text from.
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
        let held = |n: &Number| {
            n.holder
                .as_ref()
                .is_some_and(|(holder, _)| *holder == employee.id)
        };
        if let Some(ours) = ours {
            let number = self.our_number(ours).await?;
            return if held(&number) {
                Ok(number)
            } else {
                Err(AdminError::Invalid(format!(
                    "`{}` does not hold that number",
                    employee.user
                )))
            };
        }
        self.all_numbers()
            .await?
            .into_iter()
            .find(held)
            .ok_or_else(|| {
                AdminError::Invalid(format!(
                    "`{}` holds no number: assign one with `verbatim number assign`",
                    employee.user
                ))
            })
    }

    /// Commits changes together with the record of them.
    async fn change(
        &self,
        actor: &Actor,
        what: &str,
        details: &[(&str, &str)],
        mut changes: Vec<Change>,
    ) -> Result<(), AdminError> {
        let mut body = Body {
            actor: actor.0.clone(),
            rule: "config.change".to_owned(),
            rule_version: 1,
            reason: what.to_owned(),
            ..Body::default()
        };
        body.details.extend(
            details
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let sealed = self.seal(Kind::Config, body).await?;
        changes.insert(
            0,
            Change::Append(NewRecord {
                conversation: None,
                sealed,
                about: None,
            }),
        );
        Ok(self
            .store
            .commit(Commit {
                fence: None,
                changes,
            })
            .await?)
    }

    pub(crate) async fn record_config(
        &self,
        actor: &Actor,
        what: &str,
        details: &[(&str, &str)],
        changes: Vec<Change>,
    ) -> Result<(), AdminError> {
        self.change(actor, what, details, changes).await
    }

    fn phone(&self, input: &str) -> Result<PhoneNumber, AdminError> {
        PhoneNumber::parse(input, self.settings.region.as_deref()).map_err(|why| {
            AdminError::Phone {
                input: input.to_owned(),
                why,
            }
        })
    }

    async fn employee(&self, user: &str) -> Result<Employee, AdminError> {
        self.store
            .employee_by_user(&UserId(user.to_owned()))
            .await?
            .ok_or_else(|| AdminError::NotFound {
                what: "employee",
                which: user.to_owned(),
                mend: "add them with `verbatim employee add`",
            })
    }

    async fn our_number(&self, number: &str) -> Result<Number, AdminError> {
        let parsed = self.phone(number)?;
        self.store
            .number(&self.index(parsed.as_str()))
            .await?
            .ok_or_else(|| AdminError::NotFound {
                what: "number",
                which: number.to_owned(),
                mend: "add it with `verbatim number add`",
            })
    }

    pub(crate) async fn all_numbers(&self) -> Result<Vec<Number>, AdminError> {
        let (mut numbers, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .store
                .numbers(PageAt {
                    after,
                    limit: EVERYTHING,
                })
                .await?;
            numbers.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(numbers);
            }
        }
    }

    /// All virtual numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_numbers(&self) -> Result<Vec<NumberView>, AdminError> {
        let mut views = Vec::new();
        for number in self.all_numbers().await? {
            views.push(self.number_view(&number).await?);
        }
        Ok(views)
    }

    /// A page of employees.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_employees(&self, at: PageAt) -> Result<Page<EmployeeView>, AdminError> {
        let page = self.store.employees(at).await?;
        let items = page
            .items
            .iter()
            .map(|e| self.employee_view(e))
            .collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// A page of contacts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_contacts(&self, at: PageAt) -> Result<Page<ContactView>, AdminError> {
        let page = self.store.contacts(None, at).await?;
        let items = page
            .items
            .iter()
            .map(|c| self.contact_view(c))
            .collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: page.next,
        })
    }

    /// A page of conversations.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_conversations(
        &self,
        at: PageAt,
    ) -> Result<Page<ConversationView>, AdminError> {
        let page = self.store.conversations(at).await?;
        let items = page
            .items
            .iter()
            .map(|c| self.conversation_view(c))
            .collect::<Result<_, _>>()?;
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

    /// One conversation.
    ///
    /// # Errors
    /// When there is none.
    pub async fn show_conversation(
        &self,
        id: ConversationId,
    ) -> Result<ConversationView, AdminError> {
        self.conversation_view(&self.require_conversation(id).await?)
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

    pub(crate) fn employee_view(&self, employee: &Employee) -> Result<EmployeeView, AdminError> {
        Ok(EmployeeView {
            id: employee.id.to_string(),
            user: employee.user.0.clone(),
            name: self.reveal_text("name", &employee.name)?,
            active: employee.ended.is_none(),
            created_ms: employee.created.as_millis(),
        })
    }

    async fn number_view(&self, number: &Number) -> Result<NumberView, AdminError> {
        let holder = match &number.holder {
            None => None,
            Some((id, _)) => self.employee_user(*id).await?,
        };
        Ok(NumberView {
            id: number.id.to_string(),
            number: self.reveal_text("number", &number.number)?,
            account: number.account.0.clone(),
            holder,
            created_ms: number.created.as_millis(),
        })
    }

    async fn employee_user(&self, id: EmployeeId) -> Result<Option<String>, AdminError> {
        let mut after = None;
        loop {
            let page = self
                .store
                .employees(PageAt {
                    after,
                    limit: EVERYTHING,
                })
                .await?;
            if let Some(found) = page.items.iter().find(|e| e.id == id) {
                return Ok(Some(found.user.0.clone()));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
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

fn hex8(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect()
}
