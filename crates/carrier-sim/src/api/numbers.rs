//! `GET IncomingPhoneNumbers.json`: the numbers of the account.

use super::{pairs, value};
use crate::clock::rfc2822;
use crate::sim::Sim;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Answers with all numbers that contain the digits asked for; there is one page.
pub(super) async fn handle(State(sim): State<Arc<Sim>>, RawQuery(query): RawQuery) -> Json<Value> {
    let query = pairs(query.unwrap_or_default().as_bytes());
    let wanted = value(&query, "PhoneNumber")
        .unwrap_or_default()
        .trim_start_matches('+');
    let world = sim.world();
    let found = world
        .numbers
        .iter()
        .filter(|(number, _)| number.contains(wanted));
    let numbers: Vec<Value> = found
        .map(|(number, url)| resource(&sim, number, world.number_name(number), url))
        .collect();
    let uri = format!(
        "/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json",
        sim.account.sid
    );
    Json(json!({
        "end": numbers.len().saturating_sub(1),
        "page": 0,
        "page_size": numbers.len().max(50),
        "start": 0,
        "uri": uri,
        "first_page_uri": uri,
        "previous_page_uri": null,
        "next_page_uri": null,
        "incoming_phone_numbers": numbers,
    }))
}

fn resource(sim: &Sim, number: &str, name: &str, sms_url: &str) -> Value {
    let account = &sim.account.sid;
    let digest = Sha256::digest(number.as_bytes());
    let sid: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let opened = rfc2822(sim.account.opened_ms);
    json!({
        "sid": format!("PN{sid}"),
        "account_sid": account,
        "api_version": "2010-04-01",
        "beta": false,
        "capabilities": { "voice": false, "sms": true, "mms": false, "fax": false },
        "date_created": opened,
        "date_updated": opened,
        "friendly_name": if name.is_empty() { number } else { name },
        "phone_number": number,
        "sms_url": sms_url,
        "sms_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "status_callback": "",
        "status_callback_method": "POST",
        "status": "in-use",
        "uri": format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/PN{sid}.json"),
    })
}
