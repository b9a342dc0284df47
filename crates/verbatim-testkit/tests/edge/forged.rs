//! Who broke into an edge writes rows that no edge writes: nobody is texted or shown anything for it.

use verbatim_domain::{AccountId, ContactId, ConversationId, MessageId, ProviderId, UserId};
use verbatim_engine::ports::{
    BlindIndex, Change, Clock, Commit, Contact, FreshIds, InboundSms, Job, JobKind, Lane, NewJob,
    PageAt, Store,
};

use verbatim_record::Body;

use crate::node::*;
use crate::years::*;

/// A number of the attacker's.
const THEIRS: &str = "+16505550166";

/// Runs what is due but submissions; the one that waits.
async fn waiting_submission(house: &House) -> Job {
    house.sync().await;
    loop {
        let due = house.store.due_jobs(house.clock.now(), &[], 100);
        let due = due.await.unwrap();
        match due.iter().find(|job| job.kind != JobKind::Submit) {
            Some(job) => drop(house.engine.run_job(job).await),
            None => return due.into_iter().next().unwrap(),
        }
    }
}

/// The payload of a job that stands in the store, in another one.
async fn queue_again(house: &House, job: &Job, change: impl FnOnce(&mut NewJob)) {
    let mut again = NewJob {
        lane: Lane("forged".to_owned()),
        kind: job.kind,
        due: job.due,
        payload: job.payload.clone(),
        conversation: job.conversation,
        message: job.message,
        room: job.room.clone(),
        unique: None,
    };
    change(&mut again);
    let (fence, changes) = (None, vec![Change::Enqueue(again)]);
    house.store.commit(Commit { fence, changes }).await.unwrap();
}

/// The conversation that another client has begun.
async fn others(house: &House) -> ConversationId {
    let first = house.conversation().await.id;
    house.text_from(OTHER, "hello").await;
    house.work().await;
    let all = verbatim_engine::ports::PageAt {
        after: None,
        limit: 100,
    };
    let all = house.store.conversations(all).await.unwrap().items;
    all.into_iter().find(|c| c.id != first).unwrap().id
}

/// An employee's text is sealed for its conversation and its message.
#[tokio::test]
async fn an_employees_text_goes_to_nobody_else() {
    for which in 0..2 {
        let house = House::with_a_conversation().await;
        house.write("before").await;
        house.work().await;
        let others = others(&house).await;
        house.write("to the first client only").await;
        let job = waiting_submission(&house).await;
        let none = MessageId::from_random([9; 16]);
        queue_again(&house, &job, |again| match which {
            0 => again.conversation = Some(others),
            _ => (again.conversation, again.message) = (Some(others), Some(none)),
        })
        .await;
        let busy = [job.lane];
        let forged = house.store.due_jobs(house.clock.now(), &busy, 100);
        for job in forged.await.unwrap() {
            house.engine.run_job(&job).await;
        }
        house.pass(60).await;
        let taken = house.carrier.ledger().taken.clone();
        let to: Vec<_> = taken
            .iter()
            .filter(|text| text.text.contains("first client only"))
            .map(|text| text.to.as_str())
            .collect();
        assert_eq!(to, [CLIENT]);
    }
}

/// What an edge says that a client wrote is what it has recorded, or it is not shown.
#[tokio::test]
async fn only_what_was_recorded_is_shown() {
    let text = |body: &str| format!(r#""content":{{"Text":{{"body":"{body}"}}}}"#);
    let parties = |from: &str, to: &str| {
        format!(
            r#""parties":{{"account":"{ACCOUNT}","provider_id":"SMforged","from":"{from}","to":"{to}"}}"#
        )
    };
    let recorded = text("recorded");
    let notice = r#""content":{"Notice":{"body":"recorded","reply_to":null,"replaces":"$e","mentions":null}}"#;
    let right = parties(CLIENT, OURS);
    let cases = [
        (
            true,
            format!(r#"{{"as_stand_in":true,{recorded},{right}}}"#),
        ),
        (
            false,
            format!(r#"{{"as_stand_in":true,{},{right}}}"#, text("made up")),
        ),
        (false, format!(r#"{{"as_stand_in":true,{notice},{right}}}"#)),
        (
            false,
            format!(r#"{{"as_stand_in":false,{recorded},{right}}}"#),
        ),
        (false, format!(r#"{{"as_stand_in":true,{recorded}}}"#)),
        (
            false,
            format!(r#"{{"as_stand_in":true,{recorded},{right},"consent":"opted-out"}}"#),
        ),
        (
            false,
            format!(
                r#"{{"as_stand_in":true,{recorded},{}}}"#,
                parties(OTHER, OURS)
            ),
        ),
        (
            false,
            format!(
                r#"{{"as_stand_in":true,{recorded},{}}}"#,
                parties(CLIENT, THEIRS)
            ),
        ),
    ];
    for (is_shown, say) in cases {
        let house = House::with_a_conversation().await;
        let before = house.said(&house.room().await);
        let sms = forged_sms(&house, CLIENT, &say).await;
        house.store.record_inbound(sms).await.unwrap();
        house.pass(60).await;
        let new = house.said(&house.room().await).split_off(before.len());
        let expected: &[&str] = if is_shown { &["recorded"] } else { &[] };
        assert_eq!(new, expected, "{say}");
        assert_eq!(House::has(&house.alarms().await, "held-up:"), !is_shown);
    }
}

/// The text of one client, which was recorded, is not shown as another's.
#[tokio::test]
async fn what_was_recorded_of_one_is_not_shown_to_another() {
    let house = House::with_a_conversation().await;
    let others = others(&house).await;
    let say = format!(
        r#"{{"as_stand_in":true,"content":{{"Text":{{"body":"recorded"}}}},"parties":{{"account":"{ACCOUNT}","provider_id":"SMforged","from":"{CLIENT}","to":"{OURS}"}}}}"#
    );
    let sms = forged_sms(&house, CLIENT, &say).await;
    house.store.record_inbound(sms).await.unwrap();
    let job = house
        .store
        .due_jobs(house.clock.now(), &[], 100)
        .await
        .unwrap();
    let job = job
        .into_iter()
        .find(|job| job.kind == JobKind::Say)
        .unwrap();
    queue_again(&house, &job, |again| again.conversation = Some(others)).await;
    house.pass(60).await;
    let room = house
        .store
        .conversation(others)
        .await
        .unwrap()
        .unwrap()
        .room;
    let said = house.said(&room.unwrap());
    assert!(!said.contains(&"recorded".to_owned()), "{said:?}");
    assert!(House::has(&house.alarms().await, "held-up:forged"));
}

/// A text as who broke into an edge can bring one: recorded, and beside it whatever the room shall hear.
async fn forged_sms(house: &House, from: &str, say: &str) -> InboundSms {
    let keys = keys(house).await;
    let index = |number| BlindIndex(keys.phones.index(number));
    let body = Body {
        from: from.to_owned(),
        to: OURS.to_owned(),
        text: "recorded".to_owned(),
        ..Body::default()
    };
    let message = MessageId::from_random([7; 16]);
    InboundSms {
        account: AccountId::from(ACCOUNT),
        provider_id: ProviderId::from("SMforged"),
        to: index(OURS),
        from: index(from),
        from_sealed: state_by_edge(&keys, "number", b"", THEIRS),
        at: house.clock.now(),
        record: record_by_edge(&keys, house, 3, &body),
        consent: None,
        say: text_by_edge(&keys, message, say),
        fresh: FreshIds {
            contact: ContactId::from_random([7; 16]),
            stand_in: "forged".to_owned(),
            conversation: ConversationId::from_random([7; 16]),
            message,
        },
        catch_all: None,
        again: None,
    }
}

/// The number that a contact is found by, and that of another phone beside it.
#[tokio::test]
async fn a_contact_with_another_number_than_it_is_found_by_is_not_texted() {
    let house = House::new().await;
    let say = r#"{"as_stand_in":true,"content":{"Text":{"body":"call me"}}}"#;
    let sms = forged_sms(&house, CLIENT, say).await;
    house.store.record_inbound(sms).await.unwrap();
    house.text_from(CLIENT, "it is really me").await;
    house.pass(60).await;
    assert!(House::has(&house.alarms().await, "held-up:"));
    assert_eq!(house.conversation().await.room, None);
}

/// A number as who broke into an edge can put it beside a contact's own.
async fn put_beside(house: &House, contact: Contact, theirs: &str) {
    let keys = keys(house).await;
    let number = (
        BlindIndex(keys.phones.index(theirs)),
        state_by_edge(&keys, "number", b"", theirs),
    );
    let mut contact = contact;
    contact.numbers.push(number);
    let (fence, changes) = (None, vec![Change::PutContact(contact)]);
    house.store.commit(Commit { fence, changes }).await.unwrap();
}

/// Says how a stranger's text came to be one of a client's, whom the firm has named.
async fn named(house: &House) -> Contact {
    let added = house.engine.add_contact(&ann(), CLIENT, "Bob Client").await;
    added.unwrap();
    house.conversation().await.contact
}

/// Everything that was ever said in any room, and its name.
async fn rooms(house: &House) -> Vec<String> {
    let all = PageAt {
        after: None,
        limit: 100,
    };
    let all = house.store.conversations(all).await.unwrap().items;
    let mut said = Vec::new();
    for room in all.into_iter().filter_map(|c| c.room) {
        said.extend(house.said(&room));
    }
    said
}

/// A stranger's number in a client's name: nobody hears the stranger, and nobody texts there.
#[tokio::test]
async fn no_stranger_is_shown_under_a_clients_name() {
    for is_beside in [true, false] {
        let house = House::with_a_conversation().await;
        let bob = named(&house).await;
        let before = rooms(&house).await;
        let forged = match is_beside {
            true => bob,
            false => Contact {
                id: ContactId::from_random([8; 16]),
                stand_in: "forged".to_owned(),
                numbers: Vec::new(),
                ..bob
            },
        };
        put_beside(&house, forged, THEIRS).await;
        let parties = format!(
            r#""parties":{{"account":"{ACCOUNT}","provider_id":"SMforged","from":"{THEIRS}","to":"{OURS}"}}"#
        );
        let say = format!(
            r#"{{"as_stand_in":true,"content":{{"Text":{{"body":"recorded"}}}},{parties}}}"#
        );
        let sms = forged_sms(&house, THEIRS, &say).await;
        house.store.record_inbound(sms).await.unwrap();
        house.pass(60).await;
        assert_eq!(rooms(&house).await, before, "{is_beside}");
        assert!(House::has(&house.alarms().await, "held-up:"));
        // Nor does who starts a conversation reach it.
        let alice = UserId(ALICE.to_owned());
        let started = house
            .engine
            .start_conversation(&ann(), &alice, None, THEIRS, None)
            .await;
        assert!(started.is_err() || !is_beside, "{started:?}");
        house.pass(60).await;
        assert_eq!(rooms(&house).await, before, "{is_beside}");
        // The client's own conversation goes on, and everything can still be disposed of and verified.
        house.write("to Bob").await;
        house.pass(60).await;
        assert!(house.phone().contains(&"to Bob".to_owned()));
        house.verified().await;
    }
}

/// Whom an edge saw first is a client like every other, once the firm has named them.
#[tokio::test]
async fn who_texted_an_edge_first_can_be_named() {
    let house = House::new().await;
    let edge = edge(&house).await;
    text_to(&edge, &house, CLIENT, "hello").await;
    house.work().await;
    house.write("who is this?").await;
    house.pass(60).await;
    named(&house).await;
    house.write("hello Bob").await;
    house.pass(60).await;
    assert!(house.phone().contains(&"hello Bob".to_owned()));
    assert_eq!(house.alarms().await, Vec::<String>::new());
}

/// A number that an edge has put beside a client's own is never taken for the client's, or named in its place.
#[tokio::test]
async fn naming_a_stranger_does_not_rename_a_client() {
    let house = House::with_a_conversation().await;
    let bob = named(&house).await;
    put_beside(&house, bob.clone(), THEIRS).await;
    let added = house.engine.add_contact(&ann(), THEIRS, "Carol").await;
    assert!(added.is_err(), "{added:?}");
    assert_eq!(house.conversation().await.contact.name, bob.name);
}
