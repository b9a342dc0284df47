//! A writer that died goes on.

use verbatim_record::bundle::{Given, MemoryFolder, Progress, Writer, check};
use verbatim_record::report::State;

use crate::fixture::*;

#[test]
fn a_bundle_that_was_interrupted_ends_as_if_it_had_not_been() {
    let mut world = World::long(20_500);
    let head = world.export(&all());
    let whole = world.bundle_of(head.clone(), &Gone::new());
    assert!(whole.0.contains_key("records-3.jsonl"));
    for died_behind in [1, 2] {
        let mut folder = MemoryFolder::default();
        let saved = begin(
            &world,
            Writer::new(head.clone(), ORIGIN),
            &mut folder,
            died_behind,
        );
        let policy = policy();
        let given = Given {
            policy: Some(&policy),
            since: None,
            tsa_ca: None,
        };
        let found = check(&folder, given, &mut |_, _| {});
        assert_eq!(found.verdict(), State::Wrong, "not finished, and yet good");
        let progress: Progress = serde_json::from_str(&saved).unwrap();
        let mut writer = Writer::resume(progress);
        for position in writer.progress().next..=head.position {
            if let Some(part) = world.push_into(&mut writer, position, &Gone::new()) {
                put(&mut folder, part);
            }
        }
        world.finish(writer, &mut folder);
        assert!(
            folder.0 == whole.0,
            "another bundle after part {died_behind}"
        );
    }
}

/// Dies in the part after this one; what was kept of its progress.
fn begin(world: &World, mut writer: Writer, folder: &mut MemoryFolder, parts: u64) -> String {
    let mut saved = String::new();
    for position in 0.. {
        if let Some(part) = world.push_into(&mut writer, position, &Gone::new()) {
            put(folder, part);
            saved = serde_json::to_string(writer.progress()).unwrap();
            if writer.progress().parts == parts {
                let _ = world.push_into(&mut writer, position + 1, &Gone::new());
                break;
            }
        }
    }
    saved
}
