//! What a client and an employee are told at the beginning: the disclosure, the room's name and topic.

use crate::phone::PhoneNumber;

/// The disclosure where the firm writes none of its own. Says who texts, that it is recorded, and what
/// industry rules want a first text to carry: charges, HELP and STOP. With usual names it is one
/// segment of GSM 7-bit.
pub const DEFAULT_TEMPLATE: &str = "{firm}: {employee} here. Texts on this number are recorded. \
    Msg&data rates may apply. Reply HELP for help, STOP to opt out.";

/// Fills a template in: `{firm}` and `{employee}` are replaced; everything else stays, and so does
/// what looks like a placeholder inside a name.
pub fn disclosure(firm: &str, employee_name: &str, template: &str) -> String {
    const PLACEHOLDERS: [&str; 2] = ["{firm}", "{employee}"];
    let names = [firm.trim(), employee_name.trim()];
    let mut out = String::with_capacity(template.len() + firm.len() + employee_name.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let found = PLACEHOLDERS
            .iter()
            .zip(names)
            .find(|(mark, _)| from.starts_with(**mark));
        let (written, read) = found.map_or(("{", 1), |(mark, name)| (name, mark.len()));
        out.push_str(written);
        rest = &from[read..];
    }
    out.push_str(rest);
    out
}

/// The name of a conversation's room: the contact's, or the end of their number while nobody has named
/// them. Marked as SMS, so that nobody takes the other side for a chat user.
pub fn room_name(contact_name: Option<&str>, number: &PhoneNumber) -> String {
    match contact_name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("{name} (SMS)"),
        None => format!("{} (SMS)", number.masked()),
    }
}

/// The topic of a conversation's room. The contact's number is masked: room state is not encrypted.
pub fn topic(contact: &PhoneNumber, ours: &PhoneNumber) -> String {
    format!(
        "Text messages with {} from your number {}. Recorded.",
        contact.masked(),
        ours.as_str()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::{Encoding, cost};

    #[track_caller]
    fn check(template: &str, expect: &str) {
        assert_eq!(disclosure("Acme Wealth", "Alice Ng", template), expect);
    }

    #[test]
    fn placeholders_are_filled_in_once() {
        check("", "");
        check("no names", "no names");
        check(
            "{firm}/{employee}/{firm}",
            "Acme Wealth/Alice Ng/Acme Wealth",
        );
        check("{Firm} {other} {", "{Firm} {other} {");
        check("{{firm}}", "{Acme Wealth}");
        assert_eq!(
            disclosure("{employee}", "{firm}", "{firm}+{employee}"),
            "{employee}+{firm}"
        );
        assert_eq!(disclosure(" A ", "É\n", "ü{firm}{employee}é"), "üAÉé");
    }

    #[test]
    fn the_default_is_one_segment_and_says_what_it_must() {
        for (firm, employee) in [
            ("Acme Wealth", "Alice Ng"),
            ("Example Capital Advisors", "Bob"),
            ("Brown & Söhne", "Zoé-Marie O'Hara"),
        ] {
            let text = disclosure(firm, employee, DEFAULT_TEMPLATE);
            let cost = cost(&text);
            assert_eq!(
                (cost.encoding, cost.segments),
                (Encoding::Gsm7, 1),
                "{text}"
            );
            for word in [
                firm,
                employee,
                "recorded",
                "rates may apply",
                "HELP",
                "STOP",
            ] {
                assert!(text.contains(word), "{word}: {text}");
            }
        }
        insta::assert_snapshot!(disclosure("Acme Wealth", "Alice Ng", DEFAULT_TEMPLATE), @"Acme Wealth: Alice Ng here. Texts on this number are recorded. Msg&data rates may apply. Reply HELP for help, STOP to opt out.");
    }

    #[test]
    fn rooms_show_no_full_contact_number() {
        let contact = PhoneNumber::parse("+14155552671", None).unwrap();
        let ours = PhoneNumber::parse("+15555550100", None).unwrap();
        assert_eq!(room_name(Some("Jane Doe"), &contact), "Jane Doe (SMS)");
        assert_eq!(room_name(Some(" "), &contact), "•••• 2671 (SMS)");
        assert_eq!(room_name(None, &contact), "•••• 2671 (SMS)");
        let topic = topic(&contact, &ours);
        insta::assert_snapshot!(topic, @"Text messages with •••• 2671 from your number +15555550100. Recorded.");
        assert!(topic.to_lowercase().contains("recorded"));
    }
}
