//! SMS text: GSM 7-bit and UCS-2, segments, substitution (3GPP TS 23.038, TS 23.040).

mod alphabet;
mod segment;
mod substitute;

pub use alphabet::{decode_gsm7, encode_gsm7};
pub use segment::{Reference, cost, cost_with, segments, segments_with};
pub use substitute::substitute;

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
    /// Segments, with 8-bit references unless asked otherwise. An empty text takes one.
    pub segments: u32,
    /// Units for which the last segment still has room.
    pub left: u32,
}
