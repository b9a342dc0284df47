//! What a webhook says, once its signature is checked.
//!
//! Two addresses: `/hooks/{account}/sms` for incoming texts and `/hooks/{account}/status?m={id}` for
//! news of ours, where `m` is our id of the message. Fields that we do not know are kept as details;
//! the raw request is the engine's evidence. `RawDlrDoneDate` has no documented zone, so it is left to
//! the evidence and not read as a time.

use std::str::FromStr;

use verbatim_domain::consent::Consent;
use verbatim_domain::{MessageId, ProviderId};
use verbatim_engine::ports::{CarrierEvent, InboundText, Receipt, Webhook, WebhookError};

use super::config::{TwilioConfig, is_sid};
use super::form::parse_form;
use super::signature;
use super::status::receipt_status;

/// The edge takes no more either; checked again because the signature is computed over all of it.
const MAX_BODY: usize = 64 * 1024;
const MAX_FIELDS: usize = 500;
/// Longest phone number, name or status word that we take for one.
const MAX_WORD: usize = 255;
const MAX_MEDIA: usize = 64;

/// Checks the signature, then reads the request.
///
/// # Errors
/// [`WebhookError::Signature`] before anything else is looked at; [`WebhookError::Malformed`] if it is
/// signed but not understood.
pub fn read(config: &TwilioConfig, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError> {
    if hook.body.len() > MAX_BODY {
        return Err(WebhookError::Signature);
    }
    signature::verify(config, hook)?;
    interpret(config, hook)
}

/// Reads a request **whose signature was checked**. Public for fuzzing only: use [`read`].
///
/// # Errors
/// [`WebhookError::Malformed`] if it is not understood.
pub fn interpret(config: &TwilioConfig, hook: &Webhook) -> Result<Vec<CarrierEvent>, WebhookError> {
    if !signature::is_form(hook) {
        return Err(WebhookError::Malformed("not a form"));
    }
    let fields = Fields::read(&hook.body)?;
    if fields.one("AccountSid")? != Some(config.account_sid.as_str()) {
        return Err(WebhookError::Malformed("another account"));
    }
    let (path, query) = hook
        .path_and_query
        .split_once('?')
        .unwrap_or((&hook.path_and_query, ""));
    let event = match path
        .rsplit_once("/hooks/")
        .and_then(|(_, rest)| rest.split_once('/'))
    {
        Some((account, "sms")) if account == config.account.as_str() => {
            CarrierEvent::Inbound(inbound(fields)?)
        }
        Some((account, "status")) if account == config.account.as_str() => {
            CarrierEvent::Receipt(receipt(&fields, query)?)
        }
        _ => return Err(WebhookError::Malformed("unknown address")),
    };
    Ok(vec![event])
}

fn inbound(fields: Fields) -> Result<InboundText, WebhookError> {
    let provider_id = fields.message_sid()?;
    let from = fields
        .word("From")?
        .ok_or(WebhookError::Malformed("no From"))?
        .to_owned();
    let to = fields
        .word("To")?
        .ok_or(WebhookError::Malformed("no To"))?
        .to_owned();
    let text = fields.one("Body")?.unwrap_or_default().to_owned();
    let media = media(&fields)?;
    // Of accounts with Advanced Opt-Out, which may know other words than ours.
    let consent = match fields.one("OptOutType")? {
        Some("STOP") => Some(Consent::OptedOut),
        Some("START") => Some(Consent::OptedIn),
        _ => None,
    };
    Ok(InboundText {
        redacted: false,
        provider_id,
        from,
        to,
        text,
        provider_at: None,
        media,
        consent,
        details: fields.rest(),
    })
}

fn media(fields: &Fields) -> Result<Vec<(String, String)>, WebhookError> {
    let count = match fields.one("NumMedia")? {
        Some(count) => count
            .parse()
            .map_err(|_| WebhookError::Malformed("NumMedia"))?,
        None => 0,
    };
    let mut media = Vec::new();
    for n in 0..usize::min(count, MAX_MEDIA) {
        // A missing address is no reason to lose the text; NumMedia stays in the details.
        if let Some(address) = fields.one(&format!("MediaUrl{n}"))? {
            let kind = fields
                .one(&format!("MediaContentType{n}"))?
                .unwrap_or_default();
            media.push((address.to_owned(), kind.to_owned()));
        }
    }
    Ok(media)
}

fn receipt(fields: &Fields, query: &str) -> Result<Receipt, WebhookError> {
    let word = match fields.word("MessageStatus")? {
        Some(word) => word,
        None => fields
            .word("SmsStatus")?
            .ok_or(WebhookError::Malformed("no MessageStatus"))?,
    };
    let code = fields.word("ErrorCode")?;
    Ok(Receipt {
        provider_id: fields.message_sid()?,
        message: our_id(query),
        status: receipt_status(word, code),
        provider_status: word.to_owned(),
        code: code.map(str::to_owned),
        provider_at: None,
    })
}

/// Our id out of `m=…`. Without it the receipt still counts, by the carrier's id.
fn our_id(query: &str) -> Option<MessageId> {
    let text = query.split('&').find_map(|pair| pair.strip_prefix("m="))?;
    (text.len() == 32)
        .then(|| MessageId::from_str(text).ok())
        .flatten()
}

/// The decoded fields of a form that is text throughout.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8]) -> Result<Self, WebhookError> {
        let fields = parse_form(body);
        if fields.len() > MAX_FIELDS {
            return Err(WebhookError::Malformed("too many fields"));
        }
        let text = |raw| String::from_utf8(raw).map_err(|_| WebhookError::Malformed("not UTF-8"));
        let fields = fields
            .into_iter()
            .map(|(name, value)| Ok((text(name)?, text(value)?)));
        fields.collect::<Result<_, _>>().map(Self)
    }

    /// A field that we act on. Twice with different values, and nobody knows which one is meant.
    fn one(&self, name: &str) -> Result<Option<&str>, WebhookError> {
        let mut values = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value);
        let first = values.next();
        if values.any(|value| Some(value) != first) {
            return Err(WebhookError::Malformed("a field with two values"));
        }
        Ok(first.map(String::as_str))
    }

    /// As [`Self::one`], but short, and empty is absent.
    fn word(&self, name: &str) -> Result<Option<&str>, WebhookError> {
        match self.one(name)? {
            Some("") | None => Ok(None),
            Some(word) if word.len() > MAX_WORD => Err(WebhookError::Malformed("a field too long")),
            Some(word) => Ok(Some(word)),
        }
    }

    fn message_sid(&self) -> Result<ProviderId, WebhookError> {
        for name in ["MessageSid", "SmsSid", "SmsMessageSid"] {
            match self.word(name)? {
                Some(sid) if is_sid(sid) => return Ok(ProviderId::from(sid)),
                Some(_) => return Err(WebhookError::Malformed("MessageSid")),
                None => {}
            }
        }
        Err(WebhookError::Malformed("no MessageSid"))
    }

    /// What [`InboundText`] has no place for.
    fn rest(self) -> Vec<(String, String)> {
        const PLACED: [&str; 5] = ["MessageSid", "AccountSid", "From", "To", "Body"];
        self.0
            .into_iter()
            .filter(|(name, _)| !PLACED.contains(&name.as_str()))
            .collect()
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
