//! What employees write, and what the bot makes of it.

use proptest::prelude::*;

use super::*;
use crate::phone::PhoneNumber;

#[track_caller]
fn check(line: &str, expect: Command) {
    assert_eq!(parse(line), Ok(expect), "{line:?}");
}

fn sms(number: &str, name: &str) -> Command {
    let name = (!name.is_empty()).then(|| name.to_owned());
    Command::Sms {
        number: number.to_owned(),
        name,
        from: None,
    }
}

#[test]
fn bare_commands_in_any_dress() {
    for (word, command) in [
        ("help", Command::Help),
        ("numbers", Command::Numbers),
        ("contacts", Command::Contacts),
        ("status", Command::Status),
    ] {
        for line in [
            word.to_owned(),
            format!("!{word}"),
            format!(" ! {} \n", word.to_uppercase()),
        ] {
            check(&line, command.clone());
        }
    }
    check("help me please", Command::Help);
}

#[test]
fn sms_from_one_of_several_numbers() {
    let check = |line: &str, name: &str, from: &str| {
        let Ok(Command::Sms {
            name: n, from: f, ..
        }) = parse(line)
        else {
            panic!("{line}");
        };
        assert_eq!(n.as_deref().unwrap_or_default(), name, "{line}");
        assert_eq!(f.as_deref().unwrap_or_default(), from, "{line}");
    };
    let ours = "+1 415 555 0100";
    check(
        "sms +14155552671 Jane Doe from +1 415 555 0100",
        "Jane Doe",
        ours,
    );
    check("sms +14155552671 from +1 415 555 0100", "", ours);
    check(
        "sms +14155552671 Ann from Bath from 4155550100",
        "Ann from Bath",
        "4155550100",
    );
    check("sms +14155552671 Ann from Bath", "Ann from Bath", "");
    check("sms +14155552671 Ann from 4b", "Ann from 4b", "");
    check(
        "sms +14155552671 Ann Afrom 4155550100",
        "Ann Afrom 4155550100",
        "",
    );
}

#[test]
fn sms_with_numbers_as_people_write_them() {
    check("sms +14155552671", sms("+14155552671", ""));
    check("SMS +14155552671 Jane Doe", sms("+14155552671", "Jane Doe"));
    check(
        "!sms +1 (415) 555-2671 Jane",
        sms("+1 (415) 555-2671", "Jane"),
    );
    check(
        "sms\t+1.415.555.2671\tJane\n",
        sms("+1.415.555.2671", "Jane"),
    );
    check("sms (0)20 7183 8750", sms("(0)20 7183 8750", ""));
    check(
        "sms +1415\u{a0}555\u{2011}2671",
        sms("+1415\u{a0}555\u{2011}2671", ""),
    );
    check(
        "sms \u{202a}+1 415 555 2671\u{202c} Jane",
        sms("+1 415 555 2671", "Jane"),
    );
    check(
        "sms ＋１４１５５５５２６７１",
        sms("＋１４１５５５５２６７１", ""),
    );
    check(
        "sms tel:+1-415-555-2671 Jane",
        sms("+1-415-555-2671", "Jane"),
    );
}

#[test]
fn sms_with_names_as_people_write_them() {
    check(
        "sms +14155552671 \"Jane Doe\"",
        sms("+14155552671", "Jane Doe"),
    );
    check(
        "sms +14155552671 “Jane Doe”",
        sms("+14155552671", "Jane Doe"),
    );
    check(
        "sms +14155552671 'Jane Doe'",
        sms("+14155552671", "Jane Doe"),
    );
    check(
        "sms +14155552671 'Jane Doe",
        sms("+14155552671", "'Jane Doe"),
    );
    check(
        "sms +14155552671 Conan O'Neil'",
        sms("+14155552671", "Conan O'Neil'"),
    );
    check(
        "sms +14155552671 \"3M Office\"",
        sms("+14155552671", "3M Office"),
    );
    check("sms +14155552671 (Jane)", sms("+14155552671", "(Jane)"));
    check(
        "sms +14155552671 - Jane  van  Dam",
        sms("+14155552671", "Jane van Dam"),
    );
    check("sms +14155552671: Zoë 😀", sms("+14155552671", "Zoë 😀"));
    check(
        "sms +14155552671 Ja\u{0}ne\u{202e}",
        sms("+14155552671", "Jane"),
    );
    check("sms +14155552671 \"\"", sms("+14155552671", ""));
    check(
        &format!("sms +1415 {}", "x".repeat(100)),
        sms("+1415", &"x".repeat(100)),
    );
}

#[test]
fn what_is_read_parses_as_a_number() {
    for line in [
        "sms +1 (415) 555-2671 Jane",
        "sms \u{202a}+1\u{a0}415\u{2011}555\u{2011}2671\u{202c}",
    ] {
        let Ok(Command::Sms { number, .. }) = parse(line) else {
            panic!("{line:?}")
        };
        assert_eq!(
            PhoneNumber::parse(&number, None).unwrap().as_str(),
            "+14155552671",
            "{line:?}"
        );
    }
}

#[test]
fn errors_show_the_right_form() {
    let lines = [
        "",
        "!",
        "sms",
        "sms Jane Doe",
        "sms ( - )",
        "sms +14155552671Jane",
        "numbers please",
        "+1 415 555 2671 hello",
        "texting-is-a-very-long-word now",
    ];
    let seen: String = lines
        .iter()
        .map(|line| {
            format!(
                "{line:?}: {}\n",
                parse(line).expect_err("is no command").words
            )
        })
        .collect();
    insta::assert_snapshot!(seen, @r#"
    "": There is no command here. Write “help” for what I understand.
    "!": There is no command here. Write “help” for what I understand.
    "sms": The client's number is missing. Write it after “sms”, with the country code, and then the name if you like: sms +1 415 555 2671 Jane Doe
    "sms Jane Doe": The client's number is missing. Write it after “sms”, with the country code, and then the name if you like: sms +1 415 555 2671 Jane Doe
    "sms ( - )": The client's number is missing. Write it after “sms”, with the country code, and then the name if you like: sms +1 415 555 2671 Jane Doe
    "sms +14155552671Jane": Put a space between the number and the name: sms +1 415 555 2671 Jane Doe
    "numbers please": Write “numbers” alone, nothing after it.
    "+1 415 555 2671 hello": To text a number, put “sms” before it: sms +1 415 555 2671 Jane Doe
    "texting-is-a-very-long-word now": I do not know “texting-is-a-very-lo…”. I understand sms, numbers, contacts, status and help; for example: sms +1 415 555 2671 Jane Doe
    "#);
    let digits = format!("sms {}", "5".repeat(61));
    insta::assert_snapshot!(parse(&digits).expect_err("too long").words, @"That number is too long. Write one number with its country code: sms +1 415 555 2671 Jane Doe");
    let long = format!("sms +1415 {}", "x".repeat(101));
    insta::assert_snapshot!(parse(&long).expect_err("too long").words, @"That name has 101 characters, and at most 100 are kept. A short one will do: sms +1 415 555 2671 Jane Doe");
}

#[test]
fn help_names_every_command() {
    for word in ["sms +", "help", "numbers", "contacts", "status"] {
        assert!(help_text().contains(word), "{word}");
    }
    // Its example is one.
    let example = help_text()
        .lines()
        .nth(1)
        .and_then(|l| l.split(": ").next())
        .unwrap();
    check(example, sms("+1 415 555 2671", "Jane Doe"));
}

proptest! {
    #[test]
    fn never_panics_and_stays_bounded(line in "\\PC{0,300}|!?(sms|SMS) ?[0-9+() \u{202a}.\"'“tel:a-zé😀-]{0,80}") {
        match parse(&line) {
            Ok(Command::Sms { number, name, .. }) => {
                prop_assert!(number.chars().any(char::is_numeric) && number.chars().count() <= 60);
                prop_assert!(number.chars().all(|c| is_phone_char(c) && !is_invisible(c)));
                prop_assert!(name.is_none_or(|n| !n.trim().is_empty() && n.chars().count() <= 100));
            }
            Ok(_) => {}
            Err(error) => prop_assert!(error.words.chars().count() < 300),
        }
    }

    #[test]
    fn a_number_and_a_name_come_back(number in "\\+[1-9][0-9]{6,14}", name in "[A-Z][a-zé]{1,20}( [A-Z][a-z]{1,20}){0,2}") {
        let line = format!("sms {number} {name}");
        prop_assert_eq!(parse(&line), Ok(Command::Sms { number, name: Some(name), from: None }));
    }
}
