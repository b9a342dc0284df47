//! Writing DER (X.690): what is encoded here is small and known.

/// A value of a kind: its tag, the length of its parts, its parts.
pub(super) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let mut out = vec![tag];
    match u16::try_from(inside.len()).unwrap_or(u16::MAX) {
        short @ 0..0x80 => out.push(short as u8),
        byte @ 0x80..0x100 => out.extend([0x81, byte as u8]),
        long => {
            out.push(0x82);
            out.extend(long.to_be_bytes());
        }
    }
    out.extend(inside);
    out
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(0x30, parts)
}

pub(super) fn set(parts: &[&[u8]]) -> Vec<u8> {
    value(0x31, parts)
}

/// `[n]`, with parts.
pub(super) fn context(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    value(0xa0 | number, parts)
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    value(0x04, &[bytes])
}

/// A number that is not negative.
pub(super) fn integer(number: usize) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0);
    let digits = &bytes[first.unwrap_or(bytes.len() - 1)..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    value(0x02, &[sign, digits])
}

/// An identifier by its numbers.
pub(super) fn oid(numbers: &[u32]) -> Vec<u8> {
    let mut inside = vec![(numbers[0] * 40 + numbers[1]) as u8];
    for number in &numbers[2..] {
        let groups = (1..5).take_while(|group| number >> (7 * group) > 0).count();
        for group in (0..=groups).rev() {
            let more = if group > 0 { 0x80 } else { 0 };
            inside.push(more | ((number >> (7 * group)) & 0x7f) as u8);
        }
    }
    value(0x06, &[&inside])
}
