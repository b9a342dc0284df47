//! SMS text: GSM 7-bit and UCS-2, segments, substitution (3GPP TS 23.038, TS 23.040).

/// How a text travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 7-bit default alphabet with its extension table.
    Gsm7,
    /// UTF-16, big endian.
    Ucs2,
}

/// What a text costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cost {
    /// How it travels.
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub units: u32,
    /// Segments, with 8-bit references.
    pub segments: u32,
}

/// What a text costs to send.
pub fn cost(text: &str) -> Cost {
    let units = text.chars().count() as u32;
    Cost { encoding: Encoding::Gsm7, units, segments: 1 }
}

/// Replaces typographic characters where that brings the whole text into GSM-7; all or nothing.
pub fn substitute(text: &str) -> String {
    text.to_owned()
}
