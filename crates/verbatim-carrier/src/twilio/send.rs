//! Sending one text, and saying how certain its outcome is (never repeating it).

use serde::Deserialize;
use verbatim_domain::ProviderId;
use verbatim_engine::ports::{FailureClass, Submission, SubmitOutcome};

use super::api::{Answer, Api, Trouble};
use super::config::{TwilioConfig, is_sid};
use super::status::{asks_to_wait, failure_class};

/// Twilio's own bounds.
const VALIDITY_S: std::ops::RangeInclusive<u64> = 1..=36_000;
const MAX_REASON: usize = 200;

pub(super) async fn submit(
    config: &TwilioConfig,
    api: &Api,
    submission: &Submission,
) -> SubmitOutcome {
    let callback = format!("{}?m={}", config.hook("status"), submission.message);
    let validity = (submission.validity.as_millis() / 1000)
        .clamp(*VALIDITY_S.start(), *VALIDITY_S.end())
        .to_string();
    let mut form = vec![
        ("To", submission.to.as_str()),
        // Also with a Messaging Service, which would choose a sender otherwise.
        ("From", submission.from.as_str()),
        ("Body", submission.text.as_str()),
        ("StatusCallback", callback.as_str()),
        ("ValidityPeriod", validity.as_str()),
        // The record holds what was transmitted, so nobody may change it after us.
        ("SmartEncoded", "false"),
        // The check silently drops texts that are repetitive but legitimate.
        ("RiskCheck", "disable"),
    ];
    if let Some(sid) = &config.messaging_service_sid {
        form.push(("MessagingServiceSid", sid));
    }
    match api.post_form(api.url("/Messages.json"), &form).await {
        Ok(answer) => outcome(answer, &submission.text),
        Err(Trouble::NotSent(why)) => not_sent(why),
        Err(Trouble::Unknown(why)) => unknown(why),
    }
}

/// What an answer proves. Only Twilio's own words prove anything: an error page may come from a
/// machine in between, before or after Twilio took the text.
fn outcome(answer: Answer, text: &str) -> SubmitOutcome {
    let Answer {
        status,
        retry_after,
        body,
    } = answer;
    let status = status.as_u16();
    match status {
        429 => SubmitOutcome::NotSent {
            reason: "too many requests".into(),
            retry_after,
        },
        200..=299 => match body.and_then(|raw| Some((accepted_sid(&raw)?, raw))) {
            Some((provider_id, raw)) => SubmitOutcome::Accepted { provider_id, raw },
            None => unknown("success without a message id"),
        },
        408 => unknown("the carrier gave up waiting"),
        400..=499 => match body.and_then(|raw| Some((Refusal::read(&raw)?, raw))) {
            Some((refusal, _)) if asks_to_wait(&refusal.code) => SubmitOutcome::NotSent {
                reason: format!("carrier asks to wait ({})", refusal.code),
                retry_after,
            },
            Some((refusal, raw)) => SubmitOutcome::Refused {
                class: refusal.class(status),
                reason: refusal.reason(text),
                code: refusal.code,
                raw,
            },
            None => unknown(format!("answered {status} without the carrier's error")),
        },
        _ => unknown(format!("answered {status}")),
    }
}

fn not_sent(reason: impl Into<String>) -> SubmitOutcome {
    SubmitOutcome::NotSent {
        reason: reason.into(),
        retry_after: None,
    }
}

fn unknown(reason: impl Into<String>) -> SubmitOutcome {
    SubmitOutcome::Unknown {
        reason: reason.into(),
    }
}

fn accepted_sid(raw: &[u8]) -> Option<ProviderId> {
    #[derive(Deserialize)]
    struct Accepted {
        sid: String,
    }
    let accepted: Accepted = serde_json::from_slice(raw).ok()?;
    is_sid(&accepted.sid).then_some(ProviderId(accepted.sid))
}

/// Twilio's error body: `{"code":21610,"message":"…","more_info":"…","status":400}`.
struct Refusal {
    code: String,
    words: String,
}

impl Refusal {
    fn read(raw: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            code: u32,
            #[serde(default)]
            message: String,
        }
        let wire: Wire = serde_json::from_slice(raw).ok()?;
        Some(Self {
            code: wire.code.to_string(),
            words: wire.message,
        })
    }

    fn class(&self, status: u16) -> FailureClass {
        match (failure_class(&self.code), status) {
            // The status still tells something where the code does not.
            (FailureClass::Other, 401 | 403 | 404) => FailureClass::Account,
            (FailureClass::Other, 400 | 413 | 422) => FailureClass::Request,
            (class, _) => class,
        }
    }

    /// The carrier's words, unless they repeat ours, and without full numbers.
    fn reason(&self, text: &str) -> String {
        if self.words.is_empty() || self.words.contains(text.trim()) {
            return format!("carrier error {}", self.code);
        }
        mask_numbers(&self.words).chars().take(MAX_REASON).collect()
    }
}

/// Hides all but the last four digits of whatever could be a phone number: seven digits or more,
/// with the usual separators in between.
fn mask_numbers(words: &str) -> String {
    let part_of_number = |c: char| c.is_ascii_digit() || "+-.() ".contains(c);
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(first) = rest.chars().next() {
        let inside = part_of_number(first);
        let end = rest
            .find(|c| part_of_number(c) != inside)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let digits = run.chars().filter(char::is_ascii_digit).count();
        if digits >= 7 {
            let mut seen = 0;
            out.extend(run.chars().map(|c| {
                seen += usize::from(c.is_ascii_digit());
                if c.is_ascii_digit() && seen <= digits - 4 {
                    '•'
                } else {
                    c
                }
            }));
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn check(status: u16, body: Option<&str>, expected: &str) {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: body.map(|b| b.as_bytes().to_vec()),
        };
        let got = match outcome(answer, "secret") {
            SubmitOutcome::Accepted { provider_id, raw } => {
                assert_eq!(Some(raw.as_slice()), body.map(str::as_bytes));
                format!("accepted {provider_id}")
            }
            SubmitOutcome::Refused {
                class,
                code,
                reason,
                raw,
            } => {
                assert_eq!(Some(raw.as_slice()), body.map(str::as_bytes));
                format!("refused {class:?} {code} {reason}")
            }
            SubmitOutcome::NotSent { reason, .. } => format!("not sent: {reason}"),
            SubmitOutcome::Unknown { .. } => "unknown".to_owned(),
        };
        assert_eq!(got, expected, "{status} {body:?}");
    }

    #[test]
    fn each_answer_proves_what_it_proves() {
        let error = |code: u32| format!(r#"{{"code":{code},"message":"no","status":400}}"#);
        check(
            201,
            Some(r#"{"sid":"SM1","status":"queued"}"#),
            "accepted SM1",
        );
        check(200, Some(r#"{"sid":"MM1"}"#), "accepted MM1");
        check(201, Some(r#"{"sid":""}"#), "unknown");
        check(201, Some(r#"{"sid":"../x"}"#), "unknown");
        check(201, Some(r#"{"sid":7}"#), "unknown");
        check(201, Some(r#"{"sid":"SM1""#), "unknown");
        check(201, Some("<html>"), "unknown");
        check(201, Some(""), "unknown");
        check(201, None, "unknown");
        check(302, Some(&error(21610)), "unknown");
        check(400, Some(&error(21610)), "refused OptedOut 21610 no");
        check(400, Some(&error(21211)), "refused Address 21211 no");
        check(400, Some(&error(21408)), "refused Configuration 21408 no");
        check(400, Some(&error(21617)), "refused Request 21617 no");
        check(400, Some(&error(99_999)), "refused Request 99999 no");
        check(
            400,
            Some(&error(21611)),
            "not sent: carrier asks to wait (21611)",
        );
        check(
            400,
            Some(&error(20429)),
            "not sent: carrier asks to wait (20429)",
        );
        check(
            400,
            Some(r#"{"code":1}"#),
            "refused Request 1 carrier error 1",
        );
        check(400, Some(r#"{"message":"no"}"#), "unknown");
        check(400, Some("<html>"), "unknown");
        check(400, None, "unknown");
        check(401, Some(&error(20003)), "refused Account 20003 no");
        check(403, Some(&error(70_051)), "refused Account 70051 no");
        check(404, Some(&error(20404)), "refused Account 20404 no");
        check(404, Some("not found"), "unknown");
        check(408, Some(&error(1)), "unknown");
        check(418, Some(&error(70_051)), "refused Other 70051 no");
        check(429, None, "not sent: too many requests");
        check(429, Some(&error(20429)), "not sent: too many requests");
        check(500, Some(&error(21610)), "unknown");
        check(503, Some("<html>"), "unknown");
        check(504, None, "unknown");
    }

    #[test]
    fn reasons_hold_neither_text_nor_numbers() {
        let reason = |words: &str, text: &str| {
            Refusal {
                code: "21211".into(),
                words: words.into(),
            }
            .reason(text)
        };
        assert_eq!(
            reason("The 'To' number +14155550100 is not valid.", "hi"),
            "The 'To' number +•••••••0100 is not valid."
        );
        assert_eq!(
            reason("call (415) 555-0100 x", "hi"),
            "call (•••) •••-0100 x"
        );
        assert_eq!(
            reason("see errors/21211, code 30007", "hi"),
            "see errors/21211, code 30007"
        );
        assert_eq!(
            reason("Body 'my secret' too long", " my secret "),
            "carrier error 21211"
        );
        assert_eq!(reason(&"ä".repeat(500), "hi").chars().count(), MAX_REASON);
    }
}
