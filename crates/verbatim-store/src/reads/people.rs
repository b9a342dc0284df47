//! Employees, numbers, contacts, conversations.

use verbatim_domain::consent::Consent;
use verbatim_domain::{ConversationId, EmployeeId, NumberId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{
    BlindIndex, Contact, Conversation, Employee, Number, Page, StoreError,
};

use super::Window;
use crate::sql::people as sql;
use crate::tx::Tx;
use crate::value::{Row, params};

fn employee(row: &Row, first: usize) -> Result<Employee, StoreError> {
    Ok(Employee {
        id: row.get(first)?,
        user: row.get(first + 1)?,
        name: row.get(first + 2)?,
        created: row.get(first + 3)?,
        ended: row.get(first + 4)?,
    })
}

fn number_at(row: &Row, first: usize) -> Result<Number, StoreError> {
    let holder: Option<EmployeeId> = row.get(first + 5)?;
    let holder = match holder {
        Some(employee) => Some((employee, row.get(first + 6)?)),
        None => None,
    };
    Ok(Number {
        id: row.get(first)?,
        index: row.get(first + 1)?,
        number: row.get(first + 2)?,
        account: row.get(first + 3)?,
        created: row.get(first + 4)?,
        holder,
    })
}

/// A contact, its numbers still missing.
fn contact(row: &Row, first: usize) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: row.get(first)?,
        stand_in: row.get(first + 1)?,
        state: row.get(first + 2)?,
        name: row.get(first + 3)?,
        numbers: Vec::new(),
        created: row.get(first + 4)?,
    })
}

async fn fill(tx: &dyn Tx, contact: &mut Contact) -> Result<(), StoreError> {
    let rows = tx.query(&sql::CONTACT_NUMBERS, params![contact.id]).await?;
    let numbers = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
    contact.numbers = numbers.collect::<Result<_, StoreError>>()?;
    Ok(())
}

/// A conversation from a row that begins with its position.
fn conversation_row(row: &Row) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: row.get(1)?,
        peer: row.get(2)?,
        room: row.get(3)?,
        disclosed: row.get(4)?,
        consent: consent_at(row, 23)?,
        created: row.get(5)?,
        number: number_at(row, 6)?,
        contact: contact(row, 13)?,
        employee: employee(row, 18)?,
    })
}

/// What was said about being texted, and when; both columns are null where nothing was.
fn consent_at(row: &Row, first: usize) -> Result<Option<(Consent, Timestamp)>, StoreError> {
    let Some(word) = row.get::<Option<String>>(first)? else {
        return Ok(None);
    };
    let consent = Consent::from_word(&word);
    let consent = consent.ok_or_else(|| StoreError::Damaged("a word of consent".into()))?;
    Ok(Some((consent, row.get(first + 1)?)))
}

async fn filled(tx: &dyn Tx, row: Option<Row>) -> Result<Option<Conversation>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let mut conversation = conversation_row(&row)?;
    fill(tx, &mut conversation.contact).await?;
    Ok(Some(conversation))
}

/// An employee.
pub(crate) async fn by_id(tx: &dyn Tx, id: &EmployeeId) -> Result<Option<Employee>, StoreError> {
    let row = tx.query_opt(&sql::EMPLOYEE, params![*id]).await?;
    row.map(|row| employee(&row, 0)).transpose()
}

/// An employee by platform account.
pub(crate) async fn by_user(tx: &dyn Tx, user: &UserId) -> Result<Option<Employee>, StoreError> {
    let row = tx.query_opt(&sql::EMPLOYEE_BY_USER, params![user]).await?;
    row.map(|row| employee(&row, 0)).transpose()
}

/// Employees in order of their coming.
pub(crate) async fn employees(tx: &dyn Tx, window: &Window) -> Result<Page<Employee>, StoreError> {
    let rows = tx
        .query(&sql::EMPLOYEES, params![window.after, window.rows()])
        .await?;
    window.page(&rows, |row| employee(row, 1))
}

/// A number by its index.
pub(crate) async fn number(tx: &dyn Tx, index: &BlindIndex) -> Result<Option<Number>, StoreError> {
    let row = tx.query_opt(&sql::NUMBER, params![*index]).await?;
    row.map(|row| number_at(&row, 0)).transpose()
}

/// Numbers in order of their coming.
pub(crate) async fn numbers(tx: &dyn Tx, window: &Window) -> Result<Page<Number>, StoreError> {
    let rows = tx
        .query(&sql::NUMBERS, params![window.after, window.rows()])
        .await?;
    window.page(&rows, |row| number_at(row, 1))
}

/// The numbers that an employee holds now.
pub(crate) async fn numbers_of(
    tx: &dyn Tx,
    holder: &EmployeeId,
) -> Result<Vec<Number>, StoreError> {
    let rows = tx.query(&sql::NUMBERS_OF, params![*holder]).await?;
    rows.iter().map(|row| number_at(row, 0)).collect()
}

/// The contact that has a number.
pub(crate) async fn contact_by_number(
    tx: &dyn Tx,
    index: &BlindIndex,
) -> Result<Option<Contact>, StoreError> {
    let row = tx
        .query_opt(&sql::CONTACT_BY_NUMBER, params![*index])
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut contact = contact(&row, 0)?;
    fill(tx, &mut contact).await?;
    Ok(Some(contact))
}

/// Contacts in order of their coming; of one employee's conversations only, if named.
pub(crate) async fn contacts(
    tx: &dyn Tx,
    (of, window): &(Option<EmployeeId>, Window),
) -> Result<Page<Contact>, StoreError> {
    let rows = match of {
        None => {
            tx.query(&sql::CONTACTS, params![window.after, window.rows()])
                .await?
        }
        Some(of) => {
            tx.query(&sql::CONTACTS_OF, params![window.after, window.rows(), *of])
                .await?
        }
    };
    let mut page = window.page(&rows, |row| contact(row, 1))?;
    for contact in &mut page.items {
        fill(tx, contact).await?;
    }
    Ok(page)
}

/// A conversation.
pub(crate) async fn conversation(
    tx: &dyn Tx,
    id: &ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    filled(tx, tx.query_opt(&sql::CONVERSATION, params![*id]).await?).await
}

/// The conversation of a room.
pub(crate) async fn by_room(
    tx: &dyn Tx,
    room: &RoomId,
) -> Result<Option<Conversation>, StoreError> {
    filled(
        tx,
        tx.query_opt(&sql::CONVERSATION_BY_ROOM, params![room])
            .await?,
    )
    .await
}

/// The conversation of (number, peer, employee).
pub(crate) async fn conversation_of(
    tx: &dyn Tx,
    (number, peer, employee): &(NumberId, BlindIndex, EmployeeId),
) -> Result<Option<Conversation>, StoreError> {
    let params = params![*number, *peer, *employee];
    filled(tx, tx.query_opt(&sql::CONVERSATION_OF, params).await?).await
}

/// What a client's number last said to ours about being texted.
pub(crate) async fn consent(
    tx: &dyn Tx,
    (ours, peer): &(BlindIndex, BlindIndex),
) -> Result<Option<(Consent, Timestamp)>, StoreError> {
    let row = tx.query_opt(&sql::CONSENT, params![*ours, *peer]).await?;
    row.map_or(Ok(None), |row| consent_at(&row, 0))
}

/// Conversations in order of their beginning.
pub(crate) async fn conversations(
    tx: &dyn Tx,
    window: &Window,
) -> Result<Page<Conversation>, StoreError> {
    let params = params![window.after, window.rows()];
    page_of(tx, window, tx.query(&sql::CONVERSATIONS, params).await?).await
}

/// An employee's conversations in order of their beginning.
pub(crate) async fn conversations_with(
    tx: &dyn Tx,
    (employee, window): &(EmployeeId, Window),
) -> Result<Page<Conversation>, StoreError> {
    let params = params![window.after, window.rows(), *employee];
    let rows = tx.query(&sql::CONVERSATIONS_WITH, params).await?;
    page_of(tx, window, rows).await
}

async fn page_of(
    tx: &dyn Tx,
    window: &Window,
    rows: Vec<Row>,
) -> Result<Page<Conversation>, StoreError> {
    let mut page = window.page(&rows, conversation_row)?;
    for conversation in &mut page.items {
        fill(tx, &mut conversation.contact).await?;
    }
    Ok(page)
}

/// Whose direct chat a room is.
pub(crate) async fn direct(tx: &dyn Tx, room: &RoomId) -> Result<Option<Employee>, StoreError> {
    let row = tx.query_opt(&sql::DIRECT, params![room]).await?;
    row.map(|row| employee(&row, 0)).transpose()
}
