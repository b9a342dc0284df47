//! Lanes: order, heads, waking, unique jobs, stale finishes.

use verbatim_domain::{EventId, JobId};
use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    only_heads_are_due,
    moving_a_head_lets_the_next_go,
    moving_into_a_busy_lane_waits,
    finishing_twice_is_stale,
    a_stale_change_takes_the_others_with_it,
    retry_waits_and_counts,
    unique_jobs_wait_once,
    waking,
    waking_a_reader,
    busy_lanes_are_left_out,
    room_events_are_kept_once_and_in_order,
    stats,
    work_arrives,
}

async fn enqueue(w: &World, lane: &str, due: i64) -> Sealed {
    let job = w.job(lane, due);
    let payload = job.payload.clone();
    w.commit(vec![Change::Enqueue(job)]).await;
    payload
}

async fn only_heads_are_due(w: &World) {
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.push(enqueue(w, "a", 10).await);
    }
    enqueue(w, "b", 20).await;
    let due = w.due(10).await;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].attempts, due[0].created), (0, at(10)));
    assert_eq!(w.store.next_due(&[]).await, Ok(Some(at(10))));
    let mut ran = Vec::new();
    for _ in 0..3 {
        let job = w.only_job(10).await;
        ran.push(job.payload.clone());
        w.commit(vec![finish(&job)]).await;
    }
    assert_eq!(ran, expected);
    assert_eq!(w.store.next_due(&[]).await, Ok(Some(at(20))));
}

async fn moving_a_head_lets_the_next_go(w: &World) {
    let first = enqueue(w, "inbox", 10).await;
    let second = enqueue(w, "inbox", 10).await;
    let head = w.only_job(10).await;
    let late = Lane::late(&EventId::from("$e"));
    w.commit(vec![Change::Move(head.id, late.clone())]).await;
    let due = w.due(10).await;
    let found: Vec<_> = due
        .iter()
        .map(|job| (job.lane.clone(), job.payload.clone()))
        .collect();
    assert_eq!(found, [(late, first), (Lane("inbox".into()), second)]);
    let error = w
        .refused(vec![Change::Move(JobId(4711), Lane("x".into()))])
        .await;
    assert!(matches!(error, StoreError::Stale(_)));
}

async fn moving_into_a_busy_lane_waits(w: &World) {
    enqueue(w, "a", 10).await;
    let other = enqueue(w, "b", 10).await;
    let due = w.due(10).await;
    // Into its own lane: nothing happens.
    w.commit(vec![Change::Move(due[0].id, Lane("a".into()))])
        .await;
    w.commit(vec![Change::Move(due[0].id, Lane("b".into()))])
        .await;
    let head = w.only_job(10).await;
    assert_eq!(head.payload, other);
    assert_eq!(w.drain().await.len(), 2);
}

async fn finishing_twice_is_stale(w: &World) {
    enqueue(w, "a", 10).await;
    let job = w.only_job(10).await;
    w.commit(vec![finish(&job)]).await;
    assert!(matches!(
        w.refused(vec![finish(&job)]).await,
        StoreError::Stale(_)
    ));
}

async fn a_stale_change_takes_the_others_with_it(w: &World) {
    w.alice().await;
    let sealed = w.record(verbatim_record::Kind::Config, 5);
    let append = Change::Append(NewRecord {
        conversation: None,
        sealed,
        about: None,
    });
    let enqueue = Change::Enqueue(w.job("a", 1));
    let error = w
        .refused(vec![append, enqueue, Change::Finish(JobId(4711))])
        .await;
    assert!(matches!(error, StoreError::Stale(_)));
    assert_eq!((w.log_size().await, w.due(100).await.len()), (0, 0));
}

async fn retry_waits_and_counts(w: &World) {
    let payload = enqueue(w, "a", 10).await;
    enqueue(w, "a", 10).await;
    let job = w.only_job(10).await;
    let retry = |payload, counts, due| Change::Retry {
        job: job.id,
        due: at(due),
        payload,
        counts,
    };
    w.commit(vec![retry(None, true, 50)]).await;
    assert!(w.due(49).await.is_empty(), "the lane waits for its head");
    let job1 = w.only_job(50).await;
    assert_eq!((job1.attempts, &job1.payload), (1, &payload));
    w.commit(vec![retry(Some(sealed("prepared")), false, 50)])
        .await;
    let job2 = w.only_job(50).await;
    assert_eq!((job2.attempts, &job2.payload), (1, &sealed("prepared")));
    w.drain().await;
    assert!(matches!(
        w.refused(vec![retry(None, true, 1)]).await,
        StoreError::Stale(_)
    ));
}

/// A head may be running already: what changed since it looked needs a job behind it. More than one
/// behind it would be waste.
async fn unique_jobs_wait_once(w: &World) {
    let unique = || {
        let job = NewJob {
            unique: Some("show:1".into()),
            ..w.job("a", 10)
        };
        Change::Enqueue(job)
    };
    for _ in 0..4 {
        w.commit(vec![unique()]).await;
    }
    assert_eq!(w.drain().await.len(), 2);
    enqueue(w, "a", 10).await;
    w.commit(vec![unique(), unique()]).await;
    w.commit(vec![unique()]).await;
    assert_eq!(w.drain().await.len(), 2, "one waits behind the head");
    w.commit(vec![unique()]).await;
    assert_eq!(w.drain().await.len(), 1, "the key is free again");
}

async fn waking(w: &World) {
    let in_room = NewJob {
        room: Some(room("r")),
        ..w.job("a", 1000)
    };
    w.commit(vec![
        Change::Enqueue(in_room),
        Change::Enqueue(w.job("b", 1000)),
    ])
    .await;
    w.commit(vec![Change::WakeRoom(room("other"), at(10))])
        .await;
    w.commit(vec![Change::WakeLane(Lane("other".into()), at(10))])
        .await;
    assert!(w.due(999).await.is_empty());
    w.commit(vec![Change::WakeRoom(room("r"), at(10))]).await;
    assert_eq!(w.only_job(10).await.lane, Lane("a".into()));
    w.commit(vec![Change::WakeLane(Lane("b".into()), at(20))])
        .await;
    assert_eq!(w.due(20).await.len(), 2);
    // Waking never puts anything off.
    w.commit(vec![Change::WakeLane(Lane("b".into()), at(500))])
        .await;
    w.commit(vec![Change::WakeRoom(room("r"), at(500))]).await;
    assert_eq!(w.due(20).await.len(), 2);
}

/// What is to be said to an employee, and nothing else of theirs or anybody's.
async fn waking_a_reader(w: &World) {
    let alice = w.alice().await;
    let bob = w.employee("bob").await;
    let bob = w.held(201, bob, 0).await;
    let (hers, _) = w.conversation(alice, 1, 10).await;
    let (his, _) = w.conversation(bob, 1, 10).await;
    w.drain().await;
    let jobs = [Lane::room(hers), Lane::sms(hers), Lane::room(his)];
    let conversations = [hers, hers, his];
    for (lane, conversation) in jobs.iter().zip(conversations) {
        let job = NewJob {
            conversation: Some(conversation),
            ..w.job(&lane.0, 1000)
        };
        w.commit(vec![Change::Enqueue(job)]).await;
    }
    let wake =
        |name: &str, ms| Change::WakeReader(format!("@{name}:example.org").as_str().into(), at(ms));
    w.commit(vec![wake("nobody", 50), wake("alice", 50)]).await;
    assert_eq!(w.only_job(50).await.lane, jobs[0]);
    w.commit(vec![wake("alice", 500)]).await;
    assert_eq!(w.only_job(50).await.lane, jobs[0]);
}

async fn busy_lanes_are_left_out(w: &World) {
    for (lane, due) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        enqueue(w, lane, due).await;
    }
    let busy = [Lane("a".into()), Lane("c".into()), Lane("nobody".into())];
    let due = w.store.due_jobs(at(10), &busy, 2).await.unwrap();
    let lanes: Vec<_> = due.iter().map(|job| job.lane.0.as_str()).collect();
    assert_eq!(lanes, ["b", "d"]);
    let due = w.store.due_jobs(at(10), &[], 2).await.unwrap();
    let lanes: Vec<_> = due.iter().map(|job| job.lane.0.as_str()).collect();
    assert_eq!(lanes, ["a", "b"], "oldest first");
    assert_eq!(w.store.next_due(&busy).await, Ok(Some(at(2))));
    let all: Vec<_> = ["a", "b", "c", "d"].map(|lane| Lane(lane.into())).into();
    assert_eq!(w.store.next_due(&all).await, Ok(None));
}

async fn room_events_are_kept_once_and_in_order(w: &World) {
    let event = |id: &str, name: &str| RoomEventIn {
        event: id.into(),
        room: room(name),
        raw: sealed(id),
    };
    let events = vec![
        event("$1", "r"),
        event("$2", "r"),
        event("$1", "r"),
        event("$3", "s"),
    ];
    assert_eq!(
        w.store.record_room_events(events.clone(), at(10)).await,
        Ok(3)
    );
    assert_eq!(w.store.record_room_events(events, at(11)).await, Ok(0));
    let mut seen = Vec::new();
    loop {
        let due = w.due(10).await;
        let Some(job) = due.iter().find(|job| job.lane == Lane::inbox(&room("r"))) else {
            break;
        };
        assert_eq!(
            (job.kind, job.room.as_ref()),
            (JobKind::RoomEvent, Some(&room("r")))
        );
        seen.push(job.payload.clone());
        w.commit(vec![finish(job)]).await;
    }
    assert_eq!(seen, [sealed("$1"), sealed("$2")]);
    assert_eq!(w.only_job(10).await.payload, sealed("$3"));
}

async fn stats(w: &World) {
    assert_eq!(w.store.queue_stats().await, Ok(vec![]));
    let submit = |due| NewJob {
        kind: JobKind::Submit,
        ..w.job("s", due)
    };
    w.commit(vec![
        Change::Enqueue(w.job("a", 7)),
        Change::Enqueue(submit(5)),
    ])
    .await;
    w.commit(vec![Change::Enqueue(submit(3))]).await;
    let stat = |kind, depth, oldest| QueueStat {
        kind,
        depth,
        oldest: at(oldest),
    };
    let expected = vec![stat(JobKind::Say, 1, 7), stat(JobKind::Submit, 2, 3)];
    assert_eq!(w.store.queue_stats().await, Ok(expected));
}

async fn work_arrives(w: &World) {
    enqueue(w, "a", 10).await;
    // Would hang if the commit had told nobody.
    w.store.work_arrived().await;
}
