//! `testdata/timestamp`: a request written by hand, and what four authorities of `openssl ts` answered. Their
//! keys were thrown away.

use std::fs;
use std::path::PathBuf;

use verbatim_domain::Timestamp;
use verbatim_record::timestamp::{Stamped, TimestampError, check, request};

const NONCE: u64 = 0x0123_4567_89ab_cdef;
const AUTHORITIES: [&str; 4] = ["rsa", "rsa-sha1-id", "p256", "p384"];

fn file(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read(root.join("testdata/timestamp").join(name)).unwrap()
}

fn answer(authority: &str) -> Vec<u8> {
    file(&format!("{authority}.tsr"))
}

fn ca(authority: &str) -> String {
    String::from_utf8(file(&format!("{authority}.pem"))).unwrap()
}

fn note() -> Vec<u8> {
    file("stamped.txt")
}

fn checked(response: &[u8], authority: &str) -> Result<Stamped, TimestampError> {
    check(response, &note(), Some(NONCE), &ca(authority))
}

#[test]
fn the_request_is_the_one_of_the_standard() {
    assert_eq!(request(&note(), NONCE).unwrap(), file("request.tsq"));
}

#[test]
fn real_answers_are_believed() {
    for (number, authority) in AUTHORITIES.iter().enumerate() {
        let stamped = checked(&answer(authority), authority).unwrap();
        assert_eq!(stamped.policy, "1.3.6.1.4.1.32473.1");
        assert_eq!(
            stamped.authority,
            format!("CN={authority} test authority,O=Test")
        );
        assert_eq!(stamped.serial, "02", "{number}");
        let november_2026 = Timestamp(1_793_491_200_000)..Timestamp(1_796_083_200_000);
        assert!(november_2026.contains(&stamped.at), "{:?}", stamped.at);
        check(&answer(authority), &note(), None, &ca(authority)).unwrap();
    }
}

#[test]
fn what_is_not_meant_is_refused() {
    let all_cas: String = AUTHORITIES.map(ca).concat();
    check(&answer("p256"), &note(), Some(NONCE), &all_cas).unwrap();
    let refused =
        |bytes: &[u8], nonce, ca: &str| check(&answer("p256"), bytes, nonce, ca).unwrap_err();
    let own = ca("p256");
    assert_eq!(refused(b"other", None, &own), TimestampError::OtherBytes);
    assert_eq!(
        refused(&note(), Some(NONCE + 1), &own),
        TimestampError::OtherRequest
    );
    assert!(matches!(
        refused(&note(), None, &ca("rsa")),
        TimestampError::Untrusted(_)
    ));
    assert!(matches!(
        refused(&note(), None, ""),
        TimestampError::Certificates(_)
    ));
    let broken = own.replace('A', "*");
    assert!(matches!(
        refused(&note(), None, &broken),
        TimestampError::Certificates(_)
    ));
}

/// `TimeStampResp { status { rejection, "no", badAlg } }`.
#[test]
fn a_refusal_is_told() {
    let refusal = [
        0x30, 0x0f, 0x30, 0x0d, 2, 1, 2, 0x30, 4, 0x0c, 2, b'n', b'o', 3, 2, 7, 0x80,
    ];
    let expected = TimestampError::Refused {
        status: 2,
        said: "no".into(),
    };
    assert_eq!(check(&refusal, b"", None, "").unwrap_err(), expected);
    assert!(expected.to_string().ends_with("(status 2: no)"));
}

/// Each bit of each answer, and each of its beginnings.
#[test]
fn no_part_can_be_altered() {
    for authority in AUTHORITIES {
        let whole = answer(authority);
        let mut believed = Vec::new();
        for at in 0..whole.len() {
            assert!(
                checked(&whole[..at], authority).is_err(),
                "{authority} cut at {at}"
            );
            for bit in 0..8 {
                let mut altered = whole.clone();
                altered[at] ^= 1 << bit;
                if let Ok(stamped) = checked(&altered, authority) {
                    believed.push((at, bit, whole[at], stamped));
                }
            }
        }
        // One bit has no meaning: granted (0) or granted with modifications (1).
        let places: Vec<_> = believed.iter().map(|(at, bit, ..)| (*at, *bit)).collect();
        assert_eq!(places, [(status(&whole), 0)], "{authority}: {believed:?}");
    }
}

/// Where the status is: outer head of four bytes, inner head of two, then `02 01 00`.
fn status(response: &[u8]) -> usize {
    assert_eq!(response[4..9], [0x30, 3, 2, 1, 0]);
    8
}
