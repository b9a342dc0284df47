//! The key file: every way in which it can be wrong has its own answer, and none shows the key.

use crate::common::*;
use verbatim_record::{Kek, KekFile, KeyError, WrappedKek};

#[track_caller]
fn check(change: impl Fn(&str) -> String, expected: KeyError) {
    let text = change(&kek().to_text());
    let error = Kek::parse(&text).unwrap_err();
    assert_eq!(error, expected, "{text}");
}

#[test]
fn a_wrong_file_is_named() {
    let wrong_id = KeyError::WrongId {
        stated: "0".repeat(16),
        found: kek().id(),
    };
    check(|_| String::new(), KeyError::NotAKeyFile);
    check(|_| "# only a comment\n".into(), KeyError::NotAKeyFile);
    check(
        |_| "-----BEGIN PRIVATE KEY-----\n".into(),
        KeyError::NotAKeyFile,
    );
    check(
        |t| t.replace("verbatim-kek: 1", "verbatim-kek: 9"),
        KeyError::UnknownVersion("9".into()),
    );
    check(|t| format!("{t}extra: 1\n"), KeyError::UnexpectedLine(8));
    check(
        |t| format!("{t}{}", &t[t.find("id:").unwrap()..]),
        KeyError::UnexpectedLine(8),
    );
    check(|t| t.replace("id: ", "id "), KeyError::UnexpectedLine(5));
    check(|t| t.replace("key: ", "key: A"), KeyError::Damaged);
    check(|t| t.replace("key: ", "key: !"), KeyError::Damaged);
    check(|t| t.replace("AAEC", "AAED"), KeyError::Altered);
    check(|t| t.replace("id: ", "id: f"), KeyError::Altered);
    check(|_| consistent_with_another_id(), wrong_id);
}

/// A file whose checksum fits although the id is not the key's.
fn consistent_with_another_id() -> String {
    use base64::Engine as _;
    use sha2::Digest;
    let id = "0".repeat(16);
    let key = base64::engine::general_purpose::STANDARD.encode(counting::<32>(0));
    let sum = sha2::Sha256::digest(format!("verbatim-kek/1\n{id}\n{key}\n"));
    format!(
        "verbatim-kek: 1\nid: {id}\nkey: {key}\nsum: {}\n",
        hex::encode(&sum[..8])
    )
}

/// A file that was cut off anywhere is refused, unless only its last line's end is gone.
#[test]
fn a_cut_file_is_refused() {
    let text = kek().to_text();
    let whole = text.trim_end().len();
    for cut in 0..whole {
        let error = Kek::parse(&text[..cut]).unwrap_err();
        assert!(!matches!(error, KeyError::WrongId { .. }), "{cut}: {error}");
    }
    assert!(Kek::parse(&text[..whole]).is_ok());
}

/// One changed character in a line that matters is always noticed.
#[test]
fn a_changed_character_is_noticed() {
    let text = kek().to_text().to_string();
    let begin = text.find("verbatim-kek").unwrap();
    for at in begin..text.len() {
        for replacement in ["A", "z", "0", "#"] {
            let mut changed = text.clone();
            changed.replace_range(at..=at, replacement);
            let blank = text.as_bytes()[at].is_ascii_whitespace();
            if changed != text && !blank {
                assert!(
                    Kek::parse(&changed).is_err(),
                    "{at} {replacement}: {changed}"
                );
            }
        }
    }
}

#[test]
fn what_editors_do_to_a_file_is_harmless() {
    let text = kek().to_text();
    for harmless in [
        text.replace('\n', "\r\n"),
        text.replace(": ", ":\t"),
        format!("\n\n{}\n\n", text.replace('\n', "  \n")),
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|l| format!("{l}\n"))
            .collect(),
    ] {
        assert_eq!(
            Kek::parse(&harmless).map(|key| key.check()),
            Ok(kek().check()),
            "{harmless}"
        );
    }
}

#[test]
fn keys_differ_by_label_and_are_not_shown() {
    let (kek, other) = (kek(), Kek::from_bytes([1; 32]));
    let values = [
        *kek.derive("a"),
        *kek.derive("b"),
        *other.derive("a"),
        kek.check(),
        other.check(),
    ];
    for (i, value) in values.iter().enumerate() {
        assert!(!values[..i].contains(value), "{i}");
    }
    assert_ne!(kek.id(), other.id());
    assert_eq!(format!("{kek:?}"), format!("Kek({:?})", kek.id()));
}

fn wrapped() -> WrappedKek {
    WrappedKek::new(&kek(), "verbatim-kek", counting::<60>(1).to_vec()).unwrap()
}

#[test]
fn a_wrapped_key_comes_back_and_needs_its_token() {
    let text = wrapped().to_text();
    match KekFile::parse(&text).unwrap() {
        KekFile::Wrapped(read) => assert_eq!(read, wrapped()),
        KekFile::Clear(_) => panic!("{text}"),
    }
    let needs = KeyError::NeedsToken("verbatim-kek".into());
    assert_eq!(Kek::parse(&text).unwrap_err(), needs);
    assert_eq!(
        wrapped().opened(kek().bytes().as_ref()).unwrap().check(),
        kek().check()
    );
    for wrong in [&[1; 32][..], &[0; 31], &[]] {
        assert!(wrapped().opened(wrong).is_err());
    }
}

#[test]
fn a_wrapped_file_that_was_altered_is_refused() {
    let text = wrapped().to_text();
    let begin = text.find("verbatim-kek: 2").unwrap();
    for at in begin..text.trim_end().len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        let is_same = matches!(KekFile::parse(&changed), Ok(KekFile::Wrapped(w)) if w == wrapped());
        let is_refused = KekFile::parse(&changed).is_err();
        // A space that became another blank means the same.
        assert!(is_refused || is_same, "byte {at}");
    }
    let line = "token-key: other\n";
    let twice = KekFile::parse(&format!("{text}{line}")).unwrap_err();
    assert_eq!(twice, KeyError::UnexpectedLine(9));
    let mixed = text.replace("verbatim-kek: 2", "verbatim-kek: 1");
    assert!(KekFile::parse(&mixed).is_err());
}

#[test]
fn a_label_fits_a_line() {
    for bad in ["", " a", "a ", "a\nb", "a\u{7}", &"x".repeat(65)] {
        let refused = WrappedKek::new(&kek(), bad, vec![]);
        assert_eq!(refused, Err(KeyError::Label(bad.to_owned())), "{bad:?}");
    }
}
