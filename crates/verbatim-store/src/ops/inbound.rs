//! A client's text: seen once, bound to whoever held the number then, recorded and queued.

use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{ContactId, ConversationId, EmployeeId, JobId, MessageId, NumberId, RoomId};
use verbatim_engine::ports::{InboundOutcome, InboundSms, JobKind, Lane, NewJob, StoreError};

use super::{commit, jobs, messages, people};
use crate::ahead::Question;
use crate::reads;
use crate::sql::intake as sql;
use crate::sql::jobs as jobs_sql;
use crate::value::params;
use crate::work::Work;

/// Where a text would go, as things stand.
struct Found {
    duplicate: bool,
    number: Option<NumberId>,
    holder: Option<EmployeeId>,
    contact: Option<ContactId>,
    conversation: Option<(ConversationId, Option<RoomId>)>,
    /// Earlier texts to this number still wait to be placed.
    behind: bool,
}

/// Where it goes.
struct Place {
    conversation: ConversationId,
    room: Option<RoomId>,
    new_conversation: bool,
    new_contact: bool,
    caught: bool,
}

/// Records a text, or finds a place for one that had none.
pub(crate) async fn record(
    work: &mut Work,
    sms: &InboundSms,
) -> Result<InboundOutcome, StoreError> {
    let found = look(work, sms).await?;
    if let Some(job) = sms.again {
        return place_again(work, sms, found, job).await;
    }
    if found.duplicate {
        return Ok(InboundOutcome::Duplicate);
    }
    let known_number = found.number.is_some();
    let place = match found.behind {
        // It must not overtake them.
        true => None,
        false => place(work, sms, found).await?,
    };
    let conversation = place.as_ref().map(|place| place.conversation);
    let tx = std::sync::Arc::clone(&work.tx);
    work.log
        .append(&*tx, conversation, &sms.record, None)
        .await?;
    add_message(work, sms, conversation).await?;
    // Whether or not anybody is there to read it.
    if let Some(said) = sms.consent {
        people::set_consent(work, sms.to, sms.from, said).await?;
    }
    let message = sms.fresh.message;
    match place {
        Some(place) => {
            queue(work, sms, &place, message).await?;
            Ok(placed(message, &place))
        }
        None => {
            let mut route = jobs::new_job(Lane::unrouted(&sms.to), JobKind::Route, sms.at);
            route.payload = sms.say.clone();
            route.message = Some(message);
            // From now on this number has a text that waits.
            work.ahead.people_moved();
            jobs::enqueue(work, &route).await?;
            Ok(InboundOutcome::Unplaced {
                message,
                known_number,
            })
        }
    }
}

/// What recording a text looks up first.
pub(crate) fn ahead(sms: &InboundSms) -> Option<Question> {
    let waiting = Lane::unrouted(&sms.to);
    let params = params![
        &sms.account,
        &sms.provider_id,
        sms.to,
        sms.from,
        sms.at,
        &waiting
    ];
    Some((&sql::INBOUND_LOOKUP, params))
}

async fn look(work: &mut Work, sms: &InboundSms) -> Result<Found, StoreError> {
    let row = match (work.ahead.take(&sms.from), ahead(sms)) {
        (None, Some((stmt, params))) => work.tx.query_opt(stmt, params).await?,
        (answer, _) => answer,
    };
    let row = row.ok_or_else(|| StoreError::Damaged("the look-up answered nothing".into()))?;
    let conversation: Option<ConversationId> = row.get(4)?;
    let room: Option<RoomId> = row.get(5)?;
    Ok(Found {
        duplicate: row.get(0)?,
        number: row.get(1)?,
        holder: row.get(2)?,
        contact: row.get(3)?,
        conversation: conversation.map(|id| (id, room)),
        behind: row.get(6)?,
    })
}

/// Finds or makes the conversation; `None` if nobody is there to get the text.
async fn place(
    work: &mut Work,
    sms: &InboundSms,
    mut found: Found,
) -> Result<Option<Place>, StoreError> {
    let Some(number) = found.number else {
        return Ok(None);
    };
    let caught = found.holder.is_none();
    if caught {
        let Some(employee) = catcher(work, sms).await? else {
            return Ok(None);
        };
        found.holder = Some(employee);
        let params = params![number, sms.from, employee];
        if let Some(row) = work.tx.query_opt(&sql::CONVERSATION_FIND, params).await? {
            found.conversation = Some((row.get(0)?, row.get(1)?));
        }
    }
    let Some(employee) = found.holder else {
        return Ok(None);
    };
    if let Some((conversation, room)) = found.conversation {
        let (new_conversation, new_contact) = (false, false);
        return Ok(Some(Place {
            conversation,
            room,
            new_conversation,
            new_contact,
            caught,
        }));
    }
    let new_contact = found.contact.is_none();
    let contact = match found.contact {
        Some(contact) => contact,
        None => people::unknown_contact(work, sms).await?,
    };
    let conversation = sms.fresh.conversation;
    work.log.begins(conversation);
    people::add_conversation(
        work,
        conversation,
        number,
        contact,
        sms.from,
        employee,
        sms.at,
    )
    .await?;
    Ok(Some(Place {
        conversation,
        room: None,
        new_conversation: true,
        new_contact,
        caught,
    }))
}

/// The catch-all, if there is one who has not left.
async fn catcher(work: &Work, sms: &InboundSms) -> Result<Option<EmployeeId>, StoreError> {
    let Some(employee) = sms.catch_all else {
        return Ok(None);
    };
    let row = work
        .tx
        .query_opt(&sql::EMPLOYEE_ACTIVE, params![employee])
        .await?;
    Ok(row.map(|_| employee))
}

async fn add_message(
    work: &Work,
    sms: &InboundSms,
    conversation: Option<ConversationId>,
) -> Result<(), StoreError> {
    let message = verbatim_engine::ports::Message {
        id: sms.fresh.message,
        conversation,
        direction: Direction::Inbound,
        state: MessageState::Received,
        record: sms.record.id,
        provider_id: Some(sms.provider_id.clone()),
        event: None,
        segments: 0,
        created: sms.at,
        first_tried: None,
        last_tried: None,
        failure: None,
    };
    messages::insert(work, &message, &sms.account).await
}

/// First the room, if there is none yet, then the text: one lane, so in this order.
async fn queue(
    work: &mut Work,
    sms: &InboundSms,
    place: &Place,
    message: MessageId,
) -> Result<(), StoreError> {
    let job = |kind| NewJob {
        conversation: Some(place.conversation),
        room: place.room.clone(),
        ..jobs::new_job(Lane::room(place.conversation), kind, sms.at)
    };
    if place.new_conversation {
        jobs::enqueue(work, &job(JobKind::OpenRoom)).await?;
    }
    let say = NewJob {
        payload: sms.say.clone(),
        message: Some(message),
        ..job(JobKind::Say)
    };
    jobs::enqueue(work, &say).await
}

fn placed(message: MessageId, place: &Place) -> InboundOutcome {
    InboundOutcome::Placed {
        message,
        conversation: place.conversation,
        new_contact: place.new_contact,
        caught: place.caught,
    }
}

/// A text that was recorded without a holder: record and message stand, only the place is missing. Where
/// it is found, a second record tells the conversation.
async fn place_again(
    work: &mut Work,
    sms: &InboundSms,
    found: Found,
    job: JobId,
) -> Result<InboundOutcome, StoreError> {
    let row = work.tx.query_opt(&jobs_sql::JOB_LANE, params![job]).await?;
    let row = row.ok_or(StoreError::Stale("the job is gone"))?;
    let message: Option<MessageId> = row.get(2)?;
    let message = message.ok_or(StoreError::Stale("the job is about no message"))?;
    let known_number = found.number.is_some();
    let Some(place) = place(work, sms, found).await? else {
        return Ok(InboundOutcome::Unplaced {
            message,
            known_number,
        });
    };
    let touched = work
        .tx
        .execute(&sql::MESSAGE_PLACE, params![message, place.conversation])
        .await?;
    if touched == 0 {
        return Err(StoreError::Stale("the message has its place"));
    }
    // Its record stands outside every conversation; this one says in the conversation where that is.
    let placed_message = reads::messages::message(&*work.tx, &message).await?;
    let original = placed_message.map(|message| message.record);
    commit::append(work, Some(place.conversation), &sms.record, original).await?;
    work.ahead.people_moved();
    jobs::finish(work, job).await?;
    queue(work, sms, &place, message).await?;
    Ok(placed(message, &place))
}
