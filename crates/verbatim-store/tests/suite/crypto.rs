//! Rows of the platform adapter (`facts/matrix.md` section 5).

use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    later_changes_of_a_batch_win,
    namespaces_are_apart,
    listing,
    sessions,
    backup_marks,
    pages_by_device_in_byte_order,
}

fn key(kind: &str, k1: &str, k2: &str) -> RowKey {
    RowKey {
        kind: kind.into(),
        k1: k1.into(),
        k2: k2.into(),
    }
}

fn put(kind: &str, k1: &str, k2: &str, data: &[u8]) -> RowChange {
    RowChange::Put(key(kind, k1, k2), data.to_vec())
}

async fn apply(w: &World, ns: &str, changes: Vec<RowChange>) {
    assert_eq!(w.crypto.apply(ns, None, changes).await, Ok(()));
}

async fn later_changes_of_a_batch_win(w: &World) {
    let delete = |k1: &str| RowChange::Delete(key("device", k1, ""));
    let changes = vec![
        put("device", "a", "", b"1"),
        put("device", "a", "", b"2"),
        put("device", "b", "", b"1"),
        delete("b"),
        delete("c"),
        put("device", "c", "", b"1"),
        put("olm_hash", "a", "", b""),
    ];
    apply(w, "d1", changes).await;
    for (k1, data) in [
        ("a", Some(b"2".to_vec())),
        ("b", None),
        ("c", Some(b"1".to_vec())),
    ] {
        assert_eq!(
            w.crypto.get("d1", &key("device", k1, "")).await,
            Ok(data),
            "{k1}"
        );
    }
    apply(
        w,
        "d1",
        vec![
            RowChange::DeleteKind("device".into()),
            put("device", "z", "", b"9"),
        ],
    )
    .await;
    let left = vec![(key("device", "z", ""), b"9".to_vec())];
    assert_eq!(w.crypto.list("d1", "device", None).await, Ok(left));
    assert_eq!(
        w.crypto.get("d1", &key("olm_hash", "a", "")).await,
        Ok(Some(vec![]))
    );
}

async fn namespaces_are_apart(w: &World) {
    apply(w, "d1", vec![put("account", "", "", b"1")]).await;
    assert_eq!(w.crypto.get("d2", &key("account", "", "")).await, Ok(None));
    apply(w, "d2", vec![RowChange::DeleteKind("account".into())]).await;
    assert_eq!(
        w.crypto.get("d1", &key("account", "", "")).await,
        Ok(Some(b"1".to_vec()))
    );
}

async fn listing(w: &World) {
    let rows = [("a", "2"), ("a", "1"), ("B", "1"), ("ä", "1")];
    let changes = rows
        .iter()
        .map(|(k1, k2)| put("session", k1, k2, k2.as_bytes()))
        .collect();
    apply(w, "d1", changes).await;
    let row = |k1: &str, k2: &str| (key("session", k1, k2), k2.as_bytes().to_vec());
    let all = vec![row("B", "1"), row("a", "1"), row("a", "2"), row("ä", "1")];
    assert_eq!(
        w.crypto.list("d1", "session", None).await,
        Ok(all),
        "in byte order"
    );
    let of_a = vec![row("a", "1"), row("a", "2")];
    assert_eq!(w.crypto.list("d1", "session", Some("a")).await, Ok(of_a));
    assert_eq!(w.crypto.list("d1", "other", None).await, Ok(vec![]));
}

fn session(id: &str, room: &str) -> GroupSessionRow {
    GroupSessionRow {
        session_id: id.into(),
        room_id: room.into(),
        sender_key: "curve".into(),
        sender_data_type: 3,
        backed_up: false,
        data: id.as_bytes().to_vec(),
    }
}

async fn query(w: &World, query: GroupSessionQuery) -> Vec<String> {
    let rows = w
        .crypto
        .group_sessions("d1", query)
        .await
        .expect("sessions");
    rows.into_iter().map(|row| row.session_id).collect()
}

async fn put_sessions(w: &World, rows: &[GroupSessionRow]) {
    let changes = rows
        .iter()
        .cloned()
        .map(RowChange::PutGroupSession)
        .collect();
    apply(w, "d1", changes).await;
}

async fn sessions(w: &World) {
    let rows = [
        session("s1", "!r"),
        session("s2", "!r"),
        session("s3", "!other"),
    ];
    put_sessions(w, &rows).await;
    let mut changed = rows[0].clone();
    (changed.data, changed.sender_data_type) = (b"new".to_vec(), 4);
    put_sessions(w, &[rows[0].clone(), changed.clone()]).await;
    let one = w
        .crypto
        .group_sessions("d1", GroupSessionQuery::One("s1".into()))
        .await;
    assert_eq!(one, Ok(vec![changed]));
    assert_eq!(
        query(w, GroupSessionQuery::One("s9".into())).await,
        Vec::<String>::new()
    );
    assert_eq!(query(w, GroupSessionQuery::All).await, ["s1", "s2", "s3"]);
    assert_eq!(
        query(w, GroupSessionQuery::Room("!r".into())).await,
        ["s1", "s2"]
    );
    assert_eq!(w.crypto.group_session_counts("d1", None).await, Ok((3, 0)));
    assert_eq!(
        w.crypto.group_session_counts("d1", Some("!r")).await,
        Ok((2, 0))
    );
    assert_eq!(w.crypto.group_session_counts("d2", None).await, Ok((0, 0)));
}

async fn backup_marks(w: &World) {
    put_sessions(w, &["s1", "s2", "s3"].map(|id| session(id, "!r"))).await;
    apply(
        w,
        "d1",
        vec![RowChange::MarkBackedUp(
            Some(vec!["s1".into(), "s9".into()]),
            true,
        )],
    )
    .await;
    assert_eq!(
        query(w, GroupSessionQuery::NotBackedUp(10)).await,
        ["s2", "s3"]
    );
    assert_eq!(query(w, GroupSessionQuery::NotBackedUp(1)).await, ["s2"]);
    assert_eq!(w.crypto.group_session_counts("d1", None).await, Ok((3, 1)));
    apply(w, "d1", vec![RowChange::MarkBackedUp(None, false)]).await;
    assert_eq!(
        w.crypto.group_session_counts("d1", Some("!r")).await,
        Ok((3, 0))
    );
    apply(w, "d1", vec![RowChange::MarkBackedUp(None, true)]).await;
    assert_eq!(w.crypto.group_session_counts("d1", None).await, Ok((3, 3)));
}

async fn pages_by_device_in_byte_order(w: &World) {
    let ids = ["a", "B", "ä", "b", "0"];
    let mut rows: Vec<_> = ids.iter().map(|id| session(id, "!r")).collect();
    rows.push(GroupSessionRow {
        sender_data_type: 1,
        ..session("c", "!r")
    });
    rows.push(GroupSessionRow {
        sender_key: "other".into(),
        ..session("d", "!r")
    });
    put_sessions(w, &rows).await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = GroupSessionQuery::Device {
            sender_key: "curve".into(),
            sender_data_type: 3,
            after: after.clone(),
            limit: 2,
        };
        let page = query(w, page).await;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        found.extend(page);
    }
    assert_eq!(found, ["0", "B", "a", "b", "ä"]);
}
