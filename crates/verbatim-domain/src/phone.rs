//! Phone numbers: parsed once at the edge, E.164 from then on.
//!
//! Short codes and alphanumeric sender ids are no phone numbers and do not parse as such.

use std::fmt;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region};
use thiserror::Error;

/// The most digits that ITU-T E.164 allows. The library knows longer national plans.
const MAX_DIGITS: usize = 15;

/// A phone number in E.164 form, such as `+14155552671`. Never contains an extension.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(String);

/// Why a text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Not a number at all.
    #[error("not a phone number")]
    NotANumber,
    /// No country code, and none to assume.
    #[error("the country code is missing: write +1 … or +44 …")]
    NoCountry,
    /// No such number is possible.
    #[error("not a possible phone number")]
    Impossible,
}

impl PhoneNumber {
    /// Reads a number as people write it; `region` (such as `US`) is assumed where it has no country code.
    /// An extension is left out: it is never part of identity.
    ///
    /// Asks whether the number is *possible* (its length fits the country's plan), not whether it is
    /// assigned: plans change faster than tables, and a carrier's refusal is certain.
    ///
    /// # Errors
    /// When it is not a possible phone number.
    pub fn parse(text: &str, region: Option<&str>) -> Result<Self, PhoneError> {
        if starts_with_a_name(text) {
            return Err(PhoneError::NotANumber);
        }
        let region = region.and_then(|r| r.trim().to_ascii_uppercase().parse::<Region>().ok());
        let mut number = canonical(text, region)?;
        // Prefixes that a plan also allows after its country code may take more than one pass; what we
        // keep has to read as itself for ever.
        for _ in 0..4 {
            let again = canonical(&number, None)?;
            if again == number {
                return Ok(Self(number));
            }
            number = again;
        }
        Err(PhoneError::Impossible)
    }

    /// E.164 with the plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All digits hidden but the last four, such as `•••• 2671`.
    pub fn masked(&self) -> String {
        // The digits are ASCII, so bytes are characters.
        format!("•••• {}", &self.0[self.0.len().saturating_sub(4)..])
    }
}

/// Letters before the first digit: an alphanumeric sender id (`ACME 4155552671`), whose digits the
/// library would take for a number. The `tel:` scheme of RFC 3966 is no such name.
fn starts_with_a_name(text: &str) -> bool {
    let text = text.trim_start();
    let scheme = text
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("tel:"));
    let number = if scheme { &text[4..] } else { text };
    number
        .chars()
        .take_while(|c| !c.is_numeric())
        .any(char::is_alphabetic)
}

fn canonical(text: &str, region: Option<Region>) -> Result<String, PhoneError> {
    let mut number = PHONE_NUMBER_UTIL
        .parse(text, region)
        .map_err(|why| match why {
            ParseError::InvalidCountryCode if !has_country_code(text) => PhoneError::NoCountry,
            ParseError::NotANumber(_) => PhoneError::NotANumber,
            _ => PhoneError::Impossible,
        })?;
    drop_old_mobile_prefix(&mut number);
    // A number without its area code cannot be dialled from anywhere else.
    if PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) != Ok(NumberLengthType::IsPossible)
    {
        return Err(PhoneError::Impossible);
    }
    let e164 = PHONE_NUMBER_UTIL
        .format(&number, PhoneNumberFormat::E164)
        .into_owned();
    let digits = e164.strip_prefix('+').ok_or(PhoneError::Impossible)?;
    let is_e164 = digits.len() <= MAX_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if is_e164 {
        Ok(e164)
    } else {
        Err(PhoneError::Impossible)
    }
}

/// Mexico dropped the 1 before mobile numbers in 2019, yet people, address books and carriers still
/// write it: `+52 1 55 1234 5678` is `+52 55 1234 5678`, and has to be the same contact.
fn drop_old_mobile_prefix(number: &mut rlibphonenumber::PhoneNumber) {
    const MEXICO: i32 = 52;
    const PREFIX: u64 = 10_000_000_000;
    if number.country_code == MEXICO && number.national_number / PREFIX == 1 {
        number.national_number -= PREFIX;
    }
}

fn has_country_code(text: &str) -> bool {
    text.contains(['+', '\u{ff0b}'])
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests;
