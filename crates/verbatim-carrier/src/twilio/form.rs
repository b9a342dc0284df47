//! `application/x-www-form-urlencoded` (WHATWG URL, section 5), kept as bytes: the signature covers
//! the decoded bytes, whether or not they are text.

/// A decoded name and its decoded value.
pub type Field = (Vec<u8>, Vec<u8>);

/// Splits and decodes a form. Total: every input is some form; a `%` that begins no escape stands for
/// itself.
pub fn parse_form(body: &[u8]) -> Vec<Field> {
    body.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|b| *b == b'=') {
            Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
            None => (decode(pair), Vec::new()),
        })
        .collect()
}

fn decode(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        out.push(match first {
            b'+' => b' ',
            b'%' => match tail {
                [high, low, after @ ..] => match (digit(*high), digit(*low)) {
                    (Some(high), Some(low)) => {
                        rest = after;
                        high << 4 | low
                    }
                    _ => b'%',
                },
                _ => b'%',
            },
            other => other,
        });
    }
    out
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[(&str, &[u8])]) {
        let expected: Vec<Field> = expected
            .iter()
            .map(|(n, v)| (n.as_bytes().to_vec(), v.to_vec()))
            .collect();
        assert_eq!(parse_form(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn forms_decode_to_bytes() {
        check("", &[]);
        check("&&", &[]);
        check("a", &[("a", b"")]);
        check("=b", &[("", b"b")]);
        check("a=b=c&a=", &[("a", b"b=c"), ("a", b"")]);
        check("B=1+2%2B3%26%3D%25", &[("B", b"1 2+3&=%")]);
        check("t=%F0%9F%98%80", &[("t", "😀".as_bytes())]);
        check("t=%f0%9f%98%80", &[("t", "😀".as_bytes())]);
        check("t=%ff%", &[("t", b"\xff%")]);
        check(
            "t=%4&u=%zz&v=%+1",
            &[("t", b"%4"), ("u", b"%zz"), ("v", b"% 1")],
        );
    }
}
