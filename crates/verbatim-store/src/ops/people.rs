//! Employees, numbers, assignments, contacts, conversations.

use verbatim_domain::{ContactId, ConversationId, EmployeeId, NumberId, RoomId, Timestamp};
use verbatim_engine::ports::{
    BlindIndex, Contact, Employee, InboundSms, Number, Said, Sealed, StoreError,
};

use crate::reads;
use crate::sql::people as sql;
use crate::value::params;
use crate::work::Work;

/// State of a contact that wrote first and that nobody has entered.
const INCOMPLETE: &str = "incomplete";

/// How far a carrier's clock and ours may differ, milliseconds.
const SKEW_MS: i64 = 120_000;

fn conflict(text: &str) -> StoreError {
    StoreError::Conflict(text.into())
}

/// Inserts an employee, or changes name and end; who leaves gives back their numbers.
pub(super) async fn put_employee(work: &mut Work, employee: &Employee) -> Result<(), StoreError> {
    work.ahead.people_moved();
    let Employee {
        id,
        user,
        name,
        created,
        ended,
    } = employee;
    work.tx
        .execute(
            &sql::EMPLOYEE_PUT,
            params![*id, user, name, *created, *ended],
        )
        .await?;
    match ended {
        Some(ended) => work.tx.send(&sql::RELEASE_ALL, params![*id, *ended]).await,
        None => Ok(()),
    }
}

/// Inserts a number; the same number under the same id is there already.
pub(super) async fn put_number(work: &mut Work, number: &Number) -> Result<(), StoreError> {
    work.ahead.people_moved();
    match reads::people::number(&*work.tx, &number.index).await? {
        Some(known) if known.id == number.id => return Ok(()),
        Some(_) => return Err(conflict("the number exists under another id")),
        None => {}
    }
    let Number {
        id,
        index,
        number,
        account,
        created,
        holder: _,
    } = number;
    work.tx
        .execute(
            &sql::NUMBER_ADD,
            params![*id, *index, number, account, *created],
        )
        .await?;
    Ok(())
}

/// Gives a number to an employee from a moment on.
pub(super) async fn assign(
    work: &mut Work,
    number: NumberId,
    employee: EmployeeId,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.ahead.people_moved();
    if work
        .tx
        .query_opt(&sql::HELD_FROM, params![number, at])
        .await?
        .is_some()
    {
        return Err(conflict("somebody holds the number then"));
    }
    work.tx
        .execute(&sql::ASSIGN, params![number, employee, at])
        .await
        .map(drop)
}

/// Takes a number back from a moment on.
pub(super) async fn release(
    work: &mut Work,
    number: NumberId,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.ahead.people_moved();
    work.tx.send(&sql::RELEASE, params![number, at]).await
}

/// Inserts a contact, or changes name, state and how its numbers are sealed, and adds numbers.
pub(super) async fn put_contact(work: &mut Work, contact: &Contact) -> Result<(), StoreError> {
    work.ahead.people_moved();
    let Contact {
        id,
        stand_in,
        state,
        name,
        numbers,
        created,
    } = contact;
    let params = params![*id, stand_in.as_str(), state.as_str(), name, *created];
    work.tx.execute(&sql::CONTACT_PUT, params).await?;
    for (index, number) in numbers {
        let row = work
            .tx
            .query_opt(&sql::CONTACT_NUMBER_OWNER, params![*index])
            .await?;
        match row.map(|row| row.get::<ContactId>(0)).transpose()? {
            Some(owner) if owner == *id => {
                let params = params![*index, number];
                work.tx.execute(&sql::CONTACT_NUMBER_SEAL, params).await?;
            }
            Some(_) => return Err(conflict("a number belongs to another contact")),
            None => add_contact_number(work, *id, *index, number).await?,
        }
    }
    Ok(())
}

async fn add_contact_number(
    work: &Work,
    contact: ContactId,
    index: BlindIndex,
    number: &Sealed,
) -> Result<(), StoreError> {
    work.tx
        .send(&sql::CONTACT_NUMBER_ADD, params![index, contact, number])
        .await
}

/// A contact for a client that nobody knows.
pub(super) async fn unknown_contact(
    work: &mut Work,
    sms: &InboundSms,
) -> Result<ContactId, StoreError> {
    let id = sms.fresh.contact;
    let params = params![
        id,
        sms.fresh.stand_in.as_str(),
        INCOMPLETE,
        Vec::<u8>::new(),
        sms.at
    ];
    work.tx.send(&sql::CONTACT_ADD, params).await?;
    add_contact_number(work, id, sms.from, &sms.from_sealed).await?;
    Ok(id)
}

/// Inserts a conversation.
pub(super) async fn add_conversation(
    work: &mut Work,
    id: ConversationId,
    number: NumberId,
    contact: ContactId,
    peer: BlindIndex,
    employee: EmployeeId,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.ahead.client_moved(peer);
    let params = params![id, number, contact, peer, employee, at];
    work.tx.send(&sql::CONVERSATION_ADD, params).await
}

/// The conversation has its room, in the place of one that is gone.
pub(super) async fn bind_room(
    work: &mut Work,
    id: ConversationId,
    room: &RoomId,
    instead_of: Option<&RoomId>,
) -> Result<(), StoreError> {
    work.ahead.people_moved();
    let row = work
        .tx
        .query_opt(&sql::CONVERSATION_ROOM, params![id])
        .await?;
    let bound: Option<RoomId> = row
        .ok_or(StoreError::Stale("the conversation is gone"))?
        .get(0)?;
    match bound {
        Some(bound) if bound == *room => Ok(()),
        Some(bound) if Some(&bound) != instead_of => {
            Err(conflict("the conversation has another room"))
        }
        _ => work
            .tx
            .execute(&sql::BIND_ROOM, params![id, room])
            .await
            .map(drop),
    }
}

/// The client is being told; the first time counts.
pub(super) async fn disclosed(
    work: &Work,
    id: ConversationId,
    at: Timestamp,
) -> Result<(), StoreError> {
    match work.tx.execute(&sql::DISCLOSED, params![id, at]).await? {
        0 => Err(StoreError::Stale("the conversation is gone")),
        _ => Ok(()),
    }
}

/// What the client was being told at that moment did not reach them; a later try stands.
pub(super) async fn not_disclosed(
    work: &Work,
    id: ConversationId,
    at: Timestamp,
) -> Result<(), StoreError> {
    work.tx.send(&sql::NOT_DISCLOSED, params![id, at]).await
}

/// What a client's number says to ours about being texted.
pub(super) async fn set_consent(
    work: &Work,
    ours: BlindIndex,
    peer: BlindIndex,
    said: Said,
) -> Result<(), StoreError> {
    let Said {
        consent,
        at,
        by_carrier,
    } = said;
    let params = params![
        ours,
        peer,
        consent.word(),
        at,
        u32::from(by_carrier),
        SKEW_MS
    ];
    work.tx.send(&sql::CONSENT_SET, params).await
}

/// Whose direct chat a room is.
pub(super) async fn bind_direct(
    work: &Work,
    room: &RoomId,
    employee: EmployeeId,
) -> Result<(), StoreError> {
    work.tx
        .execute(&sql::BIND_DIRECT, params![room, employee])
        .await
        .map(drop)
}
