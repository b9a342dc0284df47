//! The certificate of a disposal: read as it was written, and in no other spelling.

use proptest::prelude::*;
use verbatim_domain::Timestamp;
use verbatim_record::certificate::{Act, CertificateError, ranges};
use verbatim_record::{BucketId, Certificate, RetentionClass};

use crate::common::check_golden;

fn certificate() -> Certificate {
    Certificate {
        log: [0xA1; 16],
        bucket: BucketId {
            class: RetentionClass(3),
            expiry_month: 24_394,
        },
        key: [1, 2, 3, 4, 5, 6, 7, 8],
        only_data_keys: false,
        rule: "broker-dealer (class 3)".to_owned(),
        proposed: Act {
            at: Timestamp(2_000_000_000_000),
            actor: "operator:ann".to_owned(),
        },
        approved: Act {
            at: Timestamp(2_000_000_100_000),
            actor: "operator:command-line/bob smith".to_owned(),
        },
        destroyed_at: Timestamp(2_000_000_200_000),
        held: 2,
        ranges: vec![(0, 7), (9, 9), (11, 4_000_000_000)],
    }
}

#[test]
fn it_is_written_as_the_golden_file_says_and_read_back() {
    let text = certificate().to_text();
    check_golden("disposal-1.txt", &text);
    assert_eq!(Certificate::parse(&text), Ok(certificate()));
    let empty = Certificate {
        ranges: Vec::new(),
        ..certificate()
    };
    assert_eq!(Certificate::parse(&empty.to_text()), Ok(empty));
}

/// A certificate about single records has one line more, which nothing else may be.
#[test]
fn single_records_are_said_in_a_line_of_its_own() {
    let single = Certificate {
        only_data_keys: true,
        ..certificate()
    };
    let text = single.to_text();
    check_golden("disposal-1-records.txt", &text);
    assert_eq!(Certificate::parse(&text), Ok(single));
    for (line, number) in [
        ("only: keys\n", 5),
        ("only: data keys\nonly: data keys\n", 6),
    ] {
        let altered = text.replacen("only: data keys\n", line, 1);
        let error = CertificateError::Line(number);
        assert_eq!(Certificate::parse(&altered), Err(error), "{altered}");
    }
}

#[test]
fn control_characters_do_not_make_lines() {
    let mut forged = certificate();
    forged.approved.actor = "eve\nheld: 0".to_owned();
    let read = Certificate::parse(&forged.to_text()).unwrap();
    assert_eq!(read.approved.actor, "eve held: 0");
}

#[test]
fn any_other_text_is_refused() {
    let text = certificate().to_text();
    let check = |from: &str, to: &str, expected: CertificateError| {
        assert!(text.contains(from), "{from}");
        let altered = text.replacen(from, to, 1);
        assert_eq!(Certificate::parse(&altered), Err(expected), "{altered}");
    };
    let line = CertificateError::Line;
    check(
        "verbatim-disposal: 1",
        "something: 1",
        CertificateError::NotACertificate,
    );
    check(
        ": 1\n",
        ": 2\n",
        CertificateError::UnknownVersion("2".to_owned()),
    );
    check("a1a1", "a1", line(2));
    check("log: a1", "log: A1", line(13));
    check("bucket: 3 ", "bucket: 300 ", line(3));
    check("key: 01", "", line(4));
    check("proposed: ", "proposed: x", line(6));
    check("destroyed: 2", "destroyed: +2", line(13));
    check("records: ", "records: 1", line(13));
    check("range: 0 7", "range: 7 0", line(11));
    check("range: 9 9", "range: 7 9", line(12));
    check("range: 9 9", "range: 8 9", line(12));
    check("range: 11", "more: 11", line(13));
    assert_eq!(
        Certificate::parse(""),
        Err(CertificateError::NotACertificate)
    );
    let cut = &text[..text.len() - 1];
    assert_eq!(Certificate::parse(cut), Err(line(13)));
}

#[test]
fn positions_become_ranges() {
    let check = |positions: &[u64], expected: &[(u64, u64)]| {
        assert_eq!(ranges(positions.iter().copied()), expected);
    };
    check(&[], &[]);
    check(&[5], &[(5, 5)]);
    check(&[0, 1, 2, 4, 6, 7], &[(0, 2), (4, 4), (6, 7)]);
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>()) {
        let _ = Certificate::parse(&text);
    }

    #[test]
    fn altered_bytes_are_refused_or_read_as_written(at in 0usize..300, byte in 0x20u8..0x7f) {
        let mut bytes = certificate().to_text().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let text = String::from_utf8(bytes).unwrap();
        if let Ok(read) = Certificate::parse(&text) {
            prop_assert_eq!(read.to_text(), text);
        }
    }
}
