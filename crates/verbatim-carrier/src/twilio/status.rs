//! Twilio's status words and error codes in our terms.
//!
//! Twilio announces that codes change, so each maps to a class of what can be done, and a code that is
//! not in the table gets the class of its family.

use verbatim_engine::ports::{FailureClass, ReceiptStatus};

/// What a status word means, together with the error code that came with it.
pub fn receipt_status(word: &str, code: Option<&str>) -> ReceiptStatus {
    let class = || code.map_or(FailureClass::Other, failure_class);
    match word {
        "accepted" | "scheduled" | "queued" | "sending" => ReceiptStatus::Submitted,
        "sent" => ReceiptStatus::Sent,
        "delivered" | "read" => ReceiptStatus::Delivered,
        "undelivered" | "failed" if code.is_some_and(ran_out_of_time) => ReceiptStatus::Expired,
        "undelivered" => ReceiptStatus::Undelivered(class()),
        // Some of its parts arrived: the text as a whole did not.
        "partially_delivered" => ReceiptStatus::Undelivered(FailureClass::Delivery),
        "failed" | "canceled" => ReceiptStatus::Failed(class()),
        _ => ReceiptStatus::Unrecognised,
    }
}

/// What can be done about an error code.
pub fn failure_class(code: &str) -> FailureClass {
    match code {
        // Not a number, not reachable by this route, not a mobile, unknown, landline.
        "21211" | "21217" | "21612" | "21614" | "30005" | "30006" => FailureClass::Address,
        "21610" => FailureClass::OptedOut,
        "30004" | "30007" => FailureClass::Policy,
        // Credentials, account not active, access denied, no such account, account suspended.
        "20003" | "20004" | "20005" | "20006" | "20403" | "20404" | "30002" => {
            FailureClass::Account
        }
        // Sender, country, callback address, Messaging Service, registration.
        "21212" | "21408" | "21603" | "21606" | "21609" | "21659" | "21660" | "21661" | "21701"
        | "21703" | "21704" | "21705" | "30032" | "30034" | "30035" => FailureClass::Configuration,
        "30001" => FailureClass::Other,
        _ => family(code),
    }
}

fn family(code: &str) -> FailureClass {
    let digits = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
    match code.get(..2) {
        Some("20") if digits => FailureClass::Configuration,
        Some("21") if digits => FailureClass::Request,
        Some("30") if digits => FailureClass::Delivery,
        _ => FailureClass::Other,
    }
}

fn ran_out_of_time(code: &str) -> bool {
    matches!(code, "30012" | "30036")
}

/// Codes that ask us to come back later: nothing was taken.
pub(super) fn asks_to_wait(code: &str) -> bool {
    matches!(code, "20429" | "21611")
}

#[cfg(test)]
mod tests {
    use FailureClass::*;
    use ReceiptStatus::*;

    use super::*;

    #[test]
    fn every_word_has_a_meaning() {
        for (word, code, expected) in [
            ("accepted", None, Submitted),
            ("scheduled", None, Submitted),
            ("queued", None, Submitted),
            ("sending", None, Submitted),
            ("sent", None, Sent),
            ("delivered", None, Delivered),
            ("read", None, Delivered),
            ("undelivered", Some("30003"), Undelivered(Delivery)),
            ("undelivered", Some("30007"), Undelivered(Policy)),
            ("undelivered", Some("30012"), Expired),
            ("undelivered", None, Undelivered(Other)),
            ("failed", Some("21610"), Failed(OptedOut)),
            ("failed", Some("30036"), Expired),
            ("failed", Some("30001"), Failed(Other)),
            ("failed", None, Failed(Other)),
            ("canceled", None, Failed(Other)),
            ("partially_delivered", None, Undelivered(Delivery)),
            // Words of inbound messages, and words that we do not know, change nothing.
            ("receiving", None, Unrecognised),
            ("received", None, Unrecognised),
            ("Delivered", None, Unrecognised),
            ("", None, Unrecognised),
            ("teleported", Some("30003"), Unrecognised),
        ] {
            assert_eq!(receipt_status(word, code), expected, "{word} {code:?}");
        }
    }

    #[test]
    fn every_code_has_a_class() {
        for (code, expected) in [
            ("21211", Address),
            ("21612", Address),
            ("21614", Address),
            ("30005", Address),
            ("30006", Address),
            ("21610", OptedOut),
            ("30004", Policy),
            ("30007", Policy),
            ("20003", Account),
            ("20404", Account),
            ("20001", Configuration),
            ("21408", Configuration),
            ("21606", Configuration),
            ("30002", Account),
            ("30034", Configuration),
            ("30003", Delivery),
            ("30008", Delivery),
            ("30010", Delivery),
            ("30011", Delivery),
            ("30999", Delivery),
            ("21602", Request),
            ("21617", Request),
            ("21999", Request),
            ("63016", Other),
            ("3000", Other),
            ("30é", Other),
            ("abcde", Other),
            ("", Other),
        ] {
            assert_eq!(failure_class(code), expected, "{code}");
        }
    }
}
