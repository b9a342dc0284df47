//! The log: positions without gaps, chained per conversation, roots that can be recomputed.

use std::collections::HashMap;

use futures_util::future::join_all;
use verbatim_domain::ConversationId;
use verbatim_engine::ports::*;
use verbatim_record::merkle::{Frontier, root_of};
use verbatim_record::{Kind, Leaf};

use super::cases;
use super::world::*;

cases! {
    an_empty_log,
    records_are_read_back,
    about_names_the_position,
    captured_at_never_goes_back,
    many_writers_leave_no_gap,
    failures_among_many_leave_no_gap,
    any_stretch_of_a_conversation_is_read,
}

/// Reads everything and checks it against itself, as an examiner would.
pub(crate) async fn audit(w: &World) -> u64 {
    let records = w.store.records(0, 100_000).await.expect("records");
    let mut heads: HashMap<ConversationId, (u64, [u8; 32])> = HashMap::new();
    let mut hashes = Vec::new();
    let mut before = at(0);
    for (position, record) in (0..).zip(&records) {
        let leaf = Leaf::decode(&record.leaf_bytes).expect("leaf");
        let conversation = record.conversation.unwrap_or(ConversationId::NONE);
        let (seq, previous) = heads.get(&conversation).copied().unwrap_or((0, [0; 32]));
        assert_eq!(leaf.hash(), record.leaf_hash);
        assert_eq!(
            (leaf.log, leaf.global_seq, record.global_seq),
            (LOG, position, position)
        );
        assert_eq!(
            (leaf.conversation, record.conversation_seq),
            (conversation, seq)
        );
        assert_eq!((leaf.conversation_seq, leaf.previous), (seq, previous));
        assert_eq!(leaf.commitment, record.sealed.commitment);
        assert!(leaf.captured_at >= before, "time went back");
        before = leaf.captured_at;
        heads.insert(conversation, (seq + 1, record.leaf_hash));
        hashes.push(record.leaf_hash);
    }
    let mut size = 0;
    for root in w.store.roots(0, 100_000).await.expect("roots") {
        assert!(root.size > size, "roots grow");
        size = root.size;
        let leaves = &hashes[..usize::try_from(size).expect("small")];
        assert_eq!(root.root, root_of(leaves), "root of {size}");
    }
    let last = w.store.log_root().await.expect("root");
    assert_eq!(
        (last.size, size),
        (hashes.len() as u64, hashes.len() as u64)
    );
    last.size
}

async fn an_empty_log(w: &World) {
    let root = LogRoot {
        size: 0,
        root: Frontier::new().root(),
        at: at(0),
    };
    assert_eq!(w.store.log_root().await, Ok(root));
    assert_eq!(w.store.records(0, 10).await, Ok(vec![]));
    assert_eq!(w.store.roots(0, 10).await, Ok(vec![]));
}

async fn records_are_read_back(w: &World) {
    let held = w.alice().await;
    let sms = w.sms(held.index, peer(1), 1000);
    let sealed = sms.record.clone();
    w.store.record_inbound(sms).await.expect("recorded");
    for kind in [Kind::Config, Kind::Export] {
        let sealed = w.record(kind, 1);
        let new = NewRecord {
            conversation: None,
            sealed,
            about: None,
        };
        w.commit(vec![Change::Append(new)]).await;
    }
    let all = w.store.records(0, 10).await.unwrap();
    assert_eq!(all[0].sealed, sealed);
    assert_eq!(w.store.records(1, 1).await.unwrap(), all[1..2]);
    assert_eq!(w.store.records_of(None, 1, 10).await.unwrap(), all[2..]);
    assert_eq!(w.store.exports(1, 10).await.unwrap(), all[2..]);
    assert_eq!(w.store.exports(3, 10).await, Ok(vec![]));
    assert_eq!(w.store.roots(1, 1).await.unwrap()[0].size, 2);
    let found = w.store.record(all[1].sealed.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&all[1]));
    let nothing = verbatim_domain::RecordId::from_random(w.bytes());
    assert_eq!(w.store.record(nothing).await, Ok(None));
    assert_eq!(w.store.length_of(None).await, Ok(2));
    assert_eq!(w.store.length_of(all[0].conversation).await, Ok(1));
    let empty = ConversationId::from_random(w.bytes());
    assert_eq!(w.store.length_of(Some(empty)).await, Ok(0));
    assert_eq!(audit(w).await, 3);
}

async fn about_names_the_position(w: &World) {
    w.install().await;
    let first = w.record(Kind::Config, 1);
    let append = |sealed, about| {
        Change::Append(NewRecord {
            conversation: None,
            sealed,
            about,
        })
    };
    let id = first.id;
    // Within one commit, too.
    let changes = vec![
        append(first, None),
        append(w.record(Kind::Edit, 1), Some(id)),
    ];
    w.commit(changes).await;
    let second = &w.store.records(1, 1).await.unwrap()[0];
    assert_eq!(
        Leaf::decode(&second.leaf_bytes).expect("leaf").about,
        Some(0)
    );
    let nothing = verbatim_domain::RecordId::from_random(w.bytes());
    let error = w
        .refused(vec![append(w.record(Kind::Edit, 1), Some(nothing))])
        .await;
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    assert_eq!(audit(w).await, 2);
}

async fn captured_at_never_goes_back(w: &World) {
    w.install().await;
    for ms in [100, 50, 200] {
        let sealed = w.record(Kind::Config, ms);
        let new = NewRecord {
            conversation: None,
            sealed,
            about: None,
        };
        w.commit(vec![Change::Append(new)]).await;
    }
    let records = w.store.records(0, 10).await.unwrap();
    let leaf = |n: usize| {
        Leaf::decode(&records[n].leaf_bytes)
            .expect("leaf")
            .captured_at
    };
    assert_eq!([leaf(0), leaf(1), leaf(2)], [at(100), at(100), at(200)]);
    assert_eq!(
        records[1].sealed.captured_at,
        at(50),
        "the record keeps its own time"
    );
}

async fn many_writers_leave_no_gap(w: &World) {
    let held = w.alice().await;
    let writers = (0..64u8).map(|n| async move {
        for i in 0..8 {
            let sms = w.sms(held.index, peer(n % 16), i);
            let outcome = w.store.record_inbound(sms).await.expect("recorded");
            assert!(matches!(outcome, InboundOutcome::Placed { .. }));
        }
    });
    join_all(writers).await;
    assert_eq!(audit(w).await, 64 * 8);
    assert_eq!(
        w.store.conversations(first(100)).await.unwrap().items.len(),
        16
    );
    assert_eq!(w.drain().await.len(), 64 * 8 + 16);
}

/// Two conversations by turns, longer than several marks, in commits of several sizes.
async fn any_stretch_of_a_conversation_is_read(w: &World) {
    w.install().await;
    let [one, two] = [(); 2].map(|()| ConversationId::from_random(w.bytes()));
    let append = |n: u64| {
        Change::Append(NewRecord {
            conversation: (!n.is_multiple_of(5)).then_some(if n.is_multiple_of(3) {
                one
            } else {
                two
            }),
            sealed: w.record(Kind::MessageIn, 1),
            about: None,
        })
    };
    let mut n = 0;
    for together in [1, 63, 64, 65, 200, 7] {
        w.commit((n..n + together).map(append).collect()).await;
        n += together;
    }
    assert_eq!(audit(w).await, n);
    let all = w.store.records(0, 10_000).await.unwrap();
    let mut marks = 0;
    for conversation in [None, Some(one), Some(two)] {
        let of = all.iter().filter(|r| r.conversation == conversation);
        let own: Vec<_> = of.collect();
        let length = own.len() as u64;
        assert!(length > 64, "no mark was passed");
        assert_eq!(w.store.length_of(conversation).await, Ok(length));
        marks += places_are_said(w, conversation, &own).await;
        for from in (0..length + 2).step_by(13) {
            for limit in [0, 1, 63, 64, 65, 10_000] {
                let found = w.store.records_of(conversation, from, limit).await.unwrap();
                let expected = own.iter().skip(from as usize).take(limit as usize);
                assert!(found.iter().eq(expected.copied()), "{limit} from {from}");
            }
        }
    }
    assert_eq!(w.store.mark_count(all.len() as u64).await, Ok(marks));
    assert_eq!(w.store.mark_count(0).await, Ok(0));
}

/// The end of a conversation and its marks are what its records say. How many marks there are.
async fn places_are_said(
    w: &World,
    conversation: Option<ConversationId>,
    own: &[&StoredRecord],
) -> u64 {
    let (length, last) = (own.len() as u64, own.last().unwrap().global_seq);
    let end = Some(ConversationEnd { length, last });
    assert_eq!(w.store.end_of(conversation).await, Ok(end));
    let mut mark = 0;
    for record in own.iter().skip(63).step_by(64) {
        let place = w.store.mark_of(conversation, mark).await;
        assert_eq!(place, Ok(Some(record.global_seq)));
        mark += 1;
    }
    assert_eq!(w.store.mark_of(conversation, mark).await, Ok(None));
    mark
}

/// Operations that fail share transactions with those that do not, and take nobody with them.
async fn failures_among_many_leave_no_gap(w: &World) {
    let held = w.alice().await;
    let writers = (0..64u8).map(|n| async move {
        for i in 0..4 {
            let good = w
                .store
                .record_inbound(w.sms(held.index, peer(n % 8), i))
                .await;
            assert!(
                matches!(good, Ok(InboundOutcome::Placed { .. })),
                "{good:?}"
            );
            let sealed = w.record(Kind::Config, i);
            let append = Change::Append(NewRecord {
                conversation: None,
                sealed,
                about: None,
            });
            let gone = Change::Finish(verbatim_domain::JobId(1_000_000));
            let commit = Commit {
                fence: None,
                changes: vec![append, gone],
            };
            let bad = w.store.commit(commit).await;
            assert!(matches!(bad, Err(StoreError::Stale(_))), "{bad:?}");
        }
    });
    join_all(writers).await;
    assert_eq!(audit(w).await, 64 * 4);
    assert!(w.store.records_of(None, 0, 10).await.unwrap().is_empty());
}
