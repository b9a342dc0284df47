//! What clients say about being texted.

use verbatim_domain::consent::Consent::{self, OptedIn, OptedOut};
use verbatim_domain::message::MessageState;
use verbatim_engine::ports::*;

use super::cases;
use super::inbound::placed;
use super::world::*;

cases! {
    what_was_said_later_stands,
    clocks_that_differ_lose_no_stop,
    a_text_says_it_once,
    nobody_need_be_there,
    nothing_is_begun_that_is_unwanted,
}

fn said(held: &Held, peer: BlindIndex, consent: Consent, ms: i64) -> Change {
    told(held, peer, consent, ms, true)
}

fn told(held: &Held, peer: BlindIndex, consent: Consent, ms: i64, by_carrier: bool) -> Change {
    Change::SetConsent {
        ours: held.index,
        peer,
        said: of(consent, ms, by_carrier),
    }
}

fn of(consent: Consent, ms: i64, by_carrier: bool) -> Said {
    Said {
        consent,
        at: at(ms),
        by_carrier,
    }
}

async fn what_was_said_later_stands(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let (one, two) = (peer(1), peer(2));
    assert_eq!(w.store.consent(&held.index, &one).await, Ok(None));
    for (consent, ms, stands) in [
        (OptedOut, 100, (OptedOut, at(100))),
        (OptedIn, 99, (OptedOut, at(100))),
        (OptedIn, 100, (OptedIn, at(100))),
        (OptedOut, 99, (OptedIn, at(100))),
        (OptedOut, 200, (OptedOut, at(200))),
    ] {
        w.commit(vec![said(&held, one, consent, ms)]).await;
        let known = w.store.consent(&held.index, &one).await;
        assert_eq!(known, Ok(Some(stands)), "{consent:?} at {ms}");
        let shown = w.store.conversation(conversation).await.unwrap().unwrap();
        assert_eq!(shown.consent, Some(stands));
        assert_eq!(shown.opted_out(), stands.0 == OptedOut);
    }
    assert_eq!(w.store.consent(&held.index, &two).await, Ok(None));
    assert_eq!(w.store.consent(&one, &held.index).await, Ok(None));
}

/// First one clock, then another: whether a word that came second counts, though its time is the earlier one.
async fn clocks_that_differ_lose_no_stop(w: &World) {
    const MINUTE: i64 = 60_000;
    let held = w.alice().await;
    for (n, (first, second, earlier, counts)) in [
        // Neither time is the carrier's: we heard them in this order.
        ((OptedIn, false), (OptedOut, false), 5 * MINUTE, true),
        ((OptedOut, false), (OptedIn, false), 5 * MINUTE, true),
        // One is: in doubt they do not want it.
        ((OptedIn, false), (OptedOut, true), MINUTE, true),
        ((OptedIn, true), (OptedOut, false), MINUTE, true),
        ((OptedOut, false), (OptedIn, true), MINUTE, false),
        ((OptedOut, true), (OptedIn, false), MINUTE, false),
        // Beyond doubt.
        ((OptedIn, false), (OptedOut, true), 3 * MINUTE, false),
        ((OptedIn, true), (OptedOut, true), MINUTE, false),
    ]
    .into_iter()
    .enumerate()
    {
        let peer = peer(u8::try_from(n).unwrap());
        let (begin, then) = (10 * MINUTE, 10 * MINUTE - earlier);
        w.commit(vec![told(&held, peer, first.0, begin, first.1)])
            .await;
        w.commit(vec![told(&held, peer, second.0, then, second.1)])
            .await;
        let stands = if counts { second.0 } else { first.0 };
        let known = w.store.consent(&held.index, &peer).await;
        assert_eq!(
            known,
            Ok(Some((stands, at(begin)))),
            "{n}: the time never goes back"
        );
    }
}

async fn a_text_says_it_once(w: &World) {
    let held = w.alice().await;
    let mut sms = w.sms(held.index, peer(1), 1000);
    sms.consent = Some(of(OptedOut, 1000, true));
    let again = sms.clone();
    let (conversation, ..) = placed(w.store.record_inbound(sms).await);
    w.commit(vec![said(&held, peer(1), OptedIn, 900)]).await;
    let outcome = w.store.record_inbound(again).await;
    assert_eq!(outcome, Ok(InboundOutcome::Duplicate));
    let shown = w.store.conversation(conversation).await.unwrap().unwrap();
    assert_eq!(shown.consent, Some((OptedOut, at(1000))));
}

async fn nobody_need_be_there(w: &World) {
    w.alice().await;
    let ours = peer(9);
    let mut sms = w.sms(ours, peer(1), 1000);
    sms.consent = Some(of(OptedOut, 1000, true));
    let outcome = w.store.record_inbound(sms).await;
    assert!(
        matches!(outcome, Ok(InboundOutcome::Unplaced { .. })),
        "{outcome:?}"
    );
    let known = w.store.consent(&ours, &peer(1)).await;
    assert_eq!(known, Ok(Some((OptedOut, at(1000)))));
}

async fn nothing_is_begun_that_is_unwanted(w: &World) {
    let held = w.alice().await;
    let (conversation, _) = w.conversation(held, 1, 10).await;
    let message = w.accepted(conversation).await.id;
    w.commit(vec![said(&held, peer(1), OptedOut, 100)]).await;
    let begin = || vec![Change::BeginSubmitting(message, at(200))];
    let refused = w.refused(begin()).await;
    assert!(matches!(refused, StoreError::Stale(_)), "{refused:?}");
    assert_eq!(w.state(message).await, MessageState::Accepted);
    w.commit(vec![said(&held, peer(1), OptedIn, 150)]).await;
    w.commit(begin()).await;
    assert_eq!(w.state(message).await, MessageState::Submitting);
}
