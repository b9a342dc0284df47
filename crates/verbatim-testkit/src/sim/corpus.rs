//! Who there is and what they write.

/// How many texts there are.
pub(crate) const TEXTS: usize = 7;

/// Employees' accounts.
pub(crate) const EMPLOYEES: [&str; 3] = [
    "@alice:example.org",
    "@bob:example.org",
    "@carol:example.org",
];
/// Our numbers. Alice and Bob hold the first two; nobody holds the third at first.
pub(crate) const NUMBERS: [&str; 3] = ["+12125552341", "+12125552342", "+12125552343"];
/// Clients' numbers.
pub(crate) const PHONES: [&str; 3] = ["+14155552671", "+14155552672", "+14155552673"];

/// Of the texts that say whether a client wants to be texted.
pub(crate) const STOP: u8 = 254;
/// The other.
pub(crate) const START: u8 = 255;

/// A text of the corpus. Each holds words found nowhere else, to be searched for in the store.
pub(crate) fn text(n: u8) -> String {
    match n {
        STOP => return "Stop.".to_owned(),
        START => return "START".to_owned(),
        _ => {}
    }
    match n as usize % TEXTS {
        0 => "ok, the peony-umbrella deal".to_owned(),
        1 => "please sell the harbour-lantern position".to_owned(),
        2 => "Grüße aus der Käsekuchen-Straße 🙂".to_owned(),
        3 => "“Typographic-quotation”… means – nothing".to_owned(),
        4 => "long marmalade-sentence ".repeat(20).trim_end().to_owned(),
        // Longer than an employee may write; clients may.
        5 => "endless rhubarb-sentence ".repeat(70).trim_end().to_owned(),
        _ => "call me about the walnut-telescope".to_owned(),
    }
}

/// Words that must not be readable in the store.
pub(crate) const CANARIES: [&str; 12] = [
    "peony-umbrella",
    "harbour-lantern",
    "Käsekuchen",
    "Typographic-quotation",
    "marmalade-sentence",
    "rhubarb-sentence",
    "walnut-telescope",
    "Zinnia Example Wealth",
    "Alice Anemone",
    "+1415555267",
    "+1212555234",
    "4155552671",
];
