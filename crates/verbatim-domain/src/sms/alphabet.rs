//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, sections 6.2.1 and 6.2.1.1).

/// Announces that the next septet is taken from the extension table.
const ESCAPE: u8 = 0x1b;

/// The default alphabet by code. The place of the escape code holds U+001B, which no text may use.
const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', // 0x00
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß',
    'É', // 0x10
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', // 0x20
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', // 0x30
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', // 0x40
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', // 0x50
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', // 0x60
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à', // 0x70
];

/// The extension table: what a code means after the escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// How the alphabet writes a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Septets {
    /// One septet.
    One(u8),
    /// The escape, then this septet.
    Escaped(u8),
}

impl Septets {
    /// How many septets it takes.
    pub(super) fn len(self) -> u32 {
        match self {
            Self::One(_) => 1,
            Self::Escaped(_) => 2,
        }
    }
}

/// How the alphabet writes `c`, if it can.
pub(super) fn septets(c: char) -> Option<Septets> {
    if c == char::from(ESCAPE) {
        return None;
    }
    // Nearly everything people type stands at its ASCII place: no search for it.
    if c.is_ascii() && DEFAULT[c as usize] == c {
        return Some(Septets::One(c as u8));
    }
    if let Some(code) = (0u8..128).find(|&code| DEFAULT[usize::from(code)] == c) {
        return Some(Septets::One(code));
    }
    EXTENSION
        .iter()
        .find(|(_, known)| *known == c)
        .map(|&(code, _)| Septets::Escaped(code))
}

/// Writes a text in the default alphabet, one septet per byte (unpacked). `None` if it has a character
/// that the alphabet lacks.
pub fn encode_gsm7(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match septets(c)? {
            Septets::One(code) => out.push(code),
            Septets::Escaped(code) => out.extend([ESCAPE, code]),
        }
    }
    Some(out)
}

/// Reads septets, one per byte. Never fails, as TS 23.038 wants it for a receiver:
/// an escape before a code that the extension table lacks shows the default table's character,
/// an escape before an escape (reserved for a further table) or at the end shows a space.
/// A byte above 0x7f is no septet and becomes U+FFFD.
pub fn decode_gsm7(septets: &[u8]) -> String {
    let mut out = String::with_capacity(septets.len());
    let mut rest = septets.iter().copied();
    while let Some(code) = rest.next() {
        out.push(if code == ESCAPE {
            extended(rest.next())
        } else {
            plain(code)
        });
    }
    out
}

fn plain(code: u8) -> char {
    DEFAULT
        .get(usize::from(code))
        .copied()
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn extended(code: Option<u8>) -> char {
    match code {
        None | Some(ESCAPE) => ' ',
        Some(code) => EXTENSION
            .iter()
            .find(|(known, _)| *known == code)
            .map_or_else(|| plain(code), |&(_, c)| c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodes_what_the_alphabet_has() {
        #[track_caller]
        fn check(text: &str, expect: Option<&[u8]>) {
            assert_eq!(encode_gsm7(text).as_deref(), expect, "{text:?}");
        }
        check("", Some(&[]));
        check("@Aa0", Some(&[0x00, 0x41, 0x61, 0x30]));
        check("£$¥_§", Some(&[0x01, 0x02, 0x03, 0x11, 0x5f]));
        check("€", Some(&[0x1b, 0x65]));
        check("[~]", Some(&[0x1b, 0x3c, 0x1b, 0x3d, 0x1b, 0x3e]));
        check("\u{c}", Some(&[0x1b, 0x0a]));
        check("àÇ¿", Some(&[0x7f, 0x09, 0x60]));
        for lacking in [
            "ç", "ê", "“", "`", "\t", "\u{a0}", "я", "😀", "\u{1b}", "\0",
        ] {
            check(lacking, None);
        }
    }

    #[test]
    fn decodes_what_nobody_should_send() {
        #[track_caller]
        fn check(septets: &[u8], expect: &str) {
            assert_eq!(decode_gsm7(septets), expect, "{septets:02x?}");
        }
        check(&[0x1b, 0x65], "€");
        check(&[0x1b, 0x41], "A"); // not in the extension table: the default table's character
        check(&[0x1b, 0x1b, 0x41], " A"); // reserved for a further table
        check(&[0x41, 0x1b], "A "); // nothing follows
        check(&[0x1b, 0x80], "\u{fffd}");
        check(&[0xff, 0x41], "\u{fffd}A");
    }

    #[test]
    fn no_character_has_two_codes() {
        let mut all: Vec<char> = DEFAULT
            .into_iter()
            .chain(EXTENSION.map(|(_, c)| c))
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 128 + 10);
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(
            codes in proptest::collection::vec((0u8..128).prop_filter("escape", |c| *c != ESCAPE), 0..200),
            extended in proptest::collection::vec(0usize..10, 0..50),
        ) {
            let text: String = codes
                .iter()
                .map(|c| DEFAULT[usize::from(*c)])
                .chain(extended.iter().map(|i| EXTENSION[*i].1))
                .collect();
            let septets = encode_gsm7(&text).expect("made of the alphabet");
            prop_assert_eq!(decode_gsm7(&septets), text);
        }

        #[test]
        fn decoding_never_panics_and_its_result_encodes(bytes: Vec<u8>) {
            let text = decode_gsm7(&bytes);
            let readable = !text.contains(char::REPLACEMENT_CHARACTER);
            prop_assert_eq!(encode_gsm7(&text).is_some(), readable);
        }
    }
}
