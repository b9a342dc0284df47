use verbatim_testkit::softhsm::{PIN, SoftHsm, with_tokens};

use super::*;

fn file(dir: &tempfile::TempDir) -> KeyFile {
    let path = dir.path().join("verbatim.key");
    files::write_private(&path, &Kek::from_bytes([1; 32]).to_text()).unwrap();
    KeyFile { path, token: None }
}

fn ids(file: &KeyFile) -> (String, Option<String>) {
    let next = file.read_next().unwrap().map(|next| next.id());
    (file.read().unwrap().id(), next)
}

fn keys() -> [Kek; 3] {
    [1, 2, 3].map(|n| Kek::from_bytes([n; 32]))
}

async fn a_key_comes_to_its_place_once(file: &KeyFile) {
    let [one, two, three] = keys();
    assert_eq!(ids(file), (one.id(), None));
    let kept = file.prepare(two.clone()).await.unwrap();
    assert_eq!(kept.id(), two.id());
    let kept = file.prepare(three.clone()).await.unwrap();
    assert_eq!(kept.id(), two.id(), "the one that lies ready stands");
    assert!(file.promote(&three.check()).await.is_err());
    assert_eq!(ids(file), (one.id(), Some(two.id())));
    for _ in 0..2 {
        file.promote(&two.check()).await.unwrap();
        assert_eq!(ids(file), (two.id(), None));
    }
}

#[tokio::test]
async fn a_key_is_laid_ready_once_and_comes_to_its_place_once() {
    let dir = tempfile::tempdir().unwrap();
    a_key_comes_to_its_place_once(&file(&dir)).await;
}

/// What a process left that died while it wrote is no key file, and keeps nobody from the next one.
#[tokio::test]
async fn half_a_file_has_no_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    std::fs::write(dir.path().join("verbatim.key.new.part"), "verbatim-kek: 1").unwrap();
    assert!(file.next().await.unwrap().is_none());
    file.prepare(Kek::from_bytes([2; 32])).await.unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

/// A damaged one is neither used nor overwritten: it may be the store's by now.
#[tokio::test]
async fn a_damaged_neighbour_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = file(&dir);
    let next = file.beside(".new");
    std::fs::write(&next, "nonsense").unwrap();
    let error = file.prepare(Kek::from_bytes([2; 32])).await.unwrap_err();
    assert!(error.what.contains("verbatim.key.new"), "{error}");
    assert_eq!(std::fs::read_to_string(&next).unwrap(), "nonsense");
}

#[test]
fn without_a_token_nothing_is_wrapped() {
    let dir = tempfile::tempdir().unwrap();
    let error = file(&dir).wrap_all().unwrap_err().to_string();
    assert!(error.contains("[keys.pkcs11]"), "{error}");
}

#[test]
fn a_token_wraps_the_file_and_what_follows_it() {
    with_tokens(
        "key_file::tests::a_token_wraps_the_file_and_what_follows_it",
        |hsm| {
            hsm.token("verbatim");
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(wrapped(hsm));
        },
    );
}

/// A configuration with a token and a key file in clear.
fn configured(hsm: &SoftHsm, dir: &Path) -> Config {
    let key = Kek::from_bytes([1; 32]).to_text();
    files::write_private(&dir.join("verbatim.key"), &key).unwrap();
    let text = format!(
        "[firm]\nname = \"Acme\"\n[homeserver]\nurl = \"http://127.0.0.1:8008\"\n\
         server_name = \"acme.test\"\nas_token = \"as\"\nhs_token = \"hs\"\n\
         [keys]\nfile = \"verbatim.key\"\n[keys.pkcs11]\nmodule = \"{}\"\ntoken = \"verbatim\"\n\
         pin = \"{PIN}\"\nwrap_key = \"kek\"\n",
        hsm.module().display()
    );
    Config::parse(&text, &dir.join("verbatim.toml")).unwrap()
}

async fn wrapped(hsm: &SoftHsm) {
    let dir = tempfile::tempdir().unwrap();
    let config = configured(hsm, dir.path());
    let file = KeyFile::of(&config).unwrap();
    let [one, two, _] = keys();

    // The token lacks its key: named, and the file is as it was.
    let error = format!("{:#}", file.wrap_all().unwrap_err());
    assert!(error.contains("hsm-init"), "{error}");
    assert_eq!(
        (ids(&file), file.is_clear().unwrap()),
        ((one.id(), None), true)
    );

    let token = file.token().unwrap().token().unwrap();
    token.make_wrap_key("kek").unwrap();
    // A key that lies ready in clear is wrapped too.
    files::write_private(&file.beside(".new"), &two.to_text()).unwrap();
    assert_eq!(file.wrap_all().unwrap().len(), 2);
    assert_eq!(file.wrap_all().unwrap().len(), 0, "done once");
    assert_eq!(ids(&file), (one.id(), Some(two.id())));
    let text = std::fs::read_to_string(&file.path).unwrap();
    assert!(text.contains("verbatim-kek: 2"), "{text}");
    assert!(!text.contains(one.to_text().lines().nth(5).unwrap()));
    std::fs::remove_file(file.beside(".new")).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

    // The file alone opens nothing.
    let alone = KeyFile {
        token: None,
        ..file.clone()
    };
    let error = format!("{:#}", alone.read().unwrap_err());
    assert!(error.contains("[keys.pkcs11]"), "{error}");

    // What comes later is wrapped as well.
    a_key_comes_to_its_place_once(&file).await;
    assert!(!file.is_clear().unwrap());

    // Under another key of the token.
    token.make_wrap_key("kek-2").unwrap();
    let mut other = config.clone();
    other.keys.pkcs11.as_mut().unwrap().wrap_key = "kek-2".to_owned();
    let other = KeyFile::of(&other).unwrap();
    assert_eq!(
        other.read().unwrap().id(),
        two.id(),
        "the old one still opens"
    );
    assert_eq!(other.wrap_all().unwrap().len(), 1);
    assert_eq!(ids(&other), (two.id(), None));
}
