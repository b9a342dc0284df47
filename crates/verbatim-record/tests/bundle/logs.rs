//! Published logs.

use verbatim_record::bundle::MemoryFolder;
use verbatim_record::log_check::{Given, LogSource, check};
use verbatim_record::report::{Findings, State};
use verbatim_record::tile::{TileId, entries_path};
use verbatim_record::tile_tree::Tiles;
use verbatim_record::{Leaf, Note};

use crate::fixture::*;

struct Published(MemoryFolder);

impl Published {
    fn get(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0
            .0
            .get(path)
            .cloned()
            .ok_or(format!("there is no {path}"))
    }
}

impl Tiles for Published {
    fn tile(&self, id: &TileId) -> Result<Vec<u8>, String> {
        self.get(&id.to_string())
    }
}

impl LogSource for Published {
    fn checkpoint(&self) -> Result<String, String> {
        Ok(String::from_utf8(self.get("checkpoint")?).unwrap())
    }
    fn entries(&self, index: u64, width: u16) -> Result<Vec<u8>, String> {
        self.get(&entries_path(index, width))
    }
}

fn examine(folder: MemoryFolder, since: Option<&Note>, full: bool) -> Findings {
    let policy = policy();
    let given = Given {
        policy: &policy,
        since,
        full,
    };
    check(&Published(folder), given, &mut |_, _| {})
}

#[test]
fn logs_of_any_size_are_proved() {
    for size in [0, 1, 2, 255, 256, 257, 512, 1000, 65_536, 65_800] {
        let world = World::long(size);
        for full in [false, true] {
            let (_, since) = world.checkpoint_at(size / 2);
            let found = examine(world.published(), Some(&since), full);
            assert_eq!(found.verdict(), State::Proved, "{size}: {found}");
        }
    }
}

#[test]
fn a_flipped_byte_in_any_file_is_found() {
    let whole = World::long(600).published();
    for (path, content) in &whole.0 {
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut folder = whole.clone();
            folder.0.get_mut(path).unwrap()[at] ^= 1;
            let found = examine(folder, None, true);
            assert_eq!(found.verdict(), State::Wrong, "{path} byte {at}");
        }
        let mut folder = whole.clone();
        folder.0.get_mut(path).unwrap().pop();
        assert_eq!(
            examine(folder, None, true).verdict(),
            State::Wrong,
            "{path} cut off"
        );
    }
}

/// What the log has signed, and should not have.
#[test]
fn leaves_that_do_not_follow_are_named() {
    type Change = fn(&mut Leaf);
    let changes: [(&str, Change); 6] = [
        ("position 3 in its conversation", |l| {
            l.conversation_seq += 1
        }),
        ("does not follow the previous leaf", |l| l.previous[0] ^= 1),
        ("says position", |l| l.global_seq += 1),
        ("captured before", |l| l.captured_at.0 -= 100_000),
        ("another log", |l| l.log[0] ^= 1),
        ("not an earlier one", |l| l.about = Some(l.global_seq)),
    ];
    for (expected, change) in changes {
        let mut world = World::long(7);
        let (sealed, mut leaf) = world.records.pop().unwrap();
        let mut forged = World::new();
        for (sealed, leaf) in world.records {
            forged.push(sealed, leaf);
        }
        change(&mut leaf);
        forged.push(sealed, leaf);
        let found = examine(forged.published(), None, true);
        let wrong = found.wrong().unwrap();
        assert!(
            wrong.words.contains("record 6") && wrong.words.contains(expected),
            "{}",
            wrong.words
        );
    }
}

#[test]
fn a_log_that_was_rewritten_is_found() {
    let (_, old) = World::small().checkpoint();
    let found = examine(World::long(600).published(), Some(&old), false);
    assert_eq!(found.wrong().unwrap().check, "since", "{found}");
}
