//! Messages.

use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{AccountId, ConversationId, EventId, MessageId, ProviderId};
use verbatim_engine::ports::{Failure, Message, Page, StoreError};

use super::{Window, strange};
use crate::sql::{intake, messages as sql};
use crate::tx::Tx;
use crate::value::{Row, params};

fn read(row: &Row, first: usize) -> Result<Message, StoreError> {
    let at = |offset| first + offset;
    let (direction, state): (i16, i16) = (row.get(at(2))?, row.get(at(3))?);
    Ok(Message {
        id: row.get(at(0))?,
        conversation: row.get(at(1))?,
        direction: Direction::from_code(direction)
            .ok_or_else(|| strange("direction", direction))?,
        state: MessageState::from_code(state).ok_or_else(|| strange("message state", state))?,
        record: row.get(at(4))?,
        provider_id: row.get(at(5))?,
        event: row.get(at(6))?,
        segments: row.get(at(7))?,
        created: row.get(at(8))?,
        first_tried: row.get(at(9))?,
        last_tried: row.get(at(10))?,
        failure: failure(row, at(11))?,
    })
}

fn failure(row: &Row, first: usize) -> Result<Option<Failure>, StoreError> {
    let Some(class) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(Failure {
        class,
        code: row.get(first + 1)?,
        certain: row.get(first + 2)?,
    }))
}

/// A message.
pub(crate) async fn message(tx: &dyn Tx, id: &MessageId) -> Result<Option<Message>, StoreError> {
    let row = tx.query_opt(&sql::MESSAGE, params![*id]).await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// The message of a room event.
pub(crate) async fn by_event(tx: &dyn Tx, event: &EventId) -> Result<Option<Message>, StoreError> {
    let row = tx.query_opt(&sql::MESSAGE_BY_EVENT, params![event]).await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// The outbound message that has claimed a carrier's id.
pub(crate) async fn by_provider(
    tx: &dyn Tx,
    account: &AccountId,
    provider_id: &ProviderId,
) -> Result<Option<Message>, StoreError> {
    let row = tx
        .query_opt(&sql::MESSAGE_BY_PROVIDER, params![account, provider_id])
        .await?;
    row.map(|row| read(&row, 0)).transpose()
}

/// The same, only its id.
pub(crate) async fn id_by_provider(
    tx: &dyn Tx,
    (account, provider_id): &(AccountId, ProviderId),
) -> Result<Option<MessageId>, StoreError> {
    Ok(by_provider(tx, account, provider_id)
        .await?
        .map(|message| message.id))
}

/// The carrier account of an outbound message.
pub(crate) async fn account(
    tx: &dyn Tx,
    message: &Message,
) -> Result<Option<AccountId>, StoreError> {
    if message.direction != Direction::Outbound {
        return Ok(None);
    }
    let Some(conversation) = message.conversation else {
        return Ok(None);
    };
    let row = tx
        .query_opt(&sql::ACCOUNT_OF, params![conversation])
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Messages of a conversation, in order.
pub(crate) async fn page(
    tx: &dyn Tx,
    (conversation, window): &(ConversationId, Window),
) -> Result<Page<Message>, StoreError> {
    let params = params![*conversation, window.after, window.rows()];
    let rows = tx.query(&sql::MESSAGES, params).await?;
    window.page(&rows, |row| read(row, 1))
}

/// Whether a carrier's text is recorded already.
pub(crate) async fn has_inbound(
    tx: &dyn Tx,
    (account, provider_id): &(AccountId, ProviderId),
) -> Result<bool, StoreError> {
    let row = tx
        .query_opt(&intake::HAS_INBOUND, params![account, provider_id])
        .await?;
    Ok(row.is_some())
}
