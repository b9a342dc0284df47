//! Bundles in which everything is right.

use verbatim_domain::ConversationId;
use verbatim_record::bundle::{Given, MemoryFolder, Of, Selection, check};
use verbatim_record::report::{Findings, State};
use verbatim_record::{Body, Kind, Note};

use crate::fixture::*;

fn examine(folder: &MemoryFolder) -> Findings {
    let policy = policy();
    let given = Given {
        policy: Some(&policy),
        since: None,
        tsa_ca: None,
    };
    check(folder, given, &mut |_, _| {})
}

fn records(folder: &MemoryFolder) -> usize {
    let is_records = |path: &&String| path.starts_with("records-");
    let files = folder.0.iter().filter(|(path, _)| is_records(path));
    files
        .map(|(_, bytes)| bytes.iter().filter(|b| **b == b'\n').count())
        .sum()
}

#[test]
fn every_selection_is_proved() {
    let dated = |of: Of, from_ms, to_ms| Selection { of, from_ms, to_ms };
    for (selection, expected) in [
        (all(), 8),
        (of(Of::Conversation(conversation(1))), 5),
        (of(Of::Conversation(conversation(2))), 3),
        (of(Of::Conversation(ConversationId::NONE)), 2),
        (of(Of::Number("+15550101".to_owned())), 5),
        (of(Of::Person("@nobody:example.org".to_owned())), 1),
        (dated(Of::All, time(2), time(5)), 4),
        (dated(Of::All, time(2), None), 6),
        (dated(Of::All, None, time(3)), 4),
        (dated(Of::All, time(100), None), 1),
        (
            dated(Of::Conversation(conversation(1)), time(2), time(5)),
            3,
        ),
    ] {
        let mut world = World::small();
        let folder = world.bundle(&selection, &[]);
        let found = examine(&folder);
        // One line is the export's own record: nothing was selected, which proves nothing about the log.
        let verdict = match expected {
            1 => State::NotProved,
            _ => State::Proved,
        };
        assert_eq!(found.verdict(), verdict, "{selection:?}: {found}");
        assert_eq!(records(&folder), expected, "{selection:?}");
    }
}

#[test]
fn a_log_that_went_on_proves_the_same() {
    for (before, after) in [(0, 0), (3, 1), (254, 1), (255, 600), (70_000, 300)] {
        let mut world = World::long(before);
        let head = world.export(&of(Of::Conversation(conversation(2))));
        for number in 0..after {
            let body = text(&format!("later{number}"), "later");
            world.append(conversation(2), Kind::MessageIn, None, &body);
        }
        let found = examine(&world.bundle_of(head, &Gone::new()));
        // An empty log has nothing to select.
        let verdict = match before {
            0 => State::NotProved,
            _ => State::Proved,
        };
        assert_eq!(found.verdict(), verdict, "{before}+{after}: {found}");
    }
}

#[test]
fn what_was_disposed_of_is_proved_by_its_certificate() {
    for selection in [
        all(),
        of(Of::Conversation(conversation(1))),
        of(Of::Number("+15550101".to_owned())),
    ] {
        let mut world = World::small();
        let gone: &[u64] = match selection.of {
            Of::All => &[2, 3, 5],
            _ => &[3, 5],
        };
        let folder = world.bundle(&selection, gone);
        let found = examine(&folder);
        assert_eq!(found.verdict(), State::Proved, "{selection:?}: {found}");
        let runs = if gone.len() == 3 { "2 to 3, 5" } else { "3, 5" };
        let expected = format!(
            "{} records are not disclosed: {runs}. The log certifies that their key was destroyed at \
             2026-11-18T11:06:40.000Z by the rule \"class 3 (default): 84 months from creation\"; operator:ann \
             proposed it, operator:bob approved it. The certificate is record 7 of the log.",
            gone.len()
        );
        let words = found.findings.iter().find(|f| f.check == "undisclosed");
        assert_eq!(words.unwrap().words, expected);
        let page = String::from_utf8(folder.0["transcript-1.html"].clone()).unwrap();
        assert!(
            page.contains("Not disclosed: disposed, see record #7"),
            "{page}"
        );
    }
}

/// Bodies name who texts, so a conversation of somebody else is not taken for one of the selection.
#[test]
fn whose_conversations_they_are_is_read_in_their_bodies() {
    let named = "Each of the 1 conversations has a record here that names +15550101.";
    let foreign = format!(
        "In 1 of the 1 conversations, such as {}, no record here names +15550199: that they are of the selection \
         was not shown.",
        conversation(1)
    );
    for (number, expected) in [
        ("+15550101", (State::Proved, named)),
        ("+15550199", (State::NotAsked, foreign.as_str())),
    ] {
        let selection = of(Of::Number(number.to_owned()));
        let found = examine(&World::small().bundle(&selection, &[]));
        assert_eq!(found.verdict(), State::Proved, "{found}");
        let said = found.findings.iter().find(|f| f.check == "selection");
        let said = said.map(|f| (f.state, f.words.as_str()));
        assert_eq!(said, Some(expected));
    }
}

/// What somebody wrote themselves, such as the purpose of a look, makes no conversation anybody's.
#[test]
fn only_what_the_record_itself_names_makes_a_conversation_somebodys() {
    let whom = "+15550199";
    let with = |kind: Kind, change: &dyn Fn(&mut Body)| {
        let mut world = World::small();
        let mut body = Body::default();
        change(&mut body);
        world.append(conversation(1), kind, None, &body);
        let found = examine(&world.bundle(&of(Of::Number(whom.to_owned())), &[]));
        let said = found.findings.iter().find(|f| f.check == "selection");
        said.unwrap().state
    };
    let detail = |name: &'static str| {
        move |body: &mut Body| {
            body.details.insert(name.to_owned(), whom.to_owned());
        }
    };
    let reference = |name: &'static str| {
        move |body: &mut Body| {
            body.refs.insert(name.to_owned(), whom.to_owned());
        }
    };
    for name in ["purpose", "type", "media", "header.x-signature", "client"] {
        let state = with(Kind::View, &detail(name));
        assert_eq!(state, State::NotAsked, "{name}");
    }
    assert_eq!(with(Kind::View, &reference("room_id")), State::NotAsked);
    for state in [
        with(Kind::MessageIn, &|body| body.from = whom.to_owned()),
        with(Kind::MessageOut, &|body| body.to = whom.to_owned()),
        with(Kind::MessageOut, &detail("our_number")),
        with(Kind::MessageOut, &reference("contact")),
    ] {
        assert_eq!(state, State::Proved);
    }
}

#[test]
fn certificates_may_be_several_and_younger_than_the_export() {
    for later in [0, 1, 400] {
        let mut world = World::small();
        let first = world.dispose(&[1, 3]);
        let head = world.export(&of(Of::Conversation(conversation(1))));
        for number in 0..later {
            world.append(
                conversation(2),
                Kind::MessageIn,
                None,
                &text("l", &number.to_string()),
            );
        }
        let second = world.dispose(&[4, 5, 6]);
        let gone = Gone::from([(1, first), (3, first), (4, second), (5, second)]);
        let found = examine(&world.bundle_of(head, &gone));
        assert_eq!(found.verdict(), State::Proved, "{later}: {found}");
        let certified = found.findings.iter().filter(|f| f.check == "undisclosed");
        assert_eq!(certified.count(), 2, "{found}");
    }
}

#[test]
fn many_runs_are_cut_short() {
    let mut world = World::long(60);
    let gone: Vec<u64> = (0..60).step_by(2).collect();
    let found = examine(&world.bundle(&all(), &gone));
    assert_eq!(found.verdict(), State::Proved, "{found}");
    let words = found.to_string();
    assert!(
        words.contains("disclosed: 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, …. The log"),
        "{words}"
    );
}

#[test]
fn the_bundles_own_policy_proves_less() {
    let folder = World::small().bundle(&all(), &[]);
    let found = check(&folder, Given::default(), &mut |_, _| {});
    assert_eq!(found.verdict(), State::NotProved, "{found}");
    let open = found.findings.iter().find(|f| f.state == State::NotProved);
    assert_eq!(open.unwrap().check, "policy");
}

#[test]
fn an_older_or_newer_checkpoint_is_compared() {
    let mut world = World::long(300);
    let head = world.export(&all());
    let bundle = world.bundle_of(head, &Gone::new());
    let policy = policy();
    let compare = |note: &Note| {
        let given = Given {
            policy: Some(&policy),
            since: Some(note),
            tsa_ca: None,
        };
        check(&bundle, given, &mut |_, _| {})
    };
    for size in [0, 1, 100, 256, 300, 301] {
        let (_, note) = world.checkpoint_at(size);
        let found = compare(&note);
        assert_eq!(found.verdict(), State::Proved, "{size}: {found}");
    }
    let mut other = World::small();
    other.append(conversation(1), Kind::MessageIn, None, &text("x", "other"));
    let found = compare(&other.checkpoint().1);
    assert_eq!(found.wrong().unwrap().check, "since", "{found}");
    // A newer one has tiles at its right edge that this bundle cannot have.
    world.append(conversation(1), Kind::MessageIn, None, &text("x", "newer"));
    let found = compare(&world.checkpoint().1);
    assert_eq!(found.verdict(), State::NotProved, "{found}");
}

#[test]
fn pages_show_every_text_as_text() {
    let long = "ä".repeat(32 * 1024);
    for (text_in, shown) in [
        (
            "<script>alert('x')</script>",
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;",
        ),
        ("a & b \"c\"", "a &amp; b &quot;c&quot;"),
        ("nul\0bell\u{7}", "nul␀bell␇"),
        ("\u{202e}gnp.exe", "[U+202E]</i>gnp.exe"),
        ("שלום עולם", "שלום עולם"),
        ("👩‍👩‍👧 🇨🇭", "👩‍👩‍👧 🇨🇭"),
        ("two\nlines", "two\nlines"),
        ("Al\u{200b}ice", "Al<i class=\"mark\">[U+200B]</i>ice"),
        ("a\u{200d}b", "a<i class=\"mark\">[U+200D]</i>b"),
        ("👩\u{200d}", "👩<i class=\"mark\">[U+200D]</i>"),
        ("❤\u{fe0f}\u{200d}🔥", "❤\u{fe0f}\u{200d}🔥"),
        ("👩🏽\u{200d}⚕\u{fe0f}", "👩🏽\u{200d}⚕\u{fe0f}"),
        (
            "\u{ad}\u{61c}\u{180e}\u{200c}\u{200e}\u{200f}",
            "[U+00AD]</i><i class=\"mark\">[U+061C]</i><i class=\"mark\">[U+180E]</i>\
             <i class=\"mark\">[U+200C]</i><i class=\"mark\">[U+200E]</i><i class=\"mark\">[U+200F]</i>",
        ),
        (
            "\u{2028}\u{2029}\u{2060}\u{2066}\u{206f}\u{feff}\u{fffb}\u{e0041}",
            "[U+2028]</i><i class=\"mark\">[U+2029]</i><i class=\"mark\">[U+2060]</i>\
             <i class=\"mark\">[U+2066]</i><i class=\"mark\">[U+206F]</i><i class=\"mark\">[U+FEFF]</i>\
             <i class=\"mark\">[U+FFFB]</i><i class=\"mark\">[U+E0041]</i>",
        ),
        (&long, &long),
    ] {
        let mut world = World::new();
        let mut body = text("m", text_in);
        body.from = text_in.to_owned();
        body.details.insert(text_in.to_owned(), text_in.to_owned());
        world.append(conversation(1), Kind::MessageIn, None, &body);
        let folder = world.bundle(&all(), &[]);
        assert_eq!(examine(&folder).verdict(), State::Proved, "{text_in}");
        let page = String::from_utf8(folder.0["transcript-1.html"].clone()).unwrap();
        // The party twice and in the details, the text, a detail's name and value.
        assert_eq!(page.matches(shown).count(), 6, "{text_in}");
        assert!(!page.contains("<script"), "{page}");
    }
}

#[test]
fn what_became_of_a_message_stands_below_it() {
    let folder = World::small().bundle(&all(), &[]);
    let page = String::from_utf8(folder.0["transcript-1.html"].clone()).unwrap();
    let place = |words: &str| {
        page.find(words)
            .unwrap_or_else(|| panic!("{words}: {page}"))
    };
    // The status has a later position than a record of the other conversation, and stands in its own.
    let order = [
        "at &quot;42&quot;",
        "class=\"below status\"",
        "delivered",
        "recorded.",
    ]
    .map(place);
    assert!(order.is_sorted(), "{order:?}");
    let versions = ["Hello &lt;b&gt;", "class=\"below edit\"", "Hello again"].map(place);
    assert!(versions.is_sorted(), "{versions:?}");
}

#[test]
fn each_medium_has_a_slot() {
    let mut world = World::new();
    let mut body = text("m", "see the pictures");
    for (name, value) in [
        ("media0.url", "https://carrier.example/1"),
        ("media0.type", "image/jpeg"),
        ("media1.url", "https://carrier.example/2"),
        ("media3.url", "not the next one"),
    ] {
        body.details.insert(name.to_owned(), value.to_owned());
    }
    world.append(conversation(1), Kind::MessageIn, None, &body);
    let folder = world.bundle(&all(), &[]);
    assert_eq!(examine(&folder).verdict(), State::Proved);
    let lines = String::from_utf8(folder.0["records-1.jsonl"].clone()).unwrap();
    let slots = r#""media":[{"type":"image/jpeg","address":"https://carrier.example/1","file":null},{"type":"","address":"https://carrier.example/2","file":null}]"#;
    assert!(lines.contains(slots), "{lines}");
    let page = String::from_utf8(folder.0["transcript-1.html"].clone()).unwrap();
    assert!(
        page.contains("Attachment, not kept: <span dir=\"auto\">image/jpeg"),
        "{page}"
    );
}
