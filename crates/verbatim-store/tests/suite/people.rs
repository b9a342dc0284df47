//! Employees, numbers, contacts, conversations.

use verbatim_domain::{ContactId, ConversationId, EmployeeId, NumberId};
use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    employees,
    an_employee_who_leaves_gives_back_numbers,
    numbers,
    one_holder_at_a_time,
    contacts,
    contacts_of_an_employee,
    conversations,
    conversations_of_an_employee,
    rooms,
    a_room_takes_the_place_of_another,
    direct_chats,
}

fn conflict(error: &StoreError) {
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
}

async fn employees(w: &World) {
    let mut expected = Vec::new();
    for name in ["zoe", "alice", "bob"] {
        let employee = w.new_employee(EmployeeId::from_random(w.bytes()), name);
        w.commit(vec![Change::PutEmployee(employee.clone())]).await;
        expected.push(employee);
    }
    let page = w.store.employees(first(2)).await.unwrap();
    assert_eq!(page.items, expected[..2], "in order of their coming");
    let rest = PageAt {
        after: page.next,
        limit: 2,
    };
    let page = w.store.employees(rest).await.unwrap();
    assert_eq!((page.items.as_slice(), page.next), (&expected[2..], None));

    expected[0].name = sealed("Zoë");
    w.commit(vec![Change::PutEmployee(expected[0].clone())])
        .await;
    let found = w.store.employee_by_user(&expected[0].user).await;
    assert_eq!(found, Ok(Some(expected[0].clone())));
    let found = w.store.employee(expected[0].id).await;
    assert_eq!(found, Ok(Some(expected[0].clone())));
    let nobody = EmployeeId::from_random(w.bytes());
    assert_eq!(w.store.employee(nobody).await, Ok(None));
    assert_eq!(
        w.store
            .employee_by_user(&"@nobody:example.org".into())
            .await,
        Ok(None)
    );

    let twin = w.new_employee(EmployeeId::from_random(w.bytes()), "alice");
    conflict(&w.refused(vec![Change::PutEmployee(twin)]).await);
}

async fn an_employee_who_leaves_gives_back_numbers(w: &World) {
    let held = w.alice().await;
    let mut alice = w.new_employee(held.employee, "alice");
    alice.ended = Some(at(1000));
    w.commit(vec![Change::PutEmployee(alice)]).await;
    assert_eq!(
        w.store.number(&held.index).await.unwrap().unwrap().holder,
        None
    );
    for (ms, theirs) in [(999, true), (1000, false)] {
        let outcome = w
            .store
            .record_inbound(w.sms(held.index, peer(1), ms))
            .await
            .unwrap();
        assert_eq!(
            matches!(outcome, InboundOutcome::Placed { .. }),
            theirs,
            "{ms}"
        );
    }
}

async fn numbers(w: &World) {
    let number = w.new_number(1);
    let other = w.new_number(2);
    w.commit(vec![
        Change::PutNumber(number.clone()),
        Change::PutNumber(other.clone()),
    ])
    .await;
    w.commit(vec![Change::PutNumber(number.clone())]).await;
    assert_eq!(
        w.store.number(&number.index).await,
        Ok(Some(number.clone()))
    );
    assert_eq!(w.store.number(&peer(9)).await, Ok(None));
    let page = w.store.numbers(first(10)).await.unwrap();
    assert_eq!(page.items, [number.clone(), other]);
    let twin = Number {
        id: NumberId::from_random(w.bytes()),
        ..number
    };
    conflict(&w.refused(vec![Change::PutNumber(twin)]).await);
}

async fn one_holder_at_a_time(w: &World) {
    let held = w.alice().await;
    let bob = w.employee("bob").await;
    conflict(
        &w.refused(vec![Change::Assign(held.number, bob, at(500))])
            .await,
    );
    // Given back in the future: until then it is hers.
    w.commit(vec![Change::Release(held.number, at(1000))]).await;
    conflict(
        &w.refused(vec![Change::Assign(held.number, bob, at(999))])
            .await,
    );
    w.commit(vec![Change::Assign(held.number, bob, at(1000))])
        .await;
    let number = w.store.number(&held.index).await.unwrap().unwrap();
    assert_eq!(number.holder, Some((bob, at(1000))));
    let other = w.held(2, bob, 0).await;
    let of = async |who| {
        let numbers = w.store.numbers_of(who).await.unwrap().into_iter();
        numbers.map(|number| number.id).collect::<Vec<_>>()
    };
    assert_eq!(of(bob).await, [held.number, other.number]);
    assert_eq!(of(held.employee).await, []);
    // Given back before it began: it never was.
    w.commit(vec![Change::Release(held.number, at(900))]).await;
    w.commit(vec![Change::Assign(held.number, held.employee, at(900))])
        .await;
    let nobody = EmployeeId::from_random(w.bytes());
    let unknown = w.new_number(7);
    conflict(
        &w.refused(vec![Change::Assign(unknown.id, nobody, at(1))])
            .await,
    );
}

fn contact(w: &World, stand_in: &str, numbers: &[u8]) -> Contact {
    Contact {
        id: ContactId::from_random(w.bytes()),
        stand_in: stand_in.into(),
        state: "confirmed".into(),
        name: sealed(stand_in),
        numbers: numbers.iter().map(|n| (peer(*n), sealed("+1…"))).collect(),
        created: at(3),
    }
}

async fn contacts(w: &World) {
    let mut carol = contact(w, "carol", &[3, 1]);
    let dave = contact(w, "dave", &[4]);
    w.commit(vec![
        Change::PutContact(carol.clone()),
        Change::PutContact(dave.clone()),
    ])
    .await;
    assert_eq!(
        w.store.contact_by_number(&peer(1)).await,
        Ok(Some(carol.clone()))
    );
    assert_eq!(w.store.contact_by_number(&peer(9)).await, Ok(None));
    carol.state = "opted_out".into();
    carol.numbers[1].1 = sealed("sealed by another");
    carol.numbers.push((peer(5), sealed("+2…")));
    w.commit(vec![Change::PutContact(carol.clone())]).await;
    let page = w.store.contacts(None, first(10)).await.unwrap();
    assert_eq!(page.items, [carol, dave]);
    conflict(
        &w.refused(vec![Change::PutContact(contact(w, "eve", &[8, 4]))])
            .await,
    );
    assert_eq!(
        w.store.contact_by_number(&peer(8)).await,
        Ok(None),
        "all or nothing"
    );
    conflict(
        &w.refused(vec![Change::PutContact(contact(w, "dave", &[]))])
            .await,
    );
}

async fn contacts_of_an_employee(w: &World) {
    let held = w.alice().await;
    let bob = w.employee("bob").await;
    w.commit(vec![Change::PutContact(contact(w, "stranger", &[9]))])
        .await;
    w.conversation(held, 1, 10).await;
    let of = |employee| w.store.contacts(Some(employee), first(10));
    let hers = of(held.employee).await.unwrap().items;
    assert_eq!(hers.len(), 1);
    assert_eq!(hers[0].numbers[0].0, peer(1));
    assert!(of(bob).await.unwrap().items.is_empty());
}

async fn conversations(w: &World) {
    let held = w.alice().await;
    let carol = contact(w, "carol", &[1]);
    let put = |id| Change::PutConversation {
        id,
        number: held.number,
        contact: carol.id,
        peer: peer(1),
        employee: held.employee,
        at: at(77),
    };
    let id = ConversationId::from_random(w.bytes());
    w.commit(vec![Change::PutContact(carol.clone()), put(id)])
        .await;
    let found = w
        .store
        .conversation(id)
        .await
        .unwrap()
        .expect("conversation");
    assert_eq!((&found.contact, found.created), (&carol, at(77)));
    let of = w
        .store
        .conversation_of(held.number, &peer(1), held.employee)
        .await;
    assert_eq!(of, Ok(Some(found.clone())));
    let nobody = w
        .store
        .conversation_of(held.number, &peer(2), held.employee)
        .await;
    assert_eq!(nobody, Ok(None));
    conflict(
        &w.refused(vec![put(ConversationId::from_random(w.bytes()))])
            .await,
    );
    // A text from there goes into it.
    assert_eq!(w.conversation(held, 1, 100).await.0, id);
    w.conversation(held, 2, 100).await;
    let page = w.store.conversations(first(1)).await.unwrap();
    assert_eq!((page.items, page.next.is_some()), (vec![found], true));
}

async fn conversations_of_an_employee(w: &World) {
    let held = w.alice().await;
    let bob = w.employee("bob").await;
    let first_one = w.conversation(held, 1, 10).await.0;
    let second = w.conversation(held, 2, 20).await.0;
    let of = |employee, at| w.store.conversations_with(employee, at);
    let page = of(held.employee, first(1)).await.unwrap();
    let ids = |page: &[Conversation]| page.iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!(ids(&page.items), [first_one]);
    let after = page.next;
    assert!(after.is_some());
    let rest = of(held.employee, PageAt { after, limit: 9 }).await.unwrap();
    assert_eq!((ids(&rest.items), rest.next), (vec![second], None));
    assert!(of(bob, first(10)).await.unwrap().items.is_empty());
}

fn bind(conversation: ConversationId, to: &str, instead_of: Option<&str>) -> Change {
    Change::BindRoom {
        conversation,
        room: room(to),
        instead_of: instead_of.map(room),
    }
}

async fn rooms(w: &World) {
    let held = w.alice().await;
    let (a, _) = w.conversation(held, 1, 10).await;
    let (b, _) = w.conversation(held, 2, 10).await;
    w.commit(vec![bind(a, "a", None), Change::Disclosed(a, at(5))])
        .await;
    w.commit(vec![
        bind(a, "a", None),
        Change::Disclosed(a, at(6)),
        Change::NotDisclosed(a, at(6)),
    ])
    .await;
    conflict(&w.refused(vec![bind(a, "other", None)]).await);
    conflict(&w.refused(vec![bind(b, "a", None)]).await);
    let found = w
        .store
        .conversation_by_room(&room("a"))
        .await
        .unwrap()
        .expect("conversation");
    assert_eq!(
        (found.id, found.disclosed),
        (a, Some(at(5))),
        "the first time counts"
    );
    assert_eq!(w.store.conversation_by_room(&room("b")).await, Ok(None));
    w.drain().await;
    // A job of a conversation with a room can be woken by it.
    w.conversation(held, 1, 10).await;
    assert_eq!(w.only_job(10).await.room, Some(room("a")));
    let nothing = ConversationId::from_random(w.bytes());
    for change in [bind(nothing, "x", None), Change::Disclosed(nothing, at(1))] {
        assert!(matches!(
            w.refused(vec![change]).await,
            StoreError::Stale(_)
        ));
    }
}

async fn a_room_takes_the_place_of_another(w: &World) {
    let held = w.alice().await;
    let (a, _) = w.conversation(held, 1, 10).await;
    w.commit(vec![bind(a, "a", None), Change::Disclosed(a, at(5))])
        .await;
    conflict(&w.refused(vec![bind(a, "new", Some("other"))]).await);
    w.commit(vec![
        bind(a, "new", Some("a")),
        Change::NotDisclosed(a, at(5)),
    ])
    .await;
    assert_eq!(w.store.conversation_by_room(&room("a")).await, Ok(None));
    let found = w.store.conversation(a).await.unwrap().unwrap();
    assert_eq!((found.room, found.disclosed), (Some(room("new")), None));
}

async fn direct_chats(w: &World) {
    let (alice, bob) = (w.employee("alice").await, w.employee("bob").await);
    assert_eq!(w.store.direct(&room("d")).await, Ok(None));
    for employee in [alice, bob] {
        w.commit(vec![Change::BindDirect(room("d"), employee)])
            .await;
        assert_eq!(
            w.store.direct(&room("d")).await.unwrap().unwrap().id,
            employee
        );
    }
}
