//! The key file: every way in which it can be wrong has its own answer, and none shows the key.

use crate::common::*;
use verbatim_record::{Kek, KeyError};

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
    let text = kek().to_text();
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
