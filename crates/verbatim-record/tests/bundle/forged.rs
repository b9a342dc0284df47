//! Bundles in which something is not right.

use verbatim_domain::ConversationId;
use verbatim_record::Signer;
use verbatim_record::bundle::{Given, KeyLine, MANIFEST, MemoryFolder, Of, check};
use verbatim_record::note::Algorithm;
use verbatim_record::policy::Policy;
use verbatim_record::report::State;
use verbatim_record::signing::FileSigner;
use verbatim_record::tile::TileId;

use crate::fixture::*;

/// The check that fails, and its words.
pub(crate) fn wrong(folder: &MemoryFolder) -> Option<(&'static str, String)> {
    let policy = policy();
    let given = Given {
        policy: Some(&policy),
        since: None,
        tsa_ca: None,
    };
    let found = check(folder, given, &mut |_, _| {});
    assert_eq!(found.wrong().is_some(), found.verdict() == State::Wrong);
    found.wrong().map(|f| (f.check, f.words.clone()))
}

fn lines(folder: &MemoryFolder, path: &str) -> Vec<String> {
    let text = String::from_utf8(folder.0[path].clone()).unwrap();
    text.split_terminator('\n').map(str::to_owned).collect()
}

fn set_lines(folder: &mut MemoryFolder, path: &str, lines: &[String]) {
    let text = lines
        .iter()
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    folder.0.insert(path.to_owned(), text.into_bytes());
}

#[test]
fn a_flipped_byte_in_any_file_is_named() {
    let whole = World::long(300).bundle(&of(Of::Conversation(conversation(2))), &[]);
    for (path, content) in &whole.0 {
        let step = (content.len() / 40).max(1);
        for at in (0..content.len()).step_by(step) {
            let mut folder = whole.clone();
            folder.0.get_mut(path).unwrap()[at] ^= 1;
            let (_, words) =
                wrong(&folder).unwrap_or_else(|| panic!("{path} byte {at} is not missed"));
            // A changed manifest may name another file as the one that does not fit.
            assert!(
                words.contains(path) || path == MANIFEST,
                "{path} byte {at}: {words}"
            );
        }
    }
}

#[test]
fn files_that_are_gone_cut_off_or_too_many_are_named() {
    let whole = World::long(300).bundle(&all(), &[]);
    for path in whole.0.keys() {
        let mut folder = whole.clone();
        folder.0.remove(path);
        let (_, words) = wrong(&folder).unwrap();
        assert!(words.contains(path), "{path}: {words}");
        let mut folder = whole.clone();
        folder.0.get_mut(path).unwrap().pop();
        let (_, words) = wrong(&folder).unwrap();
        assert!(words.contains(path), "{path}: {words}");
    }
    let mut folder = whole;
    folder
        .0
        .insert("transcript-2.html".to_owned(), b"<p>lies</p>".to_vec());
    let (check, words) = wrong(&folder).unwrap();
    assert_eq!(check, "files");
    assert!(words.contains("transcript-2.html"), "{words}");
    reseal(&mut folder, |_| {});
    assert_eq!(wrong(&folder).unwrap().0, "files");
}

/// Each with a manifest that fits again: whoever forwards a bundle can make one.
#[test]
fn files_of_no_bundle_are_found() {
    let whole = World::long(600).bundle(&of(Of::Conversation(conversation(2))), &[]);
    for path in [
        "notes.txt",
        "README.html",
        "transcript-01.html",
        "records-2.jsonl",
        "more/certificates.jsonl",
        "progress.json",
        "log/notes",
        "log/tile/0/002",
        "log/tile/0/000.p/9",
        "log/tile/0/x000/000",
        "log/tile/1/000.p/3",
        "log/tile/entries/000",
        "tile/0/000",
    ] {
        let mut folder = whole.clone();
        folder.0.insert(path.to_owned(), vec![0; 9 * 32]);
        reseal(&mut folder, |_| {});
        let (check, words) = wrong(&folder).unwrap_or_else(|| panic!("{path} is not found"));
        assert_eq!(check, "files", "{path}: {words}");
        assert!(words.contains(path), "{path}: {words}");
    }
    for path in ["VERIFY.txt", "policy", "keys-1.jsonl"] {
        let mut folder = whole.clone();
        folder.0.remove(path);
        reseal(&mut folder, |_| {});
        let (check, words) = wrong(&folder).unwrap_or_else(|| panic!("{path} is not missed"));
        assert_eq!(check, "files", "{path}: {words}");
        assert!(words.contains(path), "{path}: {words}");
    }
    let mut folder = whole;
    replace(&mut folder, "VERIFY.txt", "verbatim-verify bundle", "sh");
    reseal(&mut folder, |_| {});
    let (check, words) = wrong(&folder).unwrap();
    assert_eq!(check, "files");
    assert!(words.contains("VERIFY.txt"), "{words}");
}

/// Nobody could compare it: it may say anything.
#[test]
fn a_page_of_another_layout_is_refused() {
    let whole = World::small().bundle(&all(), &[]);
    for layout in [0, 2, u32::MAX] {
        let mut folder = whole.clone();
        let page = b"<p>lies</p>".to_vec();
        folder.0.insert("transcript-1.html".to_owned(), page);
        reseal(&mut folder, |m| m.transcript = layout);
        let (check, words) = wrong(&folder).unwrap_or_else(|| panic!("{layout} is not refused"));
        assert_eq!(check, "manifest", "{words}");
        assert!(words.contains(&layout.to_string()), "{words}");
    }
}

/// A tile more than the records need is for whoever has another checkpoint, and is the log's or nothing.
#[test]
fn tiles_that_no_record_needs_are_the_logs() {
    let mut world = World::long(600);
    let folder = world.bundle(&of(Of::Conversation(ConversationId::NONE)), &[]);
    let id: TileId = "tile/0/001".parse().unwrap();
    let path = format!("log/{id}");
    assert!(!folder.0.contains_key(&path));
    for (name, content, expected) in [
        ("the log's", world.tile(&id), None),
        ("another", vec![7; 256 * 32], Some("tiles")),
        ("too short", vec![7; 32], Some("tiles")),
    ] {
        let mut folder = folder.clone();
        folder.0.insert(path.clone(), content);
        reseal(&mut folder, |_| {});
        let found = wrong(&folder);
        assert_eq!(found.as_ref().map(|(check, _)| *check), expected, "{name}");
        assert!(found.is_none_or(|(_, words)| words.contains("tile/0/001")));
    }
}

/// Each with a manifest that fits again.
#[test]
fn what_a_forger_changes_is_found() {
    type Change = fn(&mut MemoryFolder);
    let changes: [(&str, &str, Change); 14] = [
        ("readable text", "bodies", |f| {
            replace(f, "records-1.jsonl", "Hello again", "Hello forged")
        }),
        ("kind", "bodies", |f| {
            replace(
                f,
                "records-1.jsonl",
                "\"kind\":\"edit\"",
                "\"kind\":\"status\"",
            )
        }),
        ("space in a line", "bodies", |f| {
            replace(f, "records-1.jsonl", "\"seq\":0", "\"seq\": 0")
        }),
        ("transcript", "transcript", |f| {
            replace(f, "transcript-1.html", "Hello again", "Hello forged")
        }),
        ("removed record and key", "order", |f| {
            remove_line(f, "records-1.jsonl", 3);
            remove_line(f, "keys-1.jsonl", 3);
        }),
        ("removed key", "keys", |f| remove_line(f, "keys-1.jsonl", 3)),
        ("a key too many", "keys", |f| {
            let mut keys = lines(f, "keys-1.jsonl");
            keys.push(KeyLine::of(99, &[0; 32]).to_text().trim_end().to_owned());
            set_lines(f, "keys-1.jsonl", &keys);
        }),
        ("another key", "keys", |f| {
            let mut keys = lines(f, "keys-1.jsonl");
            keys[3] = KeyLine::of(3, &[0; 32]).to_text().trim_end().to_owned();
            set_lines(f, "keys-1.jsonl", &keys);
        }),
        ("swapped records", "order", |f| {
            for path in ["records-1.jsonl", "keys-1.jsonl"] {
                let mut all = lines(f, path);
                all.swap(3, 4);
                set_lines(f, path, &all);
            }
        }),
        ("swapped leaves", "bodies", |f| {
            let all = lines(f, "records-1.jsonl");
            let leaf = |line: &str| {
                line.split("\"leaf\":\"")
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
                    .to_owned()
            };
            let (one, two) = (leaf(&all[3]), leaf(&all[4]));
            replace(f, "records-1.jsonl", &one, &two);
        }),
        ("last line cut off", "files", |f| {
            f.0.get_mut("records-1.jsonl").unwrap().pop();
        }),
        ("tile", "tiles", |f| {
            f.0.get_mut("log/tile/0/000.p/8").unwrap()[40] ^= 1;
        }),
        ("truncated tile", "tiles", |f| {
            f.0.get_mut("log/tile/0/000.p/8").unwrap().truncate(7 * 32);
        }),
        ("export without its record", "export", |f| {
            for path in ["records-1.jsonl", "keys-1.jsonl"] {
                let last = lines(f, path).len() - 1;
                remove_line(f, path, last);
            }
            redo_page(f);
        }),
    ];
    for (name, expected, change) in changes {
        let mut folder = World::small().bundle(&all(), &[]);
        change(&mut folder);
        reseal(&mut folder, |_| {});
        let (check, words) = wrong(&folder).unwrap_or_else(|| panic!("{name} is not found"));
        assert_eq!(check, expected, "{name}: {words}");
    }
}

#[test]
fn a_gap_in_a_conversation_is_found() {
    // Only the chain can tell: other conversations stand between its records.
    let mut folder = World::small().bundle(&of(Of::Conversation(conversation(1))), &[]);
    remove_line(&mut folder, "records-1.jsonl", 1);
    remove_line(&mut folder, "keys-1.jsonl", 1);
    reseal(&mut folder, |m| m.counts.records -= 1);
    let (check, words) = wrong(&folder).unwrap();
    assert_eq!(check, "order");
    assert!(
        words.contains("position 2 in its conversation where 1 comes next"),
        "{words}"
    );
}

#[test]
fn what_the_manifest_says_is_compared() {
    type Change = fn(&mut verbatim_record::bundle::Manifest);
    let changes: [(&str, Change); 10] = [
        ("transcript", |m| m.export.purpose.push('!')),
        ("transcript", |m| m.export.by.push('!')),
        ("transcript", |m| m.export.at_ms += 1),
        ("counts", |m| m.counts.disclosed += 1),
        ("checkpoint", |m| m.log.size += 1),
        ("checkpoint", |m| m.log.origin.push('x')),
        ("order", |m| m.log.id = "00".repeat(16)),
        ("files", |m| m.parts += 1),
        ("files", |m| m.files.push(m.files[0].clone())),
        ("manifest", |m| m.bundle = 2),
    ];
    for (expected, change) in changes {
        let mut folder = World::small().bundle(&all(), &[]);
        reseal(&mut folder, change);
        let (check, words) = wrong(&folder).unwrap();
        assert_eq!(check, expected, "{words}");
    }
    // A forger who makes the page fit as well meets the export's own record.
    let mut folder = World::small().bundle(&all(), &[]);
    reseal(&mut folder, |m| {
        m.export.purpose = "Exam of <2027>".to_owned()
    });
    replace(
        &mut folder,
        "transcript-1.html",
        "Exam of &lt;2026&gt;</bdi>",
        "Exam of &lt;2027&gt;</bdi>",
    );
    reseal(&mut folder, |_| {});
    assert_eq!(wrong(&folder).unwrap().0, "export");
}

#[test]
fn another_log_is_not_believed() {
    let folder = World::small().bundle(&all(), &[]);
    for (name, seed) in [(ORIGIN, 8), ("log.example.org/other", 7)] {
        let other = FileSigner::from_seed(name, Algorithm::Ed25519, &[seed; 32]).unwrap();
        let policy = Policy::of_log(other.verifier().clone());
        let given = Given {
            policy: Some(&policy),
            since: None,
            tsa_ca: None,
        };
        let found = check(&folder, given, &mut |_, _| {});
        assert_eq!(found.wrong().unwrap().check, "signature", "{found}");
    }
}

pub(crate) fn replace(folder: &mut MemoryFolder, path: &str, from: &str, to: &str) {
    let text = String::from_utf8(folder.0[path].clone()).unwrap();
    assert!(text.contains(from), "{from}");
    folder
        .0
        .insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
}

pub(crate) fn remove_line(folder: &mut MemoryFolder, path: &str, line: usize) {
    let mut all = lines(folder, path);
    all.remove(line);
    set_lines(folder, path, &all);
}

/// The page of the records that are left.
fn redo_page(folder: &mut MemoryFolder) {
    use verbatim_record::bundle::{Manifest, RecordLine, transcript};
    let entries: Vec<_> = lines(folder, "records-1.jsonl")
        .iter()
        .map(|line| RecordLine::open(line).unwrap())
        .collect();
    let manifest = Manifest::parse(std::str::from_utf8(&folder.0[MANIFEST]).unwrap()).unwrap();
    let page = transcript::render(&manifest.export, ORIGIN, 1, &entries);
    folder
        .0
        .insert("transcript-1.html".to_owned(), page.into_bytes());
}
