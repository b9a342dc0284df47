//! The small things: alarms, tokens, cursors, probe.

use verbatim_engine::ports::*;

use super::cases;
use super::world::*;

cases! {
    alarms,
    tokens,
    cursors,
    probe,
}

async fn alarms(w: &World) {
    let alarm = |key: &str, text: &str, ms| Alarm {
        key: key.into(),
        text: text.into(),
        at: at(ms),
    };
    let (a, b) = (alarm("a", "first", 1), alarm("b", "second", 2));
    w.commit(vec![Change::Raise(a.clone()), Change::Raise(b.clone())])
        .await;
    assert_eq!(w.store.alarms().await, Ok(vec![b.clone(), a]));
    let a = alarm("a", "again", 3);
    w.commit(vec![Change::Raise(a.clone())]).await;
    assert_eq!(w.store.alarms().await, Ok(vec![a.clone(), b]));
    assert_eq!(w.store.alarm_count().await, Ok(2));
    w.commit(vec![
        Change::Clear("b".into()),
        Change::Clear("nothing".into()),
    ])
    .await;
    assert_eq!(w.store.alarms().await, Ok(vec![a]));
}

async fn tokens(w: &World) {
    let mut token = ApiToken {
        hash: [3; 32],
        name: "ci".into(),
        scopes: vec!["read".into(), "admin".into()],
        created: at(1),
        revoked: None,
    };
    let bare = ApiToken {
        hash: [4; 32],
        scopes: vec![],
        ..token.clone()
    };
    w.commit(vec![
        Change::PutToken(token.clone()),
        Change::PutToken(bare.clone()),
    ])
    .await;
    token.revoked = Some(at(2));
    w.commit(vec![Change::PutToken(token.clone())]).await;
    assert_eq!(w.store.token(&[3; 32]).await, Ok(Some(token.clone())));
    assert_eq!(w.store.token(&[5; 32]).await, Ok(None));
    assert_eq!(w.store.tokens().await, Ok(vec![token, bare]));
}

async fn cursors(w: &World) {
    assert_eq!(w.store.cursor("sync").await, Ok(None));
    for value in ["s1", "s2"] {
        w.commit(vec![Change::SetCursor("sync".into(), value.into())])
            .await;
        assert_eq!(w.store.cursor("sync").await, Ok(Some(value.into())));
    }
}

async fn probe(w: &World) {
    assert_eq!(w.store.probe().await, Ok(()));
    assert_eq!(w.store.probe().await, Ok(()));
}

/// Before and after the first start.
pub(crate) async fn looked_at(url: &str, w: &World) {
    use verbatim_store::{Look, look};
    let unbound = Look::Current { key_check: None };
    assert_eq!(look(url).await, Ok(unbound));
    let new = Installation {
        log: [1; 16],
        key_check: [2; 32],
        state_root: vec![7],
        archive_key: vec![6],
    };
    let key_check = Some(w.store.installation(new).await.unwrap().key_check);
    assert_eq!(look(url).await, Ok(Look::Current { key_check }));
}
