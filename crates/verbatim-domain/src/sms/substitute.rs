//! Replacing typographic characters, so that one curly quotation mark does not halve a segment's room.
//!
//! We do it ourselves, and the carriers' own "smart" encoding is switched off: the record has to hold
//! both what was typed and exactly what was transmitted.

use super::alphabet::septets;

/// Replaces typographic characters where that brings the whole text into GSM 7-bit. All or nothing: if
/// one character remains that the alphabet lacks, the text travels as UCS-2 and stays as it was typed.
/// Letters never lose their accents.
pub fn substitute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match replacement(c) {
            Some(plain) => out.push_str(plain),
            None if septets(c).is_some() => out.push(c),
            None => return text.to_owned(),
        }
    }
    out
}

/// What stands for a typographic character.
fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        '‘' | '’' | '‚' | '‛' | '′' => "'",
        // Hyphens and dashes of every width, and the minus sign.
        '\u{2010}'..='\u{2015}' | '−' => "-",
        '…' => "...",
        '•' => "*",
        '™' => "TM",
        // No-break space, and spaces by width.
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => " ",
        // Invisible: zero-width space and joiners, direction marks, word joiner, presentation
        // selectors (phones write ™ with one), byte order mark.
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}' => "",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        '０' => "0",
        '１' => "1",
        '２' => "2",
        '３' => "3",
        '４' => "4",
        '５' => "5",
        '６' => "6",
        '７' => "7",
        '８' => "8",
        '９' => "9",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Encoding, cost, encode_gsm7};
    use super::*;

    #[track_caller]
    fn check(typed: &str, transmitted: &str) {
        assert_eq!(substitute(typed), transmitted);
    }

    #[test]
    fn replaces_what_typography_added() {
        check("", "");
        check("plain", "plain");
        check("“Don’t” – said he…", "\"Don't\" - said he...");
        check("„so‚ «or» so′", "\"so' \"or\" so'");
        check("a—b−c\u{2011}d", "a-b-c-d");
        check("10\u{a0}000\u{202f}€", "10 000 €");
        check("• ﬁrst ﬂoor, oﬃce™\u{fe0f}", "* first floor, officeTM");
        check("call ０１２３４５６７８９", "call 0123456789");
        check("in\u{200b}visi\u{feff}ble", "invisible");
    }

    #[test]
    fn all_or_nothing() {
        check("“Привет”", "“Привет”");
        check("Don’t 😀", "Don’t 😀");
        check("crêpe – caf\u{e9}", "crêpe – caf\u{e9}"); // ê is no typography
        check("café – é", "café - é"); // é is in the alphabet
        check("👨\u{200d}👩", "👨\u{200d}👩"); // joiners inside a picture stay
        check("a\tb “c”", "a\tb “c”");
    }

    #[test]
    fn nothing_in_the_alphabet_is_replaced() {
        for c in '\0'..='\u{ffff}' {
            if septets(c).is_some() {
                assert_eq!(replacement(c), None, "{c:?}");
            }
            if let Some(plain) = replacement(c) {
                assert!(encode_gsm7(plain).is_some(), "{c:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn unchanged_or_gsm7_and_stable(text in "(\\PC|[“’…–a-zé\u{a0}]){0,100}") {
            let out = substitute(&text);
            prop_assert!(out == text || cost(&out).encoding == Encoding::Gsm7);
            prop_assert_eq!(substitute(&out), out);
        }
    }
}
