//! Segments: how many messages on the air a text takes, and where it is cut (3GPP TS 23.040, 9.2.3.24).

use unicode_segmentation::UnicodeSegmentation;

use super::alphabet::septets;
use super::{Cost, Encoding};

/// The width of the reference number in the concatenation header; it costs room in every segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `05 00 03 ref total seq`
    EightBit,
    /// `06 08 04 ref-high ref-low total seq`
    SixteenBit,
}

impl Encoding {
    /// Units that fit in a message on its own.
    const fn single(self) -> u32 {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units that fit in one segment of a longer message.
    const fn part(self, reference: Reference) -> u32 {
        match (self, reference) {
            (Self::Gsm7, Reference::EightBit) => 153,
            (Self::Gsm7, Reference::SixteenBit) => 152,
            (Self::Ucs2, Reference::EightBit) => 67,
            (Self::Ucs2, Reference::SixteenBit) => 66,
        }
    }

    /// Units that a character takes; it is never cut (an escape or a surrogate pair stays whole).
    fn width(self, c: char) -> u32 {
        match self {
            Self::Gsm7 => septets(c).map_or(1, |s| s.len()),
            Self::Ucs2 => c.len_utf16() as u32,
        }
    }

    fn units(self, text: &str) -> u32 {
        text.chars().map(|c| self.width(c)).sum()
    }
}

/// How a text has to travel: GSM 7-bit if the alphabet has all of it.
fn encoding(text: &str) -> Encoding {
    if text.chars().all(|c| septets(c).is_some()) {
        Encoding::Gsm7
    } else {
        Encoding::Ucs2
    }
}

/// What a text costs to send, with 8-bit references.
pub fn cost(text: &str) -> Cost {
    cost_with(text, Reference::EightBit)
}

/// What a text costs to send with references of this width.
pub fn cost_with(text: &str, reference: Reference) -> Cost {
    let encoding = encoding(text);
    let units = encoding.units(text);
    let (segments, left) = if units <= encoding.single() {
        (1, encoding.single() - units)
    } else {
        fill(
            text.chars().map(|c| encoding.width(c)),
            encoding.part(reference),
        )
    };
    Cost {
        encoding,
        units,
        segments,
        left,
    }
}

/// How many segments of `room` units the pieces fill when each is packed as early as possible, and what
/// is left of the last one.
fn fill(widths: impl Iterator<Item = u32>, room: u32) -> (u32, u32) {
    let (mut segments, mut used) = (1, 0);
    for width in widths {
        if used + width > room {
            segments += 1;
            used = 0;
        }
        used += width;
    }
    (segments, room - used)
}

/// Cuts a text into its segments, with 8-bit references. As many as [`cost`] says; joined they are the text.
pub fn segments(text: &str) -> Vec<String> {
    segments_with(text, Reference::EightBit)
}

/// Cuts a text into its segments with references of this width.
///
/// Characters are never cut. Character clusters (an emoji of several characters, a letter with its
/// combining accent) stay whole where that does not cost a further segment.
pub fn segments_with(text: &str, reference: Reference) -> Vec<String> {
    let cost = cost_with(text, reference);
    if cost.segments == 1 {
        return vec![text.to_owned()];
    }
    let room = cost.encoding.part(reference);
    let whole_clusters = pack(clusters(text, cost.encoding, room), cost.encoding, room);
    if whole_clusters.len() == cost.segments as usize {
        return whole_clusters;
    }
    pack(characters(text), cost.encoding, room)
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.split("").filter(|piece| !piece.is_empty())
}

/// The clusters of a text; one that no segment can hold falls apart into characters.
fn clusters(text: &str, encoding: Encoding, room: u32) -> impl Iterator<Item = &str> {
    text.graphemes(true).flat_map(move |cluster| {
        let fits = encoding.units(cluster) <= room;
        let (whole, pieces) = if fits {
            (Some(cluster), "")
        } else {
            (None, cluster)
        };
        whole.into_iter().chain(characters(pieces))
    })
}

fn pack<'t>(pieces: impl Iterator<Item = &'t str>, encoding: Encoding, room: u32) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut used = 0;
    for piece in pieces {
        let width = encoding.units(piece);
        if used + width > room {
            out.push(String::new());
            used = 0;
        }
        if let Some(last) = out.last_mut() {
            last.push_str(piece);
        }
        used += width;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Checks the units of each segment.
    #[track_caller]
    fn check(text: &str, eight: &[u32], sixteen: &[u32]) {
        let encoding = encoding(text);
        for (reference, expect) in [
            (Reference::EightBit, eight),
            (Reference::SixteenBit, sixteen),
        ] {
            let parts = segments_with(text, reference);
            let units: Vec<u32> = parts.iter().map(|p| encoding.units(p)).collect();
            assert_eq!(units, expect, "{text:?} {reference:?}");
            assert_eq!(parts.concat(), text);
            let cost = cost_with(text, reference);
            assert_eq!(cost.segments as usize, parts.len());
            assert_eq!(cost.units, units.iter().sum::<u32>());
        }
    }

    #[test]
    fn the_published_table() {
        let a = |n| "a".repeat(n);
        let ya = |n| "я".repeat(n);
        let grin = |n| "😀".repeat(n);
        check("", &[0], &[0]);
        check(&a(160), &[160], &[160]);
        check(&a(161), &[153, 8], &[152, 9]);
        check(&a(306), &[153, 153], &[152, 152, 2]);
        check(&a(307), &[153, 153, 1], &[152, 152, 3]);
        check(&(a(158) + "€"), &[160], &[160]);
        check(&(a(159) + "€"), &[153, 8], &[152, 9]);
        check(&(a(152) + "€" + &a(152)), &[152, 153, 1], &[152, 152, 2]);
        check(&ya(70), &[70], &[70]);
        check(&ya(71), &[67, 4], &[66, 5]);
        check(&ya(134), &[67, 67], &[66, 66, 2]);
        check(&(ya(66) + "😀" + &ya(66)), &[66, 67, 1], &[66, 66, 2]);
        check(&grin(35), &[70], &[70]);
        check(&grin(36), &[66, 6], &[66, 6]);
        check("é", &[1], &[1]);
        check("€", &[2], &[2]);
    }

    #[test]
    fn clusters_stay_whole_unless_that_costs_a_segment() {
        // A family of four: eleven UTF-16 units that are one picture.
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(Encoding::Ucs2.units(family), 11);
        check(&("я".repeat(60) + family), &[60, 11], &[60, 11]);
        // 60 + 11 + 62 just fits in two segments: keeping the picture whole would need a third.
        check(
            &("я".repeat(60) + family + &"я".repeat(62)),
            &[66, 67],
            &[60, 66, 7],
        );
        // A letter with more accents than a segment has room for.
        check(
            &("я".to_owned() + &"\u{301}".repeat(79)),
            &[67, 13],
            &[66, 14],
        );
        // Line ends stay together, too.
        check(
            &("a".repeat(152) + "\r\n" + &"b".repeat(20)),
            &[152, 22],
            &[152, 22],
        );
    }

    proptest! {
        #[test]
        fn segments_agree_with_cost_and_fit(text in "(\\PC|[a-z€\\[я😀\u{200d}\r\n]){0,400}") {
            for reference in [Reference::EightBit, Reference::SixteenBit] {
                let cost = cost_with(&text, reference);
                let parts = segments_with(&text, reference);
                prop_assert_eq!(parts.len(), cost.segments as usize);
                prop_assert_eq!(parts.concat(), text.as_str());
                let room = if parts.len() == 1 { cost.encoding.single() } else { cost.encoding.part(reference) };
                for part in &parts {
                    prop_assert!(cost.encoding.units(part) <= room);
                }
            }
        }
    }
}
