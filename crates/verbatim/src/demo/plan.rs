//! Who and what a demo has: names, numbers, phones. All numbers are from the block that is
//! reserved for fiction (NANP 555-0100 to 555-0199).

use std::path::PathBuf;

use super::place::Place;
use super::ports::Ports;
use super::secrets::{EMPLOYEES, Secrets};
use super::stack::{Holder, StackPlan};

/// The homeserver's name; `.test` is reserved (RFC 6761).
pub(crate) const SERVER_NAME: &str = "verbatim.test";

/// One number per employee, in their order.
const NUMBERS: [&str; EMPLOYEES.len()] = ["+12025550101", "+12025550102"];

/// The phones on the phone page.
const PHONES: [(&str, &str); 3] = [
    ("Carol", "+12025550141"),
    ("Dan", "+12025550142"),
    ("Erin", "+12025550143"),
];

/// Area codes for phones that nobody knows; none of them is used above.
const STRANGERS: [u32; 8] = [212, 312, 415, 512, 602, 617, 702, 808];

/// The plan for this place and these ports.
pub(crate) fn plan(
    place: &Place,
    ports: Ports,
    secrets: &Secrets,
    client_assets: PathBuf,
) -> StackPlan {
    let holders = EMPLOYEES
        .iter()
        .zip(NUMBERS)
        .map(|(name, number)| Holder {
            name: (*name).to_owned(),
            user_id: format!("@{name}:{SERVER_NAME}"),
            number: number.to_owned(),
        })
        .collect();
    StackPlan {
        dir: place.verbatim(),
        logs: place.logs(),
        ports,
        homeserver_url: format!("http://{}", ports.homeserver()),
        server_name: SERVER_NAME.to_owned(),
        carrier_url: format!("http://{}", ports.carrier()),
        inbound_webhook_url: format!("http://{}/hooks/demo/sms", ports.public()),
        client_url: format!("http://{}", ports.client()),
        client_assets,
        secrets: secrets.clone(),
        holders,
    }
}

/// The phones of the page, as (name, number).
pub(crate) fn phones() -> Vec<(String, String)> {
    PHONES
        .iter()
        .map(|(name, number)| ((*name).to_owned(), (*number).to_owned()))
        .collect()
}

/// Who answers at each number, as the phone page shows it: (number, name).
pub(crate) fn number_names(holders: &[Holder]) -> Vec<(String, String)> {
    holders
        .iter()
        .map(|holder| (holder.number.clone(), capitalised(&holder.name)))
        .collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The phone of the n-th check: another each time, so that the firm never knows it.
pub(crate) fn stranger(check: u32) -> String {
    let codes = STRANGERS.len() as u32;
    let area = STRANGERS[(check / 100 % codes) as usize];
    format!("+1{area}55501{:02}", check % 100)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn strangers_are_strangers() {
        let mut seen: HashSet<String> = phones().into_iter().map(|(_, number)| number).collect();
        seen.extend(NUMBERS.map(str::to_owned));
        for check in 0..800 {
            let phone = stranger(check);
            assert_eq!(phone.len(), 12, "{phone}");
            assert!(seen.insert(phone.clone()), "{phone} twice");
        }
        assert_eq!(stranger(800), stranger(0));
    }
}
