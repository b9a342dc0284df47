//! Messages: they only ever move forward, save for the one proved step back.

use verbatim_domain::consent::Consent;
use verbatim_domain::message::MessageState;
use verbatim_domain::{AccountId, EventId, MessageId, ProviderId, Timestamp};
use verbatim_engine::ports::{Failure, Message, StoreError};

use crate::reads;
use crate::sql::messages as sql;
use crate::value::params;
use crate::work::Work;

/// Inserts a message of a carrier account.
pub(super) async fn insert(
    work: &Work,
    message: &Message,
    account: &AccountId,
) -> Result<(), StoreError> {
    let failure = message.failure.as_ref();
    let params = params![
        message.id,
        message.conversation,
        i64::from(message.direction.code()),
        i64::from(message.state.code()),
        message.record,
        account,
        message.provider_id.as_ref(),
        message.event.as_ref(),
        message.segments,
        message.created,
        message.first_tried,
        message.last_tried,
        failure.map(|failure| failure.class.as_str()),
        failure.map(|failure| failure.code.as_str()),
        failure.map(|failure| failure.certain),
    ];
    work.tx.send(&sql::MESSAGE_ADD, params).await
}

/// Inserts an outbound message; its account is that of the conversation's number.
pub(super) async fn add(work: &Work, message: &Message) -> Result<(), StoreError> {
    let none = || StoreError::Conflict("an outbound message needs a conversation".into());
    let conversation = message.conversation.ok_or_else(none)?;
    let row = work
        .tx
        .query_opt(&sql::ACCOUNT_OF, params![conversation])
        .await?;
    let row = row.ok_or(StoreError::Stale("the conversation is gone"))?;
    insert(work, message, &row.get(0)?).await
}

async fn found(work: &Work, message: MessageId) -> Result<Message, StoreError> {
    let message = reads::messages::message(&*work.tx, &message).await?;
    message.ok_or(StoreError::Stale("the message is gone"))
}

/// A request is about to go out. Only from `Accepted`: a report may have moved the message since the
/// caller looked, and then a request would be a second one. And only to who has not asked since then not to be
/// texted.
pub(super) async fn begin(work: &Work, id: MessageId, at: Timestamp) -> Result<(), StoreError> {
    let message = found(work, id).await?;
    if message.state != MessageState::Accepted {
        return Err(StoreError::Stale("the message has moved on"));
    }
    let unwanted = params![id, Consent::OptedOut.word()];
    if work
        .tx
        .query_opt(&sql::MESSAGE_UNWANTED, unwanted)
        .await?
        .is_some()
    {
        return Err(StoreError::Stale("the client asked not to be texted"));
    }
    put_state(work, id, MessageState::Submitting, None).await?;
    work.tx.send(&sql::MESSAGE_TRIED, params![id, at]).await
}

/// Moves a message forward, if it is not there or further already.
pub(super) async fn advance(
    work: &Work,
    id: MessageId,
    to: MessageState,
    provider_id: Option<&ProviderId>,
    failure: Option<&Failure>,
) -> Result<(), StoreError> {
    let message = found(work, id).await?;
    if let Some(provider_id) = provider_id {
        claim(work, &message, provider_id).await?;
    }
    if !message.state.can_become(to) {
        return Ok(());
    }
    put_state(work, id, to, failure).await
}

/// The carrier's id of a message is known. Two messages with one id is a conflict.
pub(super) async fn claim(
    work: &Work,
    message: &Message,
    provider_id: &ProviderId,
) -> Result<(), StoreError> {
    if message.provider_id.is_some() {
        return Ok(());
    }
    work.tx
        .execute(&sql::MESSAGE_CLAIM, params![message.id, provider_id])
        .await
        .map(drop)
}

/// Writes a state without asking.
pub(super) async fn put_state(
    work: &Work,
    id: MessageId,
    to: MessageState,
    failure: Option<&Failure>,
) -> Result<(), StoreError> {
    let params = params![
        id,
        i64::from(to.code()),
        failure.map(|failure| failure.class.as_str()),
        failure.map(|failure| failure.code.as_str()),
        failure.map(|failure| failure.certain),
    ];
    work.tx.send(&sql::MESSAGE_MOVE, params).await
}

/// The one step back: it is proved that the attempt did not happen.
pub(super) async fn withdraw(work: &Work, id: MessageId) -> Result<(), StoreError> {
    let message = found(work, id).await?;
    if !message.state.may_withdraw() {
        return Err(StoreError::Stale("the message has moved on"));
    }
    put_state(work, id, MessageState::Accepted, None).await
}

/// The room event of a message is known.
pub(super) async fn set_event(
    work: &Work,
    id: MessageId,
    event: &EventId,
) -> Result<(), StoreError> {
    match work
        .tx
        .execute(&sql::MESSAGE_SET_EVENT, params![id, event])
        .await?
    {
        0 => Err(StoreError::Stale("the message is gone")),
        _ => Ok(()),
    }
}
