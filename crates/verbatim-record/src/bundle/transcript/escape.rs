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
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
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
            JOINER if joins(before, rest.clone().next()) => out.push(c),
            c if is_unseen(c) => {
                let _ = write!(out, "<i class=\"mark\">[U+{:04X}]</i>", u32::from(c));
            }
            c => out.push(c),
        }
        before = Some(c);
    }
}

/// U+200D, which makes one picture of several.
const JOINER: char = '\u{200d}';

/// Between two pictures, the first of which may have its selector of form (U+FE0F).
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let is_picture = |c| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
    before.is_some_and(|c| c == '\u{fe0f}' || is_picture(c)) && after.is_some_and(is_picture)
}

/// Marks and overrides of direction, separators, and what has no width: by them one name can be made to look
/// like another, or a text to read as it was not written.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}
