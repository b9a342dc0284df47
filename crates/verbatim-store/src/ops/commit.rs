//! Changes that the engine has decided on: all of them or none.

use std::sync::Arc;

use verbatim_domain::{ConversationId, RecordId};
use verbatim_engine::ports::{Change, Commit, StoreError};
use verbatim_record::SealedRecord;

use super::{anchors, config, jobs, keys, lease, messages, people, retention, signed_log};
use crate::sql::log as sql;
use crate::value::params;
use crate::work::Work;

/// Applies a commit, if its fence still stands.
pub(crate) async fn apply(work: &mut Work, commit: &Commit) -> Result<(), StoreError> {
    lease::check(work, commit.fence).await?;
    for change in &commit.changes {
        one(work, change).await?;
    }
    Ok(())
}

/// Appends a record; what it is about must be in the log already.
pub(super) async fn append(
    work: &mut Work,
    conversation: Option<ConversationId>,
    sealed: &SealedRecord,
    about: Option<RecordId>,
) -> Result<(), StoreError> {
    let tx = Arc::clone(&work.tx);
    let about = match about {
        None => None,
        Some(id) => {
            let row = tx.query_opt(&sql::RECORD_SEQ, params![id]).await?;
            let none = || StoreError::Conflict("the record it is about is not there".into());
            Some(row.ok_or_else(none)?.get(0)?)
        }
    };
    work.log.append(&*tx, conversation, sealed, about).await
}

/// One arm a change, without a rest, so that the compiler notices one that was forgotten.
async fn one(work: &mut Work, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Append(new) => append(work, new.conversation, &new.sealed, new.about).await,

        Change::AddMessage(message) => messages::add(work, message).await,
        Change::BeginSubmitting(message, at) => messages::begin(work, *message, *at).await,
        Change::Advance {
            message,
            to,
            provider_id,
            failure,
        } => {
            let (provider_id, failure) = (provider_id.as_ref(), failure.as_ref());
            messages::advance(work, *message, *to, provider_id, failure).await
        }
        Change::Withdraw(message) => messages::withdraw(work, *message).await,
        Change::SetEvent(message, event) => messages::set_event(work, *message, event).await,

        Change::Enqueue(job) => jobs::enqueue(work, job).await,
        Change::Finish(job) => jobs::finish(work, *job).await.map(drop),
        Change::Retry {
            job,
            due,
            payload,
            counts,
        } => jobs::retry(work, *job, *due, payload.as_ref(), *counts).await,
        Change::Move(job, lane) => jobs::relocate(work, *job, lane).await,
        Change::WakeRoom(room, at) => jobs::wake_room(work, room, *at).await,
        Change::WakeReader(user, at) => jobs::wake_reader(work, user, *at).await,
        Change::WakeLane(lane, at) => jobs::wake_lane(work, lane, *at).await,

        Change::BindRoom {
            conversation,
            room,
            instead_of,
        } => people::bind_room(work, *conversation, room, instead_of.as_ref()).await,
        Change::Disclosed(conversation, at) => people::disclosed(work, *conversation, *at).await,
        Change::NotDisclosed(conversation, at) => {
            people::not_disclosed(work, *conversation, *at).await
        }
        Change::SetConsent { ours, peer, said } => {
            people::set_consent(work, *ours, *peer, *said).await
        }
        Change::BindDirect(room, employee) => people::bind_direct(work, room, *employee).await,
        Change::PutEmployee(employee) => people::put_employee(work, employee).await,
        Change::PutNumber(number) => people::put_number(work, number).await,
        Change::Assign(number, employee, at) => people::assign(work, *number, *employee, *at).await,
        Change::Release(number, at) => people::release(work, *number, *at).await,
        Change::PutContact(contact) => people::put_contact(work, contact).await,
        Change::PutConversation {
            id,
            number,
            contact,
            peer,
            employee,
            at,
        } => people::add_conversation(work, *id, *number, *contact, *peer, *employee, *at).await,

        Change::AddTiles(tiles) => signed_log::add_tiles(work, tiles).await,
        Change::AddCheckpoint(checkpoint) => signed_log::add_checkpoint(work, checkpoint).await,
        Change::PutPeriod(period, since) => retention::put_period(work, *period, *since).await,
        Change::Promise(promise) => retention::promise(work, promise).await,
        Change::KeepBucket {
            bucket,
            from,
            until,
        } => retention::keep_bucket(work, *bucket, *from, *until).await,
        Change::PutHold(hold) => retention::put_hold(work, hold).await,
        Change::Propose(disposal) => retention::propose(work, disposal).await,
        Change::Approve(disposal, act) => retention::approve(work, *disposal, act).await,
        Change::WithdrawDisposal(id, act) => retention::withdraw(work, *id, act).await,
        Change::WrapAgain {
            position,
            from,
            to,
            wrapped,
        } => retention::wrap_again(work, *position, *from, *to, wrapped).await,
        Change::Destroy(destruction) => retention::destroy(work, destruction).await,
        Change::Shred(bucket, most) => retention::shred(work, *bucket, *most).await,
        Change::EndDisposal(disposal) => retention::end(work, *disposal).await,

        Change::PutCosignature(new) => anchors::put_cosignature(work, new).await,
        Change::AddTimestamp(new) => anchors::add_timestamp(work, new).await,

        Change::Raise(alarm) => config::raise(work, alarm).await,
        Change::Clear(key) => config::clear(work, key).await,
        Change::PutToken(token) => config::put_token(work, token).await,
        Change::SetCursor(name, value) => config::set_cursor(work, name, value).await,

        Change::RotateKeys(new) => keys::rotate(work, new).await,
    }
}
