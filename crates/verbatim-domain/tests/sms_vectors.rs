//! The SMS vectors in `testdata`, which independent implementations are asked about, too
//! (`tests/oracles`).

use serde_json::Value;
use verbatim_domain::sms::{
    Cost, Encoding, Reference, cost, cost_with, decode_gsm7, encode_gsm7, segments_with,
};

const VECTORS: &str = include_str!("../testdata/sms_vectors.json");

fn number(vector: &Value, key: &str) -> u32 {
    vector[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} of {vector}")) as u32
}

/// The units of each segment.
fn parts(text: &str, reference: Reference) -> Vec<u32> {
    let encoding = cost(text).encoding;
    let units = |part: &String| match encoding {
        Encoding::Gsm7 => encode_gsm7(part).expect("part of a GSM 7-bit text").len() as u32,
        Encoding::Ucs2 => part.encode_utf16().count() as u32,
    };
    segments_with(text, reference).iter().map(units).collect()
}

fn check(vector: &Value) {
    let text = vector["text"].as_str().expect("text");
    let encoding = match vector["encoding"].as_str() {
        Some("gsm7") => Encoding::Gsm7,
        Some("ucs2") => Encoding::Ucs2,
        other => panic!("encoding {other:?} of {vector}"),
    };
    let units = number(vector, "units");
    let expect = |key| Cost {
        encoding,
        units,
        segments: number(vector, key),
    };
    let name = &vector["name"];
    assert_eq!(cost(text), expect("segments"), "{name}");
    assert_eq!(
        cost_with(text, Reference::SixteenBit),
        expect("segments_16"),
        "{name}"
    );
    for (key, count, reference) in [
        ("parts", "segments", Reference::EightBit),
        ("parts_16", "segments_16", Reference::SixteenBit),
    ] {
        let seen = parts(text, reference);
        assert_eq!(seen.len() as u32, number(vector, count), "{name}");
        if let Some(listed) = vector[key].as_array() {
            let listed: Vec<u32> = listed
                .iter()
                .map(|n| n.as_u64().expect("number") as u32)
                .collect();
            assert_eq!(seen, listed, "{name} {key}");
        }
    }
    let septets = encode_gsm7(text);
    assert_eq!(septets.is_some(), encoding == Encoding::Gsm7, "{name}");
    if let Some(septets) = septets {
        assert_eq!(septets.len() as u32, units, "{name}");
        assert_eq!(decode_gsm7(&septets), text, "{name}");
    }
}

#[test]
fn vectors() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors are JSON");
    vectors.iter().for_each(check);
    let gsm7 = vectors.iter().filter(|v| v["encoding"] == "gsm7").count();
    assert!(
        gsm7 >= 20 && vectors.len() - gsm7 >= 20,
        "{gsm7} of {}",
        vectors.len()
    );
}
