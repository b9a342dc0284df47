//! Numbers as people write them, read by us and by an independent library.

use proptest::prelude::*;

use super::*;

/// What the second library (`phonenumber`) makes of the same text.
#[derive(Clone, Copy)]
enum Oracle {
    /// The same.
    Agrees,
    /// This, which is wrong.
    Differs(&'static str),
}
use Oracle::{Agrees, Differs};

use PhoneError::{Impossible, NoCountry, NotANumber};

/// Text, region to assume, what it is, what the oracle says.
type Case = (
    &'static str,
    Option<&'static str>,
    Result<&'static str, PhoneError>,
    Oracle,
);

const CASES: &[Case] = &[
    ("+1 (415) 555-2671", None, Ok("+14155552671"), Agrees),
    ("415-555-2671", Some("US"), Ok("+14155552671"), Agrees),
    ("415-555-2671", Some("us"), Ok("+14155552671"), Agrees),
    ("020 7183 8750", Some("GB"), Ok("+442071838750"), Agrees),
    ("07400 123456", Some("GB"), Ok("+447400123456"), Agrees),
    ("0176 1234567", Some("DE"), Ok("+491761234567"), Agrees),
    ("+44 7911 123456 ext 12", None, Ok("+447911123456"), Agrees),
    ("1-800-FLOWERS", Some("US"), Ok("+18003569377"), Agrees),
    (
        "011 44 20 7183 8750",
        Some("US"),
        Ok("+442071838750"),
        Agrees,
    ),
    ("00442071838750", Some("DE"), Ok("+442071838750"), Agrees),
    ("12345", Some("US"), Err(Impossible), Agrees),
    ("+1 555 123", None, Err(Impossible), Agrees),
    ("+39 06 1234 5678", None, Ok("+390612345678"), Agrees),
    ("+52 55 1234 5678", None, Ok("+525512345678"), Agrees),
    (
        "+52 1 55 1234 5678",
        None,
        Ok("+525512345678"),
        Differs(r#"Ok("+5215512345678")"#),
    ),
    ("+54 9 11 1234 5678", None, Ok("+5491112345678"), Agrees),
    (
        "+1 415 555 2671;ext=5",
        None,
        Ok("+14155552671"),
        Differs("Err(NoNumber)"),
    ),
    ("tel:+1-415-555-2671", None, Ok("+14155552671"), Agrees),
    (
        "４１５５５５２６７１",
        Some("US"),
        Ok("+14155552671"),
        Differs("Err(NoNumber)"),
    ),
    ("(0)20 7183 8750", Some("GB"), Ok("+442071838750"), Agrees),
    ("+883510012345678", None, Ok("+883510012345678"), Agrees),
    ("+1 684 622 1234", None, Ok("+16846221234"), Agrees),
    ("+1 876 555 1234", None, Ok("+18765551234"), Agrees),
    // Numbers of films and demonstrations are possible, if never assigned.
    ("+15555550123", None, Ok("+15555550123"), Agrees),
    ("555-2671", Some("US"), Err(Impossible), Agrees),
    ("415-555-2671", None, Err(NoCountry), Agrees),
    ("415-555-2671", Some("XX"), Err(NoCountry), Agrees),
    ("+999 123 456 789", None, Err(Impossible), Agrees),
    ("+49 1234567890123456", None, Err(Impossible), Agrees),
    ("", None, Err(NotANumber), Agrees),
    ("+", Some("US"), Err(NotANumber), Agrees),
    ("Verbatim", Some("US"), Err(NotANumber), Agrees),
    // Sender ids are names, whatever digits they hold; short codes are too short.
    (
        "ACME4155552671",
        Some("US"),
        Err(NotANumber),
        Differs("+14155552671"),
    ),
    ("72975", Some("US"), Err(Impossible), Agrees),
];

#[test]
fn numbers_as_people_write_them() {
    for &(text, region, expect, _) in CASES {
        let seen = PhoneNumber::parse(text, region);
        assert_eq!(
            seen.as_ref().map(PhoneNumber::as_str),
            expect.as_ref().copied(),
            "{text:?} {region:?}"
        );
    }
}

/// Whether the oracle agrees: it reads the same number, or it knows no valid number either (it cannot
/// be asked whether a number is possible).
fn agrees(text: &str, region: Option<&str>, ours: Result<&str, PhoneError>) -> Result<(), String> {
    let country = region.and_then(|r| r.to_ascii_uppercase().parse().ok());
    let theirs = phonenumber::parse(country, text);
    let e164 = theirs
        .as_ref()
        .map(|n| n.format().mode(phonenumber::Mode::E164).to_string());
    match (ours, e164) {
        (Ok(ours), Ok(e164)) if ours == e164 => Ok(()),
        (Ok(_), other) => Err(format!("{other:?}")),
        (Err(_), Ok(e164)) if theirs.as_ref().is_ok_and(|n| n.is_valid()) => Err(e164),
        (Err(_), _) => Ok(()),
    }
}

#[test]
fn an_independent_library_agrees_but_for_known_differences() {
    let mut surprises = Vec::new();
    for &(text, region, expect, known) in CASES {
        match (agrees(text, region, expect), known) {
            (Ok(()), Agrees) => {}
            (Err(theirs), Differs(known)) if theirs == known => {}
            (seen, _) => surprises.push((text, region, seen)),
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

#[test]
fn masked_shows_four_digits() {
    let number = PhoneNumber::parse("+14155552671", None).unwrap();
    assert_eq!(number.masked(), "•••• 2671");
    assert_eq!(format!("{number:?}"), "PhoneNumber(•••• 2671)");
}

proptest! {
    #[test]
    fn never_panics_and_reads_its_own_writing(
        text in "(\\PC{0,40}|[+＋(]?[0-9０-９٠-٩ ().A-Za-z;=/:x#-]{0,30}|\\+[0-9]{1,20})",
        region in proptest::option::of("[A-Z]{2}"),
    ) {
        for region in [None, Some("US"), region.as_deref()] {
            if let Ok(number) = PhoneNumber::parse(&text, region) {
                let again = PhoneNumber::parse(number.as_str(), None);
                prop_assert_eq!(again.as_ref(), Ok(&number));
                // An assumed country never changes a number that has its own.
                prop_assert_eq!(PhoneNumber::parse(number.as_str(), Some("GB")), Ok(number));
            }
        }
    }

    #[test]
    fn every_region_reads_its_own_writing(region in "(MX|AR|BR|IT|DE|RU|KZ|US|GB|CN|SM|VA|AX|NO|AU|CC|CX)", digits in "[0-9]{4,17}") {
        if let Ok(number) = PhoneNumber::parse(&digits, Some(&region)) {
            prop_assert!(number.as_str().len() <= 16 && number.as_str().starts_with('+'));
            prop_assert_eq!(PhoneNumber::parse(number.as_str(), None), Ok(number));
        }
    }
}
