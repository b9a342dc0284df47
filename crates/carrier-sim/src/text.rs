//! What the network says about numbers and texts: E.164 and segments (3GPP TS 23.038, 23.040).

/// Characters of the GSM 7-bit default alphabet that are not plain ASCII letters or digits.
const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Characters of the extension table: an escape and a second septet each.
const GSM_EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Whether the text is `+` and 7 to 15 digits, the first not zero (ITU-T E.164).
pub(crate) fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// How many segments the text takes on the air, with an 8-bit concatenation reference.
pub(crate) fn segments(text: &str) -> usize {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    match septets {
        Some(units) => pack(units, 160, 153),
        None => pack(text.chars().map(char::len_utf16), 70, 67),
    }
}

fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || GSM_BASIC.contains(c) {
        Some(1)
    } else if GSM_EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// Greedy: an escape pair or a surrogate pair never straddles two segments.
fn pack(units: impl IntoIterator<Item = usize> + Clone, single: usize, part: usize) -> usize {
    if units.clone().into_iter().sum::<usize>() <= single {
        return 1;
    }
    let mut parts = 1;
    let mut used = 0;
    for unit in units {
        if used + unit > part {
            parts += 1;
            used = 0;
        }
        used += unit;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_the_network_counts_them() {
        let a = |n: usize| "a".repeat(n);
        let ya = |n: usize| "я".repeat(n);
        let check = |text: String, want: usize| assert_eq!(segments(&text), want, "{text}");
        check(String::new(), 1);
        check(a(160), 1);
        check(a(161), 2);
        check(a(306), 2);
        check(a(307), 3);
        check(a(158) + "€", 1);
        check(a(159) + "€", 2);
        check(a(152) + "€" + &a(152), 3);
        check(ya(70), 1);
        check(ya(71), 2);
        check(ya(134), 2);
        check(ya(66) + "😀" + &ya(66), 3);
        check("😀".repeat(35), 1);
        check("😀".repeat(36), 2);
        check("é".repeat(160), 1);
        check("ç".repeat(71), 2);
        check("`".repeat(71), 2);
    }

    #[test]
    fn numbers_are_e164_or_refused() {
        let check = |number: &str, want: bool| assert_eq!(is_e164(number), want, "{number}");
        check("+15551234567", true);
        check("+442071838750", true);
        check("15551234567", false);
        check("+05551234567", false);
        check("+123456", false);
        check("+1234567890123456", false);
        check("+1555123456x", false);
        check("+1 555 123", false);
    }
}
