//! Every notice, word for word.

use super::*;

fn undecryptable(code: &str, gave_up: bool) -> Notice {
    Notice::Undecryptable {
        code: code.to_owned(),
        gave_up,
    }
}

fn failed(class: &str, code: &str, certain: bool) -> Notice {
    Notice::Failed {
        class: class.to_owned(),
        code: code.to_owned(),
        certain,
    }
}

const CODES: [&str; 8] = [
    "missing",
    "m.unverified",
    "m.blacklisted",
    "m.unauthorised",
    "m.unavailable",
    "m.no_olm",
    "m.history_not_shared",
    "UNKNOWN_MESSAGE_INDEX",
];

const CLASSES: [&str; 8] = [
    "address",
    "opted_out",
    "policy",
    "configuration",
    "delivery",
    "request",
    "expired",
    "other",
];

fn plain() -> Vec<Notice> {
    vec![
        Notice::NotEncrypted,
        Notice::ReadableTooLate,
        Notice::EditNotSent,
        Notice::RedactionNotSent,
        Notice::ReactionNotSent,
        Notice::MediaNotSent {
            what: "m.image".to_owned(),
        },
        Notice::ReplyNotSent,
        Notice::NotYourConversation,
        Notice::NumberNotYours,
        Notice::OptedOut,
        Notice::TooLong {
            chars: 1700,
            max: 1600,
        },
        Notice::Empty,
        Notice::TooOld,
        Notice::Unconfirmed,
    ]
}

fn listed(notices: &[Notice]) -> String {
    notices
        .iter()
        .map(|n| format!("{:?}: {}\n", n.standing(), n.words()))
        .collect()
}

#[test]
fn notices_about_what_was_written() {
    insta::assert_snapshot!(listed(&plain()), @r"
    FailRetriable: Your message was not sent: it was not encrypted. Use a client that encrypts (and has finished setting encryption up), then write it again.
    FailRetriable: Your message became readable only after you had been asked to write it again. It is recorded, and it was not sent.
    FailPermanent: Your edit was not sent: a text cannot be changed on the client's phone. Write a new message to correct it.
    FailPermanent: Your deletion was not sent: a text cannot be taken back from the client's phone, and the record keeps it.
    FailPermanent: Your reaction was not sent: reactions cannot be texted. Write a message instead.
    FailPermanent: Your picture was not sent: only text can be texted so far. Write a message instead.
    FailRetriable: Your reply was not sent: replies cannot be texted, and without what it answers it could mislead. Write it as a new message.
    FailPermanent: Your message was not sent: only the employee who holds this conversation writes to the client.
    FailPermanent: Your message was not sent: this conversation's number is no longer yours. Ask your administrator who holds it now.
    FailPermanent: Your message was not sent: the client asked not to be texted. Reach them another way; they can text START to allow it again.
    FailRetriable: Your message was not sent: it has 1700 characters, and at most 1600 can be sent as one text. Send it in shorter messages.
    FailPermanent: Your message was not sent: there is nothing in it to send.
    FailRetriable: Your message was not sent: it arrived here too late, and sending it now could mislead. Write it again if it still holds.
    Pending: Your message may not have been sent: the carrier has not confirmed it. It is being checked; please do not write it again yet.
    ");
}

#[test]
fn notices_about_what_cannot_be_read() {
    let notices: Vec<_> = CODES.iter().map(|code| undecryptable(code, true)).collect();
    insta::assert_snapshot!(listed(&notices), @r"
    FailRetriable: Your message was not sent: its key has not arrived. Keep your client open and online. Then write it again.
    FailRetriable: Your message was not sent: your client gives its keys only to verified devices. Turn that setting off (“only send to verified devices”, in some clients “never send encrypted messages to unverified sessions”), or verify the bot. Then write it again.
    FailRetriable: Your message was not sent: your client has blocked the bot's device. Unblock it in the list of the bot's sessions. Then write it again.
    FailRetriable: Your message was not sent: your client did not let the bot have its key, as if the bot were not in this room. Check that the bot is among the room's members. Then write it again.
    FailRetriable: Your message was not sent: your client no longer has its key. Restart your client. Then write it again.
    FailRetriable: Your message was not sent: your client could not set up a secure channel to the bot. Restart your client, and tell your administrator if this comes back. Then write it again.
    FailRetriable: Your message was not sent: it was encrypted before the bot could read along. Check that the bot is among the room's members. Then write it again.
    FailRetriable: Your message was not sent: it could not be decrypted (UNKNOWN_MESSAGE_INDEX). Restart your client, and tell your administrator if this comes back. Then write it again.
    ");
    insta::assert_snapshot!(listed(&[undecryptable("missing", false), undecryptable("m.unverified", false)]), @r"
    Pending: Your message was not sent yet: its key has not arrived. Keep your client open and online. If it becomes readable soon, it goes out by itself.
    Pending: Your message was not sent yet: your client gives its keys only to verified devices. Turn that setting off (“only send to verified devices”, in some clients “never send encrypted messages to unverified sessions”), or verify the bot. If it becomes readable soon, it goes out by itself.
    ");
}

#[test]
fn notices_about_failures() {
    let notices: Vec<_> = CLASSES
        .iter()
        .map(|class| failed(class, "30003", true))
        .collect();
    insta::assert_snapshot!(listed(&notices), @r"
    FailPermanent: Your message was not sent: the client's number cannot receive texts (carrier's code: 30003). Check the number, or reach the client another way.
    FailPermanent: Your message was not sent: the client asked not to be texted (carrier's code: 30003). Reach them another way; they can text START to allow it again.
    FailPermanent: Your message was not sent: the carrier refused it for what it says or for who sends it (carrier's code: 30003). Tell your administrator before you try other words.
    FailRetriable: Your message was not sent: the firm's account with the carrier is not in order (carrier's code: 30003). Your administrator has to act. Write it again once that is done.
    FailRetriable: Your message was not delivered: the client's phone or network did not take it (carrier's code: 30003). The phone may be off. Write it again later, or reach the client another way.
    FailPermanent: Your message was not sent: the carrier could not accept it in this form (carrier's code: 30003). Write it shorter or simpler.
    FailRetriable: Your message was not sent: it could not go out in time (carrier's code: 30003). Write it again if it still holds.
    FailRetriable: Your message was not sent: the carrier reported a failure (carrier's code: 30003). Tell your administrator if this comes back.
    ");
    insta::assert_snapshot!(listed(&[failed("delivery", "", false), failed("other", "", false)]), @r"
    FailRetriable: Your message may not have been delivered: the client's phone or network did not take it. Ask the client before you write it again.
    FailRetriable: Your message may not have been sent: the carrier reported a failure. Ask the client before you write it again.
    ");
}

/// An employee must never be told for certain what is not, nor be left in doubt about what is.
#[test]
fn certainty_is_in_the_words() {
    let mut all = plain();
    for certain in [true, false] {
        all.extend(CODES.map(|code| undecryptable(code, certain)));
        all.extend(CLASSES.map(|class| failed(class, "1", certain)));
    }
    for notice in all {
        let words = notice.words();
        assert_eq!(words.contains("was not"), notice.certain(), "{words}");
        assert_eq!(
            words.contains("may not have been"),
            !notice.certain(),
            "{words}"
        );
        assert!(words.ends_with('.') && !words.contains("  "), "{words}");
    }
}

#[test]
fn foreign_codes_are_made_harmless() {
    #[track_caller]
    fn check(code: &str, expect: &str) {
        assert_eq!(shown(code), expect);
    }
    check("30003", "30003");
    check("", "");
    check("a\nb\u{202e}c d", "abcd");
    check(&"x".repeat(1000), &"x".repeat(40));
}

#[test]
fn kinds_have_names() {
    #[track_caller]
    fn check(what: &str, expect: &str) {
        assert_eq!(kind(what), expect);
    }
    check("m.image", "picture");
    check("image", "picture");
    check("m.voice", "audio message");
    check("org.matrix.msc3381.poll.start", "poll");
    check("m.sticker", "sticker");
    check("com.example.odd", "attachment");
}
