//! The SMS vectors in `testdata`, which independent implementations are asked about, too
//! (`tests/oracles`).

use serde_json::Value;
use verbatim_domain::sms::{
    Cost, Encoding, Reference, cost, cost_with, decode_gsm7, encode_gsm7, segments_with, substitute,
};

const VECTORS: &str = include_str!("../testdata/sms_vectors.json");
const SHARED: &str = include_str!("../testdata/segments.json");

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
    let check = |seen: Cost, key| {
        let expect = (encoding, units, number(vector, key));
        let name = &vector["name"];
        assert_eq!((seen.encoding, seen.units, seen.segments), expect, "{name}");
    };
    let name = &vector["name"];
    check(cost(text), "segments");
    check(cost_with(text, Reference::SixteenBit), "segments_16");
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

/// What the employee's client counts by itself while somebody types: its tests read the same file.
#[test]
fn what_the_client_counts() {
    let vectors: Vec<Value> = serde_json::from_str(SHARED).expect("vectors are JSON");
    for vector in &vectors {
        let typed = vector["text"].as_str().expect("text");
        let transmitted = substitute(typed);
        let seen = cost(&transmitted);
        let encoding = match seen.encoding {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        };
        let name = &vector["name"];
        assert_eq!(
            vector["transmitted"].as_str(),
            Some(&*transmitted),
            "{name}"
        );
        assert_eq!(vector["encoding"], encoding, "{name}");
        assert_eq!(seen.segments, number(vector, "segments"), "{name}");
        assert_eq!(seen.left, number(vector, "left"), "{name}");
    }
    let own: Vec<Value> = serde_json::from_str(VECTORS).expect("vectors are JSON");
    for vector in &own {
        let is_shared = vectors.iter().any(|v| v["text"] == vector["text"]);
        assert!(is_shared, "{} is not shared", vector["name"]);
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
