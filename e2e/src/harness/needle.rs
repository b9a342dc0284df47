//! Searching files for a text in every encoding in which it might hide.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Bytes to look for, and what they are.
#[derive(Debug, Clone)]
pub struct Needle {
    /// What it is.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A text in the usual encodings. What equals another encoding is left out.
#[must_use]
pub fn needles(text: &str) -> Vec<Needle> {
    let utf8 = text.as_bytes().to_vec();
    let utf16 =
        |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let mut all = vec![("UTF-8".to_owned(), utf8.clone())];
    all.push(("UTF-16LE".into(), utf16(u16::to_le_bytes)));
    all.push(("UTF-16BE".into(), utf16(u16::to_be_bytes)));
    all.push(("hex".into(), hex::encode(&utf8).into()));
    all.push(("HEX".into(), hex::encode_upper(&utf8).into()));
    all.push(("percent".into(), percent(&utf8, "%20").into()));
    all.push(("form".into(), percent(&utf8, "+").into()));
    all.push(("JSON \\u".into(), json_escaped(text).into()));
    for at in 0..3 {
        all.push((
            format!("base64, offset {at}"),
            base64_inside(&STANDARD_NO_PAD, &utf8, at),
        ));
        all.push((
            format!("base64url, offset {at}"),
            base64_inside(&URL_SAFE_NO_PAD, &utf8, at),
        ));
    }
    let mut distinct: Vec<Needle> = Vec::new();
    for (name, bytes) in all {
        if !distinct.iter().any(|n| n.bytes == bytes) {
            distinct.push(Needle { name, bytes });
        }
    }
    distinct
}

/// The part of the encoding that does not depend on what is around the text, which begins `at`
/// bytes after a multiple of three.
fn base64_inside(engine: &impl Engine, bytes: &[u8], at: usize) -> Vec<u8> {
    let whole = &bytes[(3 - at) % 3..];
    engine.encode(&whole[..whole.len() / 3 * 3]).into_bytes()
}

fn percent(bytes: &[u8], space: &str) -> String {
    let one = |byte: &u8| match byte {
        b' ' => space.to_owned(),
        b if b.is_ascii_alphanumeric() || b"-_.~".contains(b) => char::from(*b).to_string(),
        b => format!("%{b:02X}"),
    };
    bytes.iter().map(one).collect()
}

/// As JSON writers that keep to ASCII do it.
fn json_escaped(text: &str) -> String {
    let unit = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    text.encode_utf16().map(unit).collect()
}

/// Every file below a folder.
///
/// # Errors
/// When it cannot be listed.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files(&path)?)
        } else {
            all.push(path)
        }
    }
    Ok(all)
}

/// Where any of the needles is: encoding and file.
///
/// # Errors
/// When a file cannot be read.
pub fn search(files: &[PathBuf], needles: &[Needle]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in files {
        let hay = fs::read(path)?;
        let inside = |needle: &&Needle| contains(&hay, &needle.bytes);
        found.extend(
            needles
                .iter()
                .filter(inside)
                .map(|n| format!("{} in {}", n.name, path.display())),
        );
    }
    Ok(found)
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else {
        return false;
    };
    let starts = hay.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts
        .map(|(at, _)| &hay[at..])
        .any(|rest| rest.starts_with(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The search must be able to fail: every encoding, planted at every alignment, is found.
    #[test]
    fn what_is_planted_is_found() {
        let text = "Canary grün 🐤 12";
        let plants: Vec<Vec<u8>> = vec![
            text.into(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            hex::encode(text).into(),
            hex::encode_upper(text).into(),
            b"Canary%20gr%C3%BCn%20%F0%9F%90%A4%2012".to_vec(),
            b"Canary+gr%C3%BCn+%F0%9F%90%A4+12".to_vec(),
            br"Canary gr\u00fcn \ud83d\udc24 12".to_vec(),
            STANDARD_NO_PAD.encode(text).into(),
            STANDARD_NO_PAD.encode(format!("x{text}y")).into(),
            STANDARD_NO_PAD.encode(format!("xx{text}yyy")).into(),
            URL_SAFE_NO_PAD.encode(format!("??{text}>>")).into(),
        ];
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let path = deep.join("scratch");
        for plant in plants {
            fs::write(&path, [b"noise ", &plant[..], b" noise"].concat()).unwrap();
            let found = search(&files(dir.path()).unwrap(), &needles(text)).unwrap();
            assert!(
                !found.is_empty(),
                "not found: {}",
                String::from_utf8_lossy(&plant)
            );
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("scratch"), "Canary grin").unwrap();
        let found = search(&files(dir.path()).unwrap(), &needles("Canary grün")).unwrap();
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn there_is_a_needle_for_each_encoding() {
        let names: Vec<String> = needles("ü🐤 /?").into_iter().map(|n| n.name).collect();
        for wanted in [
            "UTF-8",
            "UTF-16LE",
            "UTF-16BE",
            "hex",
            "HEX",
            "percent",
            "form",
            "JSON \\u",
            "base64, offset 2",
        ] {
            assert!(names.iter().any(|n| n == wanted), "{wanted} of {names:?}");
        }
    }
}
