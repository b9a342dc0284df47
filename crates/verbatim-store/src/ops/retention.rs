//! Periods, buckets, holds, disposals: what vanishes for ever, and what keeps it from that.

use verbatim_domain::retention::Starts;
use verbatim_domain::{DisposalId, Timestamp};
use verbatim_engine::ports::{
    Act, ClassPeriod, Destruction, Disposal, DisposalState, Hold, Promise, StoreError,
};
use verbatim_record::BucketId;

use crate::reads::retention as reads;
use crate::sql::retention as sql;
use crate::value::{Value, params};
use crate::work::Work;

fn bucket(id: BucketId) -> [Value; 2] {
    [i64::from(id.class.0).into(), id.expiry_month.into()]
}

fn with(id: BucketId, more: Vec<Value>) -> Vec<Value> {
    bucket(id).into_iter().chain(more).collect()
}

fn conflict(text: &str) -> StoreError {
    StoreError::Conflict(text.into())
}

/// Remembers a period.
pub(super) async fn put_period(
    work: &Work,
    period: ClassPeriod,
    since: Timestamp,
) -> Result<(), StoreError> {
    let starts = match period.period.starts {
        Starts::Creation => 0,
        Starts::FiscalYearEnd(month) => month,
    };
    let (class, starts) = (i64::from(period.class), i64::from(starts));
    let params = params![class, period.period.months, starts, since];
    work.tx.send(&sql::PERIOD_ADD, params).await
}

/// Remembers a promise, and counts the change: a disposal that runs must look again.
pub(super) async fn promise(work: &Work, promise: &Promise) -> Result<(), StoreError> {
    let made = &promise.made;
    let params = params![promise.index, &promise.terms, made.by.as_str(), made.at];
    work.tx.execute(&sql::PROMISE_ADD, params).await?;
    work.tx.execute(&sql::HOLD_CHANGED, vec![]).await.map(drop)
}

/// Keeps a bucket longer than until now; never shorter. Counts as a change: it binds what was made for the bucket
/// and has moved away.
pub(super) async fn keep_bucket(
    work: &Work,
    id: BucketId,
    from: u32,
    until: u32,
) -> Result<(), StoreError> {
    let found = reads::bucket(&*work.tx, id).await?;
    let found = found.ok_or_else(|| conflict("there is no such bucket"))?;
    if found.disposal.is_some() {
        return Err(conflict("the bucket was disposed of"));
    }
    if found.expires() != from {
        return Err(StoreError::Stale("the bucket is kept longer by now"));
    }
    if from > until {
        return Err(conflict("the bucket is kept longer already"));
    }
    let params = with(id, params![until]);
    work.tx.execute(&sql::BUCKET_KEEP, params).await?;
    work.tx.execute(&sql::HOLD_CHANGED, vec![]).await.map(drop)
}

/// Inserts a hold or a step of its release, and counts the change.
pub(super) async fn put_hold(work: &Work, hold: &Hold) -> Result<(), StoreError> {
    let Hold {
        id,
        terms,
        set,
        asked,
        released,
    } = hold;
    let by = |act: &Option<Act>| act.as_ref().map(|act| act.by.clone());
    let at = |act: &Option<Act>| act.as_ref().map(|act| act.at);
    let params = params![
        *id,
        terms,
        set.by.as_str(),
        set.at,
        by(asked),
        at(asked),
        by(released),
        at(released)
    ];
    if work.tx.execute(&sql::HOLD_PUT, params).await? == 0 {
        return Err(StoreError::Stale("the hold is not as it was"));
    }
    work.tx.execute(&sql::HOLD_CHANGED, vec![]).await.map(drop)
}

/// Inserts a disposal; a bucket has one at most.
pub(super) async fn propose(work: &Work, new: &Disposal) -> Result<(), StoreError> {
    let params = params![
        new.id,
        i64::from(new.bucket.class.0),
        new.bucket.expiry_month,
        i64::from(new.state as u8),
        new.proposed.by.as_str(),
        new.proposed.at,
        new.approved.as_ref().map(|act| act.by.clone()),
        new.approved.as_ref().map(|act| act.at),
        new.destroyed_at,
        new.certificate,
        new.disposed,
        new.held,
        new.contact,
        new.withdrawn.as_ref().map(|act| act.by.clone()),
        new.withdrawn.as_ref().map(|act| act.at)
    ];
    work.tx.execute(&sql::DISPOSAL_ADD, params).await.map(drop)
}

/// Approves a disposal that is still proposed.
pub(super) async fn approve(work: &Work, id: DisposalId, act: &Act) -> Result<(), StoreError> {
    let params = params![id, act.by.as_str(), act.at];
    match work.tx.execute(&sql::DISPOSAL_APPROVE, params).await? {
        0 => Err(StoreError::Stale("the disposal is not proposed any more")),
        _ => Ok(()),
    }
}

/// Takes a disposal back that is not carried out yet.
pub(super) async fn withdraw(work: &Work, id: DisposalId, act: &Act) -> Result<(), StoreError> {
    let params = params![id, act.by.as_str(), act.at];
    match work.tx.execute(&sql::DISPOSAL_WITHDRAW, params).await? {
        0 => Err(StoreError::Stale("the disposal is carried out already")),
        _ => Ok(()),
    }
}

/// Wraps a data key by another bucket's key, if it is still under the first one.
pub(super) async fn wrap_again(
    work: &Work,
    position: u64,
    from: BucketId,
    to: BucketId,
    wrapped: &[u8],
) -> Result<(), StoreError> {
    let taken = reads::bucket(&*work.tx, to).await?;
    if taken.is_none_or(|bucket| bucket.disposal.is_some()) {
        return Err(conflict("there is no key to wrap it by"));
    }
    let mut params = params![position];
    params.extend(bucket(from));
    params.extend(bucket(to));
    params.push(wrapped.into());
    work.tx.execute(&sql::WRAP_AGAIN, params).await.map(drop)
}

/// Destroys a bucket's key, if everything is as the certificate says. In one transaction with it: there is
/// no moment at which the key is gone and nobody has certified it, or the other way round.
pub(super) async fn destroy(work: &Work, what: &Destruction) -> Result<(), StoreError> {
    let disposal = reads::disposal(&*work.tx, what.disposal).await?;
    if disposal.is_none_or(|d| {
        let same = d.bucket == what.bucket && d.contact.is_some() == what.only.is_some();
        d.state != DisposalState::Approved || !same
    }) {
        return Err(StoreError::Stale("the disposal is not due"));
    }
    if reads::hold_changes(&*work.tx).await? != what.hold_changes {
        return Err(StoreError::Stale("the holds have changed"));
    }
    let bucket = reads::bucket(&*work.tx, what.bucket).await?;
    if bucket.is_none_or(|b| b.disposal.is_some() || b.expires() >= what.month) {
        return Err(StoreError::Stale("the bucket is kept longer"));
    }
    if let Some(only) = &what.only {
        erase(work, what, only).await?;
        return destroyed(work, what).await;
    }
    if reads::bucket_size(&*work.tx, what.bucket).await? != what.records {
        return Err(StoreError::Stale("the bucket has other records"));
    }
    if reads::unadopted_in(&*work.tx, what.bucket).await? != 0 {
        return Err(StoreError::Stale(
            "an edge sealed records of the bucket, and no full node has adopted them",
        ));
    }
    let gone = params![Vec::<u8>::new(), what.disposal];
    work.tx
        .execute(&sql::BUCKET_DESTROY, with(what.bucket, gone))
        .await?;
    destroyed(work, what).await
}

async fn destroyed(work: &Work, what: &Destruction) -> Result<(), StoreError> {
    let params = params![
        what.disposal,
        what.at,
        what.certificate,
        what.records,
        what.held
    ];
    work.tx
        .execute(&sql::DISPOSAL_DESTROYED, params)
        .await
        .map(drop)
}

/// Removes the data keys of single records, and their texts. The bucket's key stands, so nothing of them may
/// stay behind: SQLite overwrites what is deleted.
async fn erase(work: &Work, what: &Destruction, only: &[(u64, u64)]) -> Result<(), StoreError> {
    let mut removed = 0;
    for (first, last) in only {
        let range = with(what.bucket, params![*first, *last]);
        let mut texts = range.clone();
        texts.push(Vec::<u8>::new().into());
        work.tx.execute(&sql::ERASE_TEXTS, texts).await?;
        removed += work.tx.execute(&sql::ERASE_KEYS, range).await?;
    }
    if removed != what.records {
        return Err(StoreError::Stale("the bucket has other records"));
    }
    Ok(())
}

/// Removes what the destroyed key made useless, a part at a time.
pub(super) async fn shred(work: &Work, id: BucketId, most: u32) -> Result<(), StoreError> {
    let found = reads::bucket(&*work.tx, id).await?;
    if found.is_none_or(|bucket| bucket.disposal.is_none()) {
        return Err(conflict("the bucket's key is not destroyed"));
    }
    let params = with(id, params![Vec::<u8>::new(), most]);
    work.tx.execute(&sql::SHRED_TEXTS, params).await?;
    work.tx
        .execute(&sql::SHRED_KEYS, with(id, params![most]))
        .await
        .map(drop)
}

/// Ends a disposal of which nothing is left.
pub(super) async fn end(work: &Work, id: DisposalId) -> Result<(), StoreError> {
    let disposal = reads::disposal(&*work.tx, id).await?;
    let disposal = disposal.ok_or(StoreError::Stale("the disposal is gone"))?;
    let whole = disposal.contact.is_none();
    if whole && reads::bucket_size(&*work.tx, disposal.bucket).await? != 0 {
        return Err(StoreError::Stale("the bucket is not empty"));
    }
    match work.tx.execute(&sql::DISPOSAL_DONE, params![id]).await? {
        0 => Err(StoreError::Stale("the key is not destroyed yet")),
        _ => Ok(()),
    }
}
