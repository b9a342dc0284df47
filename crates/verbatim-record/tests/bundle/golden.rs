//! The format as it was promised: a bundle of version 1 stays readable and is still written alike.

use std::fs;
use std::path::PathBuf;

use verbatim_record::bundle::{DirFolder, Given, check};
use verbatim_record::report::State;

use crate::fixture::*;

fn place() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/bundle-1")
}

/// `UPDATE_GOLDEN=1` in the environment writes it: to add a version, never to change one.
#[test]
fn bundle() {
    let made = World::stamped().bundle(&all(), &[5]);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|on| on == "1") {
        for (path, content) in &made.0 {
            let file = place().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
    }
    for (path, content) in &made.0 {
        let kept = fs::read(place().join(path)).unwrap();
        assert!(
            kept == *content,
            "{path} changed: older bundles could not be checked any more"
        );
    }
    let policy = policy();
    let given = Given {
        policy: Some(&policy),
        since: None,
        tsa_ca: Some(CA),
    };
    let found = check(&DirFolder::new(place()), given, &mut |_, _| {});
    assert_eq!(found.wrong(), None);
    assert_eq!(found.verdict(), State::Proved, "{found}");
}
