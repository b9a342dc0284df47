//! The rules as a table: what is known, what happens, what follows.

use proptest::prelude::*;

use super::*;
use crate::ids::UserId;

fn view() -> View {
    View {
        sender_is_holder: true,
        subject_is_holder: false,
        holds_number: true,
        opted_out: false,
        disclosed: true,
        disclosure: Some("Acme’s texts are recorded.".to_owned()),
        max_chars: 20,
        too_old: false,
    }
}

fn text(body: &str) -> EventKind {
    EventKind::Text {
        body: body.to_owned(),
        reply_to: None,
    }
}

fn reply(body: &str) -> EventKind {
    EventKind::Text {
        body: body.to_owned(),
        reply_to: Some(EventId::from("$earlier")),
    }
}

fn edit() -> EventKind {
    EventKind::Edit {
        of: EventId::from("$earlier"),
        body: "new".to_owned(),
    }
}

fn media() -> EventKind {
    EventKind::Media {
        what: "m.image".to_owned(),
        body: "cat.jpg".to_owned(),
    }
}

fn redaction() -> EventKind {
    EventKind::Redaction {
        of: Some(EventId::from("$earlier")),
    }
}

fn reaction() -> EventKind {
    EventKind::Reaction {
        to: EventId::from("$earlier"),
        key: "👍".to_owned(),
    }
}

fn member(change: Membership) -> EventKind {
    EventKind::Membership {
        user: UserId::from("@alice:example.org"),
        change,
        direct: false,
    }
}

fn encrypted() -> Trust {
    Trust::Encrypted("verified".to_owned())
}

/// One line for a decision: how it is recorded, about what, why, and what follows.
fn shown(decision: Option<Decision>) -> String {
    let Some(Decision {
        record,
        about,
        rule,
        actions,
    }) = decision
    else {
        return "nothing".to_owned();
    };
    assert_eq!(rule.version, 1);
    let about = about.map_or(String::new(), |id| format!(" about {id}"));
    let actions: Vec<_> = actions.iter().map(|a| format!("{a:?}")).collect();
    format!(
        "{record:?}{about} by {} ({}): {}",
        rule.id,
        rule.reason,
        actions.join(", ")
    )
}

#[track_caller]
fn check(view: &View, trust: &Trust, event: &EventKind, expect: &str) {
    assert_eq!(shown(decide(view, trust, event)), expect);
}

#[test]
fn a_text_from_the_holder_is_relayed() {
    let check = |body: &str, expect: &str| check(&view(), &encrypted(), &text(body), expect);
    check(
        "Hello",
        r#"MessageOut by relay.text (text_from_holder): Submit { typed: "Hello", transmitted: "Hello", segments: 1 }"#,
    );
    check(
        "I’m in – “yes”",
        r#"MessageOut by relay.text (text_from_holder): Submit { typed: "I’m in – “yes”", transmitted: "I'm in - \"yes\"", segments: 1 }"#,
    );
    check(
        "I’m in 😀",
        r#"MessageOut by relay.text (text_from_holder): Submit { typed: "I’m in 😀", transmitted: "I’m in 😀", segments: 1 }"#,
    );
    let long = "я".repeat(71);
    super::tests::check(
        &View {
            max_chars: 1600,
            ..view()
        },
        &encrypted(),
        &text(&long),
        &format!(
            "MessageOut by relay.text (text_from_holder): Submit {{ typed: {long:?}, transmitted: {long:?}, segments: 2 }}"
        ),
    );
}

#[test]
fn the_disclosure_goes_first_and_once() {
    let submit = r#"Submit { typed: "Hi", transmitted: "Hi", segments: 1 }"#;
    let relayed =
        |first: &str| format!("MessageOut by relay.text (text_from_holder): {first}{submit}");
    let check = |disclosed: bool, disclosure: Option<String>, expect: &str| {
        check(
            &View {
                disclosed,
                disclosure,
                ..view()
            },
            &encrypted(),
            &text("Hi"),
            expect,
        );
    };
    let first = r#"Disclose { text: "Acme's texts are recorded." }, "#;
    check(false, view().disclosure, &relayed(first));
    check(false, None, &relayed(""));
    check(true, view().disclosure, &relayed(""));
}

#[test]
fn what_is_not_relayed_says_why() {
    let ok = view();
    let stranger = View {
        sender_is_holder: false,
        ..view()
    };
    let lost = View {
        holds_number: false,
        ..view()
    };
    let unwanted = View {
        opted_out: true,
        ..view()
    };
    let late = View {
        too_old: true,
        ..view()
    };
    let check =
        |view: &View, event: EventKind, expect: &str| check(view, &encrypted(), &event, expect);
    check(
        &stranger,
        text("Hi"),
        "Refused by refuse.not_holder (sender_does_not_hold_conversation): Tell(NotYourConversation)",
    );
    check(
        &lost,
        text("Hi"),
        "Refused by refuse.number (number_not_held): Tell(NumberNotYours)",
    );
    check(
        &unwanted,
        text("Hi"),
        "Refused by refuse.consent (client_opted_out): Tell(OptedOut)",
    );
    check(
        &ok,
        reply("Yes"),
        "Refused about $earlier by refuse.reply (replies_not_supported): Tell(ReplyNotSent)",
    );
    for nothing in ["", " \n\t", "\u{200b}\u{feff}"] {
        check(
            &ok,
            text(nothing),
            "Refused by refuse.empty (nothing_to_send): Tell(Empty)",
        );
    }
    check(
        &ok,
        text(&"é".repeat(21)),
        "Refused by refuse.length (too_long): Tell(TooLong { chars: 21, max: 20 })",
    );
    // The dots of an ellipsis count as they are sent.
    check(
        &ok,
        text(&("a".repeat(18) + "…")),
        "Refused by refuse.length (too_long): Tell(TooLong { chars: 21, max: 20 })",
    );
    check(
        &late,
        text("Hi"),
        "Refused by refuse.age (too_old): Tell(TooOld)",
    );
    check(
        &ok,
        edit(),
        "Edit about $earlier by keep.edit (cannot_reach_a_phone): Tell(EditNotSent)",
    );
    check(
        &ok,
        media(),
        r#"Attachment by keep.attachment (media_not_supported): Tell(MediaNotSent { what: "m.image" })"#,
    );
    check(
        &ok,
        redaction(),
        "Redaction about $earlier by keep.redaction (cannot_reach_a_phone): Tell(RedactionNotSent)",
    );
    check(
        &ok,
        EventKind::Redaction { of: None },
        "Redaction by keep.redaction (cannot_reach_a_phone): Tell(RedactionNotSent)",
    );
    check(
        &ok,
        reaction(),
        "Reaction about $earlier by keep.reaction (reactions_not_supported): Tell(ReactionNotSent)",
    );
    // Who may write comes before what was written.
    check(
        &View {
            holds_number: false,
            too_old: true,
            ..stranger
        },
        reply(""),
        "Refused about $earlier by refuse.not_holder (sender_does_not_hold_conversation): Tell(NotYourConversation)",
    );
}

#[test]
fn what_is_not_encrypted_is_refused() {
    let refused = "by refuse.unencrypted (not_encrypted): Tell(NotEncrypted)";
    // A message that claims to be state is no better.
    for trust in [Trust::Unencrypted, Trust::State] {
        let check = |event: EventKind, expect: &str| check(&view(), &trust, &event, expect);
        check(text("Hi"), &format!("Refused {refused}"));
        check(media(), &format!("Refused {refused}"));
        check(reply("Hi"), &format!("Refused about $earlier {refused}"));
        check(edit(), &format!("Refused about $earlier {refused}"));
        // In clear by nature.
        check(
            redaction(),
            "Redaction about $earlier by keep.redaction (cannot_reach_a_phone): Tell(RedactionNotSent)",
        );
        check(
            reaction(),
            "Reaction about $earlier by keep.reaction (reactions_not_supported): Tell(ReactionNotSent)",
        );
    }
}

#[test]
fn a_holder_who_is_gone_is_brought_back() {
    use Membership::{Ban, Invite, Join, Knock, Leave};
    let holder = View {
        subject_is_holder: true,
        ..view()
    };
    let gone = "Membership by room.holder_gone (holder_left): Reoffer";
    let former = "Membership by room.former_holder_gone (left_without_number): ";
    let come = "Membership by room.membership (membership_changed): Welcome";
    let changed = "Membership by room.membership (membership_changed): ";
    for change in [Invite, Join, Knock, Leave, Ban] {
        let (expect, without_number) = match change {
            Leave | Ban => (gone, former),
            Join => (come, come),
            Invite | Knock => (changed, changed),
        };
        // Who no longer holds the number may go.
        check(
            &View {
                holds_number: false,
                ..holder.clone()
            },
            &Trust::State,
            &member(change),
            without_number,
        );
        check(&holder, &Trust::State, &member(change), expect);
        check(&view(), &Trust::State, &member(change), changed);
        // Whoever caused it: an administrator's ban is no reason to lose a client's texts.
        check(
            &View {
                sender_is_holder: false,
                ..holder.clone()
            },
            &Trust::State,
            &member(change),
            expect,
        );
    }
}

#[test]
fn the_rest_is_no_business_of_the_record() {
    for trust in [Trust::State, Trust::Unencrypted, encrypted()] {
        check(
            &view(),
            &trust,
            &EventKind::Other {
                what: "m.room.topic".to_owned(),
            },
            "nothing",
        );
    }
}

#[test]
fn what_nobody_knows_is_recorded_and_answered() {
    #[track_caller]
    fn check_kind(what: &str, trust: &Trust, expect: &str) {
        let what = what.to_owned();
        check(&view(), trust, &EventKind::Unknown { what }, expect);
    }
    let refused = "Refused by refuse.unknown (kind_not_known): Tell(UnknownNotSent)";
    let kept = "Refused by keep.signalling (clients_among_themselves): ";
    let in_clear = "Refused by refuse.unencrypted (not_encrypted): Tell(NotEncrypted)";
    for (what, expect) in [
        ("com.example.words", refused),
        ("m.room.member", refused),
        ("m.call.invite", refused),
        ("m.call.candidates", kept),
        ("m.key.verification.request", kept),
    ] {
        check_kind(what, &encrypted(), expect);
        check_kind(what, &Trust::Unencrypted, in_clear);
    }
}

proptest! {
    /// Whatever is typed: it is relayed, or the employee is told why not; never both, never neither.
    #[test]
    fn never_silently_dropped(
        body in "(\\PC|[ \n\u{200b}…]){0,40}",
        flags: [bool; 7],
    ) {
        let [sender_is_holder, holds_number, opted_out, disclosed, too_old, is_encrypted, is_reply] = flags;
        let view = View { sender_is_holder, holds_number, opted_out, disclosed, too_old, ..view() };
        let trust = if is_encrypted { encrypted() } else { Trust::Unencrypted };
        let event = if is_reply { reply(&body) } else { text(&body) };
        let decision = decide(&view, &trust, &event).expect("a text is always decided");
        let told = decision.actions.iter().filter(|a| matches!(a, Action::Tell(_))).count();
        let sent = decision.actions.iter().filter(|a| matches!(a, Action::Submit { .. })).count();
        prop_assert_eq!(told + sent, 1);
        prop_assert_eq!(sent == 1, decision.record == RecordAs::MessageOut);
        if sent == 1 {
            prop_assert!(sender_is_holder && holds_number && !opted_out && !too_old && is_encrypted && !is_reply);
        }
    }
}
