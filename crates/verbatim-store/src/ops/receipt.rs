//! News of an outbound message: recorded always, and moving the message only forward.

use verbatim_domain::Timestamp;
use verbatim_engine::ports::{
    JobKind, Lane, Message, NewJob, ReceiptIn, ReceiptOutcome, StoreError,
};

use super::{commit, jobs, messages};
use crate::reads;
use crate::sql::intake as sql;
use crate::value::params;
use crate::work::Work;

/// Records a receipt.
pub(crate) async fn record(
    work: &mut Work,
    receipt: &ReceiptIn,
) -> Result<ReceiptOutcome, StoreError> {
    if work
        .tx
        .execute(&sql::RECEIPT_ADD, params![receipt.dedupe])
        .await?
        == 0
    {
        return Ok(ReceiptOutcome::Duplicate);
    }
    let message = find(work, receipt).await?;
    let conversation = message.as_ref().and_then(|message| message.conversation);
    let about = message.as_ref().map(|message| message.record);
    commit::append(work, conversation, &receipt.record, about).await?;
    let Some(message) = message else {
        return Ok(ReceiptOutcome::Orphan);
    };
    messages::claim(work, &message, &receipt.provider_id).await?;
    let moved = advance(work, &message, receipt).await?;
    wake(work, &message, receipt.at).await?;
    if !moved {
        return Ok(ReceiptOutcome::Noted);
    }
    if receipt.show {
        show(work, &message, receipt.at).await?;
    }
    Ok(ReceiptOutcome::Moved {
        message: message.id,
    })
}

/// By our own id if the carrier gave it back and its id does not contradict, else by the carrier's.
async fn find(work: &Work, receipt: &ReceiptIn) -> Result<Option<Message>, StoreError> {
    if let Some(id) = receipt.message
        && let Some(message) = reads::messages::message(&*work.tx, &id).await?
        && message
            .provider_id
            .as_ref()
            .is_none_or(|known| *known == receipt.provider_id)
        && reads::messages::account(&*work.tx, &message)
            .await?
            .as_ref()
            == Some(&receipt.account)
    {
        return Ok(Some(message));
    }
    reads::messages::by_provider(&*work.tx, &receipt.account, &receipt.provider_id).await
}

/// Whether the message moved.
async fn advance(work: &Work, message: &Message, receipt: &ReceiptIn) -> Result<bool, StoreError> {
    match receipt.to {
        Some(to) if message.state.can_become(to) => {
            messages::put_state(work, message.id, to, receipt.failure.as_ref()).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// A submission that waits to find out what became of it can look now.
async fn wake(work: &mut Work, message: &Message, at: Timestamp) -> Result<(), StoreError> {
    match message.conversation {
        Some(conversation) => jobs::wake_lane(work, &Lane::sms(conversation), at).await,
        None => Ok(()),
    }
}

async fn show(work: &mut Work, message: &Message, at: Timestamp) -> Result<(), StoreError> {
    let Some(conversation) = message.conversation else {
        return Ok(());
    };
    let job = NewJob {
        conversation: Some(conversation),
        message: Some(message.id),
        unique: Some(format!("show:{}", message.id)),
        ..jobs::new_job(Lane::room(conversation), JobKind::Show, at)
    };
    jobs::enqueue(work, &job).await
}
