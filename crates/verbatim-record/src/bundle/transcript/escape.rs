//! Text as HTML shows it.

use std::fmt::Write as _;

/// As [`escape()`], in a text of its own.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(text, &mut out);
    out
}

/// Text as HTML shows it. What a page cannot hold (U+0000 and its like) becomes its visible sign.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            // U+2400 and on are the signs of the control characters.
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' => out.push('\u{fffd}'),
            // Marks and overrides of direction: they end with the text, and are seen.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(out, "<i class=\"mark\">[U+{:04X}]</i>", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
