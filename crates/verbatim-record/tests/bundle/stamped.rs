//! Bundles that say by when their records existed.

use verbatim_record::Note;
use verbatim_record::bundle::{Given, MemoryFolder, Of, Selection, check};
use verbatim_record::note::Algorithm;
use verbatim_record::report::{Finding, Findings, State};
use verbatim_record::signing::FileSigner;

use crate::fixture::*;

const NOTE: &str = "timestamps/6.checkpoint";
const TOKEN: &str = "timestamps/6.tsr";
const OTHER_CA: &str = include_str!("../../testdata/timestamp/rsa.pem");

fn examine(folder: &MemoryFolder, tsa_ca: Option<&str>) -> Findings {
    let policy = policy();
    let given = Given {
        policy: Some(&policy),
        since: None,
        tsa_ca,
    };
    check(folder, given, &mut |_, _| {})
}

fn said(found: &Findings) -> Option<&Finding> {
    found.findings.iter().find(|f| f.check == "timestamps")
}

/// The newest records of a log, which lie in other tiles than what was stamped.
fn newest() -> MemoryFolder {
    let mut world = World::long(600);
    world.stamp = Some((300, LONG_300.to_vec()));
    world.bundle(
        &Selection {
            of: Of::Conversation(conversation(1)),
            from_ms: time(550),
            to_ms: None,
        },
        &[],
    )
}

#[test]
fn it_says_by_when_the_records_existed() {
    let at = "existed before 2026-11-23T18:52:46.000Z, says CN=bundle test authority,O=Test";
    let later = at.replace("46.000", "47.000");
    let all_of_small = || World::stamped().bundle(&all(), &[5]);
    let without = || World::small().bundle(&all(), &[]);
    type Case<'a> = (
        MemoryFolder,
        Option<&'a str>,
        State,
        Option<(State, String)>,
    );
    let cases: [Case; 7] = [
        (
            all_of_small(),
            Some(CA),
            State::Proved,
            Some((State::Proved, format!("The records up to position 5 {at}."))),
        ),
        (
            newest(),
            Some(CA),
            State::Proved,
            Some((
                State::Proved,
                format!("The records up to position 299 {later}."),
            )),
        ),
        // Who signed was not asked for, which changes nothing.
        (
            all_of_small(),
            None,
            State::Proved,
            Some((
                State::NotAsked,
                format!(
                    "A timestamp is here: records up to position 5 {at}. Who signed it was not proved: name whom \
                     you believe with --tsa-ca."
                ),
            )),
        ),
        // Not wrong, but not by anybody who is believed.
        (
            all_of_small(),
            Some(OTHER_CA),
            State::NotProved,
            Some((
                State::NotProved,
                format!(
                    "That records up to position 5 {at} could not be proved: the timestamp is not by a trusted \
                     authority: UnknownIssuer."
                ),
            )),
        ),
        (
            all_of_small(),
            Some(""),
            State::NotProved,
            Some((
                State::NotProved,
                format!(
                    "That records up to position 5 {at} could not be proved: the certificates of the authority \
                     cannot be used: there is none."
                ),
            )),
        ),
        (without(), None, State::Proved, None),
        (
            without(),
            Some(CA),
            State::NotProved,
            Some((
                State::NotProved,
                "There is no timestamp here: by when the records existed could not be proved."
                    .to_owned(),
            )),
        ),
    ];
    for (folder, ca, verdict, expected) in cases {
        let found = examine(&folder, ca);
        let found_words = said(&found).map(|f| (f.state, f.words.clone()));
        assert_eq!(found_words, expected, "{found}");
        assert_eq!(found.verdict(), verdict, "{found}");
    }
}

#[test]
fn a_bundle_may_end_where_it_was_stamped_but_not_before() {
    let mut world = World::long(299);
    world.stamp = Some((300, LONG_300.to_vec()));
    // Its own record is none of the 300 that were stamped.
    let head = world.export(&all());
    let found = examine(&world.bundle_of(head, &Gone::new()), Some(CA));
    let words = said(&found).map(|f| f.words.as_str());
    assert_eq!(
        words,
        Some("timestamps/300.tsr: the timestamp is about other bytes")
    );

    let mut world = World::long(300);
    let selection = of(Of::Conversation(conversation(1)));
    let head = world.export(&selection);
    let mut folder = world.bundle_of(head, &Gone::new());
    world.append(
        conversation(1),
        verbatim_record::Kind::MessageIn,
        None,
        &text("x", "y"),
    );
    let larger = world.checkpoint_at(302).1.to_string();
    folder
        .0
        .insert("timestamps/302.checkpoint".to_owned(), larger.into());
    folder
        .0
        .insert("timestamps/302.tsr".to_owned(), LONG_300.into());
    reseal(&mut folder, |_| {});
    let found = examine(&folder, None);
    assert_eq!(
        found.wrong().map(|f| f.words.as_str()),
        Some(
            "timestamps/302.checkpoint: it is of more records than the 301 of the bundle's checkpoint"
        )
    );
}

/// Each with a manifest that fits again; found with and without an authority to believe.
#[test]
fn what_is_wrong_is_named() {
    type Change = fn(&mut MemoryFolder);
    let of_another_log = |folder: &mut MemoryFolder| {
        let mut other = World::long(6);
        other.signer = signer();
        set(
            folder,
            NOTE,
            other.checkpoint_at(6).1.to_string().as_bytes(),
        );
    };
    let cases: [(&str, &str, Change); 11] = [
        (TOKEN, "does not fit", |f| {
            let token = f.0.get_mut(TOKEN).unwrap();
            *token.last_mut().unwrap() ^= 1;
        }),
        (TOKEN, "not a timestamp response", |f| {
            f.0.get_mut(TOKEN).unwrap().truncate(100)
        }),
        (TOKEN, "not a timestamp response", |f| set(f, TOKEN, b"")),
        (TOKEN, "cannot be read", |f| set(f, TOKEN, &[b'0'; 70_000])),
        (TOKEN, "about other bytes", |f| set(f, TOKEN, LONG_300)),
        (NOTE, "not shown to be the beginning", of_another_log),
        (NOTE, "it is of 5 records", |f| {
            let note = World::small().checkpoint_at(5).1.to_string();
            set(f, NOTE, note.as_bytes());
        }),
        // Of this log's beginning, but signed by somebody else.
        (NOTE, "no signature is by a key", |f| {
            let text = World::small().checkpoint_at(6).1.text;
            let other = FileSigner::from_seed(ORIGIN, Algorithm::Ed25519, &[8; 32]).unwrap();
            let note = Note::sign(text, &other).unwrap().to_string();
            set(f, NOTE, note.as_bytes());
        }),
        (NOTE, "UTF-8", |f| set(f, NOTE, &[0xff])),
        ("6.tsr is here without timestamps/6.checkpoint", "", |f| {
            f.0.remove(NOTE);
        }),
        ("6.checkpoint is here without timestamps/6.tsr", "", |f| {
            f.0.remove(TOKEN);
        }),
    ];
    for (named, expected, change) in cases {
        for ca in [None, Some(CA)] {
            let mut folder = World::stamped().bundle(&all(), &[]);
            change(&mut folder);
            reseal(&mut folder, |_| {});
            let found = examine(&folder, ca);
            let wrong = found
                .wrong()
                .unwrap_or_else(|| panic!("{named} {expected}: {found}"));
            assert_eq!(wrong.check, "timestamps", "{found}");
            assert!(wrong.words.contains(named), "{named}: {}", wrong.words);
            assert!(
                wrong.words.contains(expected),
                "{expected}: {}",
                wrong.words
            );
        }
    }
}

#[test]
fn a_timestamp_has_the_name_of_its_size() {
    for name in [
        "timestamps/06.tsr",
        "timestamps/x/6.tsr",
        "timestamps/0.tsr",
    ] {
        let mut folder = World::stamped().bundle(&all(), &[]);
        set(&mut folder, name, SMALL_6);
        reseal(&mut folder, |_| {});
        let found = examine(&folder, Some(CA));
        let wrong = found.wrong().unwrap();
        assert_eq!(wrong.words, format!("{name} is no file of such a bundle"));
    }
}

/// The tiles that lead to the bundle's records do not suffice.
#[test]
fn the_tiles_that_lead_from_the_stamped_log_belong_to_the_bundle() {
    let mut folder = newest();
    let tile = "log/tile/0/001";
    assert!(folder.0.remove(tile).is_some(), "{:?}", folder.0.keys());
    reseal(&mut folder, |_| {});
    let found = examine(&folder, Some(CA));
    let wrong = found.wrong().unwrap();
    assert_eq!(wrong.check, "timestamps");
    assert!(wrong.words.contains("tile/0/001 is not here"), "{found}");
}

#[test]
fn a_flipped_byte_is_named() {
    let whole = World::stamped().bundle(&all(), &[]);
    for path in [NOTE, TOKEN] {
        for at in 0..whole.0[path].len() {
            let mut folder = whole.clone();
            folder.0.get_mut(path).unwrap()[at] ^= 1;
            let found = examine(&folder, None);
            let wrong = found.wrong().unwrap();
            assert!(wrong.words.contains(path), "{path} byte {at}: {found}");
            // Behind a manifest that fits again, too; but one bit of the answer says nothing: granted, or
            // granted with modifications.
            reseal(&mut folder, |_| {});
            let found = examine(&folder, Some(CA));
            let is_status = path == TOKEN && at == 8;
            assert_eq!(found.wrong().is_none(), is_status, "{path} byte {at}");
        }
    }
}

fn set(folder: &mut MemoryFolder, path: &str, content: &[u8]) {
    folder.0.insert(path.to_owned(), content.to_vec());
}
