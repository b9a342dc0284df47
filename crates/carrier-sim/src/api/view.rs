//! A message as the API shows it.

use crate::clock::rfc2822;
use crate::text::segments;
use crate::world::Message;
use serde_json::{Value, json};

/// The message resource of the account.
pub(super) fn message(account: &str, message: &Message) -> Value {
    let text = &message.text;
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", text.sid);
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": rfc2822(message.created_ms),
        "date_sent": message.sent_ms.map(rfc2822),
        "date_updated": rfc2822(message.updated_ms),
        "direction": if message.inbound { "inbound" } else { "outbound-api" },
        "error_code": message.error_code,
        "error_message": message.error_code.map(error_message),
        "from": text.from,
        "messaging_service_sid": message.messaging_service_sid,
        "num_media": "0",
        "num_segments": segments(&text.body).to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": text.sid,
        "status": message.status.as_str(),
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": text.to,
        "uri": format!("{uri}.json"),
    })
}

fn error_message(code: u32) -> &'static str {
    match code {
        30003 => "Unreachable destination handset",
        30004 => "Message blocked",
        30005 => "Unknown destination handset",
        30006 => "Landline or unreachable carrier",
        30007 => "Message filtered",
        30034 => "Message from an unregistered number",
        30036 => "Validity period expired",
        _ => "Unknown error",
    }
}
