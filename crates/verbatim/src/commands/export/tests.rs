//! Bundles made through the API, interrupted everywhere.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use clap::Parser;
use verbatim_domain::{AccountId, Duration};
use verbatim_engine::Engine;
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{
    Anchors, Change, Clock, Commit, JobKind, LogTimestamp, Store, TimeAuthority,
};
use verbatim_record::Signer;
use verbatim_record::bundle::{DirFolder, Given, MANIFEST, POLICY, PROGRESS, check};
use verbatim_record::note::Algorithm;
use verbatim_record::policy::Policy;
use verbatim_record::report::{Findings, State as Verdict};
use verbatim_record::signing::FileSigner;
use verbatim_store::{Fault, SqlStore};
use verbatim_testkit::fakes::site::{ACCOUNT, ALICE, OURS};
use verbatim_testkit::fakes::{FakeAuthority, OpensslAuthority, Site, test_signer};
use verbatim_testkit::sim::operation::AuthorityMood;

use super::make;
use super::place::Folder;
use super::sealed::Sealed;
use crate::cli::{Cli, Command, ExportArgs};
use crate::local::Api;

/// A month more than records are kept, and a few days.
const YEARS: Duration = Duration::from_secs(86 * 31 * 86_400);

struct World {
    site: Site,
    api: Api,
    signing: tokio::task::JoinHandle<()>,
}

/// A site to which a client has texted so often.
async fn texted(texts: u32) -> Site {
    let site = Site::on(SqlStore::in_memory().unwrap()).await.unwrap();
    site.provision().await.unwrap();
    site.lead().await.unwrap();
    for number in 0..texts {
        text(&site, &format!("text {number}")).await;
    }
    site
}

async fn text(site: &Site, text: &str) {
    let sms = site.carrier.text_from_client("+14155552671", OURS, text);
    let hook = site.carrier.inbound_hook(&sms);
    site.engine.webhook(&AccountId::from(ACCOUNT), &hook).await;
}

impl World {
    /// A client has texted so often; the log is signed as in service.
    async fn new(texts: u32) -> Self {
        Self::of(texted(texts).await)
    }

    fn of(site: Site) -> Self {
        let api = Api::here(verbatim_console::local_api_router(
            site.engine.clone(),
            "ann",
        ));
        let signing = tokio::spawn(sign(site.engine.clone()));
        Self { site, api, signing }
    }

    async fn exports(&self) -> usize {
        let records = self.site.engine.log_records(0, 1000).await.unwrap();
        records.iter().filter(|r| r.kind == "export").count()
    }
}

/// So many years pass that everything has expired.
async fn years_pass(site: &Site) {
    site.clock.advance(YEARS);
    site.lead().await.unwrap();
}

/// What has expired is disposed of, with these faults on the way.
async fn dispose(site: &Site, faults: &[Fault]) {
    let engine = &site.engine;
    for due in engine
        .propose_disposals(&Actor::operator("ann"))
        .await
        .unwrap()
    {
        let id = due.id.parse().unwrap();
        let bob = Actor::operator("bob");
        engine.approve_disposal(&bob, id).await.unwrap();
    }
    let jobs = site.store.due_jobs(site.clock.now(), &[], 100).await;
    let jobs = jobs.unwrap();
    let job = jobs.iter().find(|job| job.kind == JobKind::Dispose);
    for fault in faults {
        site.store.inject(*fault);
    }
    engine.run_job(job.unwrap()).await;
}

fn undisclosed(found: &Findings) -> &str {
    let words = found.findings.iter().find(|f| f.check == "undisclosed");
    words.map_or("", |finding| &finding.words)
}

/// Whether the bodies are still there (their key is not) or removed as well makes no difference.
#[tokio::test]
async fn what_was_disposed_of_is_proved_by_its_certificate() {
    // The certificates' own bucket is made and the key destroyed; the removal is refused.
    let cut = [Fault::Nothing, Fault::Nothing, Fault::Refuse];
    for faults in [&[][..], &cut] {
        let site = texted(3).await;
        years_pass(&site).await;
        dispose(&site, faults).await;
        let left = site.store.records(0, 1).await.unwrap();
        assert_eq!(left[0].sealed.wrapped_key.is_empty(), faults.is_empty());
        text(&site, "years later").await;
        let world = World::of(site);
        for of in [&["--all"][..], &["--person", ALICE]] {
            let dir = tempfile::tempdir().unwrap();
            let args = args(of, dir.path());
            let mut place = Folder::open(dir.path()).unwrap();
            let view = make(&world.api, &mut place, &args).await.unwrap();
            let found = examine(dir.path());
            assert_eq!(found.verdict(), Verdict::Proved, "{of:?}: {found}");
            assert!(view["undisclosed"].as_u64().unwrap() >= 3, "{view}");
            let words = undisclosed(&found);
            assert!(words.contains("operator:ann proposed it"), "{found}");
            assert!(words.contains("operator:bob approved it"), "{found}");
            let page = fs::read_to_string(dir.path().join("transcript-1.html")).unwrap();
            assert!(page.contains("years later") && !page.contains("text 0"));
        }
    }
}

/// Single records that were erased are proved in the same way, and the others' are disclosed.
#[tokio::test]
async fn what_was_erased_is_proved_by_its_certificate() {
    let site = texted(2).await;
    let other = site
        .carrier
        .text_from_client("+16285550177", OURS, "of another");
    let hook = site.carrier.inbound_hook(&other);
    site.engine.webhook(&AccountId::from(ACCOUNT), &hook).await;
    years_pass(&site).await;
    let (ann, bob) = (Actor::operator("ann"), Actor::operator("bob"));
    let answer = site.engine.request_erasure(&ann, "+14155552671").await;
    let id = answer.unwrap().proposed[0].id.parse().unwrap();
    site.engine.approve_disposal(&bob, id).await.unwrap();
    let jobs = site
        .store
        .due_jobs(site.clock.now(), &[], 100)
        .await
        .unwrap();
    let job = jobs.iter().find(|job| job.kind == JobKind::Dispose);
    site.engine.run_job(job.unwrap()).await;
    let world = World::of(site);
    for of in [&["--all"][..], &["--person", ALICE]] {
        let dir = tempfile::tempdir().unwrap();
        let args = args(of, dir.path());
        let mut place = Folder::open(dir.path()).unwrap();
        make(&world.api, &mut place, &args).await.unwrap();
        let found = examine(dir.path());
        assert_eq!(found.verdict(), Verdict::Proved, "{of:?}: {found}");
        let words = undisclosed(&found);
        assert!(words.contains("keys of these records alone"), "{found}");
        let page = fs::read_to_string(dir.path().join("transcript-1.html")).unwrap();
        assert!(page.contains("of another") && !page.contains("text 0"));
    }
}

#[tokio::test]
async fn what_is_disposed_of_while_it_is_exported_is_proved_too() {
    let site = texted(3).await;
    years_pass(&site).await;
    let world = World::of(site);
    let dir = tempfile::tempdir().unwrap();
    let args = args(&["--person", ALICE], dir.path());
    let mut place = Folder::open(dir.path()).unwrap();
    let wanted = super::wish::of(&args).unwrap();
    super::begin(&world.api, &mut place, wanted, "exam")
        .await
        .unwrap();
    let export = world.site.engine.log_records(0, 1000).await.unwrap();
    let export = export.last().unwrap().log_index;
    dispose(&world.site, &[]).await;
    make(&world.api, &mut place, &args).await.unwrap();
    let found = examine(dir.path());
    assert_eq!(found.verdict(), Verdict::Proved, "{found}");
    let certificate = undisclosed(&found).rsplit("record ").next().unwrap();
    let certificate = certificate.split(' ').next().unwrap().parse::<u64>();
    assert!(certificate.unwrap() > export, "{found}");
}

impl Drop for World {
    fn drop(&mut self) {
        self.signing.abort();
    }
}

async fn sign(engine: Arc<Engine>) {
    loop {
        engine.sign_log().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn args(of: &[&str], out: &Path) -> ExportArgs {
    let mut line = vec!["verbatim", "export", "--purpose", "exam", "--out"];
    line.push(out.to_str().unwrap());
    line.extend(of);
    match Cli::try_parse_from(line).unwrap().command {
        Command::Export(args) => args,
        _ => panic!("another command"),
    }
}

fn examine(dir: &Path) -> Findings {
    examine_by(dir, None)
}

fn examine_by(dir: &Path, tsa_ca: Option<&str>) -> Findings {
    let policy = fs::read_to_string(dir.join(POLICY)).ok();
    let policy: Option<Policy> = policy.map(|p| p.parse().unwrap());
    let given = Given {
        policy: policy.as_ref(),
        since: None,
        tsa_ca,
    };
    check(&DirFolder::new(dir), given, &mut |_, _| {})
}

#[tokio::test]
async fn every_selection_makes_a_bundle_that_verifies() {
    let world = World::new(600).await;
    for of in [
        &["--all"][..],
        &["--person", ALICE],
        &["--number", OURS],
        &["--all", "--from", "2000-01-01", "--to", "2099-01-01"],
        &["--all", "--from", "2099-01-01"],
    ] {
        let dir = tempfile::tempdir().unwrap();
        let args = args(of, dir.path());
        let view = make(&world.api, &mut Folder::open(dir.path()).unwrap(), &args).await;
        let found = examine(dir.path());
        // Nothing was selected from a time to come.
        let verdict = match view.as_ref().unwrap()["records"].as_u64() {
            Some(0) => Verdict::NotProved,
            _ => Verdict::Proved,
        };
        assert_eq!(found.verdict(), verdict, "{of:?}: {found}");
        let texts = view.unwrap()["records"].as_u64().unwrap();
        let is_empty = of.contains(&"2099-01-01") && of.len() == 3;
        assert_eq!(texts >= 600, !is_empty, "{of:?}");
        assert!(Folder::open(dir.path()).is_err(), "finished");
    }
}

#[tokio::test]
async fn an_export_that_dies_at_any_write_goes_on() {
    let world = World::new(5).await;
    for writes in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let args = args(&["--all"], dir.path());
        let before = world.exports().await;
        let mut place = Folder::open(dir.path()).unwrap();
        place.writes_left = Some(writes);
        let first = make(&world.api, &mut place, &args).await;
        let has_all = dir.path().join(MANIFEST).exists();
        let Err(error) = first else {
            assert!(writes > 8 && has_all, "{writes} writes are too few");
            return;
        };
        assert!(
            error.to_string().contains("make room and repeat"),
            "{error}"
        );
        assert!(!has_all);
        assert_eq!(examine(dir.path()).verdict(), Verdict::Wrong, "{writes}");
        // More is recorded in between, and the log is signed further.
        text(&world.site, "later").await;
        let mut place = Folder::open(dir.path()).unwrap();
        make(&world.api, &mut place, &args).await.unwrap();
        let found = examine(dir.path());
        assert_eq!(found.verdict(), Verdict::Proved, "{writes}: {found}");
        // Asked for once, unless nothing could be kept of the first time.
        let asked = if writes == 0 { 2 } else { 1 };
        assert_eq!(world.exports().await - before, asked, "{writes}");
    }
}

/// What it goes on with has a checkpoint by a key that was not the log's when it was begun.
#[tokio::test]
async fn an_export_goes_on_after_the_log_has_changed_its_key() {
    let world = World::new(3).await;
    let dir = tempfile::tempdir().unwrap();
    let args = args(&["--all"], dir.path());
    let mut place = Folder::open(dir.path()).unwrap();
    place.writes_left = Some(2);
    make(&world.api, &mut place, &args).await.unwrap_err();
    let store = world.site.store.clone();
    drop(world);

    let first = test_signer();
    let name = first.verifier().name();
    let second = FileSigner::from_seed(name, Algorithm::EcdsaP256, &[9; 32]).unwrap();
    let second: Arc<dyn Signer> = Arc::new(second);
    for before in [Some(first), None] {
        let site = Site::signed_by(store.clone(), second.clone(), before).await;
        let site = site.unwrap();
        site.lead().await.unwrap();
        text(&site, "later").await;
        site.engine.sign_log().await.unwrap();
    }
    let site = Site::signed_by(store, second, None).await.unwrap();
    site.lead().await.unwrap();
    let world = World::of(site);
    let mut place = Folder::open(dir.path()).unwrap();
    make(&world.api, &mut place, &args).await.unwrap();
    let found = examine(dir.path());
    assert_eq!(found.verdict(), Verdict::Proved, "{found}");
}

#[tokio::test]
async fn a_folder_of_something_else_is_left_alone() {
    let world = World::new(1).await;
    let dir = tempfile::tempdir().unwrap();
    // What a kill leaves of the very first file is nobody's.
    fs::write(dir.path().join(format!("{PROGRESS}.part")), "x").unwrap();
    Folder::open(dir.path()).unwrap();
    fs::write(dir.path().join("mine"), "x").unwrap();
    assert!(Folder::open(dir.path()).is_err());
    let dir = tempfile::tempdir().unwrap();
    let mut place = Folder::open(dir.path()).unwrap();
    place.writes_left = Some(2);
    let all = args(&["--all"], dir.path());
    make(&world.api, &mut place, &all).await.unwrap_err();
    let other = args(&["--person", ALICE], dir.path());
    let mut place = Folder::open(dir.path()).unwrap();
    let error = make(&world.api, &mut place, &other).await.unwrap_err();
    assert!(error.to_string().contains("something else"), "{error}");
}

#[tokio::test]
async fn a_sealed_bundle_opens_for_its_recipient_alone() {
    let world = World::new(3).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bundle.tar.age");
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let age = ["--age", recipient.as_str()];
    let of = |of: &[&str]| args(&[of, &age].concat(), &file);
    let args = of(&["--person", ALICE]);
    // Died after it was asked for.
    let mut place = Sealed::open(&file, &recipient).unwrap();
    super::begin(
        &world.api,
        &mut place,
        super::wish::of(&args).unwrap(),
        "exam",
    )
    .await
    .unwrap();
    drop(place);
    // What lies there in clear is about nobody.
    let kept = fs::read_to_string(dir.path().join("bundle.tar.age.progress")).unwrap();
    let fields: serde_json::Map<_, _> = serde_json::from_str(&kept).unwrap();
    let fields: Vec<_> = fields.keys().map(String::as_str).collect();
    assert_eq!(fields, ["export", "origin"], "{kept}");
    let mut place = Sealed::open(&file, &recipient).unwrap();
    let other = make(&world.api, &mut place, &of(&["--all"])).await;
    let words = other.unwrap_err().to_string();
    assert!(words.contains("something else"), "{words}");
    assert!(
        words.contains(&format!("the conversations of {ALICE}")),
        "{words}"
    );
    let mut place = Sealed::open(&file, &recipient).unwrap();
    make(&world.api, &mut place, &args).await.unwrap();
    assert_eq!(world.exports().await, 1);
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let sealed = fs::read(&file).unwrap();
    assert!(!sealed.windows(6).any(|w| w == b"text 1"));

    let open = |identity: &age::x25519::Identity| {
        let opened = age::Decryptor::new(&sealed[..]).unwrap();
        opened.decrypt(std::iter::once(identity as &dyn age::Identity))
    };
    assert!(open(&age::x25519::Identity::generate()).is_err());
    let mut tar = Vec::new();
    open(&identity).unwrap().read_to_end(&mut tar).unwrap();
    let opened = tempfile::tempdir().unwrap();
    tar::Archive::new(&tar[..]).unpack(opened.path()).unwrap();
    let found = examine(opened.path());
    assert_eq!(found.verdict(), Verdict::Proved, "{found}");
}

/// Interrupted at any write, with a newer checkpoint stamped in between: one timestamp, the newest, is in the bundle.
#[tokio::test]
async fn a_bundle_has_the_newest_timestamp() {
    let Some(authority) = OpensslAuthority::if_asked_for() else {
        return;
    };
    let authority = Arc::new(authority);
    let site = texted(300).await;
    site.clock.advance(authority.ahead_of(&site.clock));
    site.lead().await.unwrap();
    let stamp = async |site: &Site| {
        site.engine.sign_log().await.unwrap();
        let authority = authority.every(Duration::from_secs(0));
        assert!(site.engine.stamp(&authority).await.unwrap());
        site.store
            .latest_timestamp("openssl")
            .await
            .unwrap()
            .unwrap()
            .size
    };
    let mut stamped = stamp(&site).await;
    let world = World::of(site);
    for writes in 0.. {
        let dir = tempfile::tempdir().unwrap();
        // None of what is exported was stamped, and its tiles are others.
        let args = args(&["--all", "--from", "2099-01-01"], dir.path());
        let mut place = Folder::open(dir.path()).unwrap();
        place.writes_left = Some(writes);
        let is_done = make(&world.api, &mut place, &args).await.is_ok();
        if !is_done {
            text(&world.site, "later").await;
            stamped = stamp(&world.site).await;
            let mut place = Folder::open(dir.path()).unwrap();
            make(&world.api, &mut place, &args).await.unwrap();
        }
        let ca_pem = authority.ca_pem();
        let found = examine_by(dir.path(), Some(&ca_pem));
        assert!(found.wrong().is_none(), "{writes}: {found}");
        let said = format!("The records up to position {} existed before", stamped - 1);
        assert!(found.to_string().contains(&said), "{writes}: {found}");
        let files = fs::read_dir(dir.path().join("timestamps")).unwrap().count();
        assert_eq!(files, 2, "{writes}");
        if is_done {
            assert!(writes > 8, "{writes} writes are too few");
            return;
        }
    }
}

#[tokio::test]
async fn a_timestamp_that_was_altered_in_the_store_is_not_handed_out() {
    let site = texted(2).await;
    let signed = site.engine.sign_log().await.unwrap().unwrap();
    let authority = FakeAuthority::new(AuthorityMood::Lies);
    let stamp = LogTimestamp {
        size: signed.size,
        authority: authority.name().to_owned(),
        request: Vec::new(),
        response: authority.stamp(b"").await.unwrap(),
        at: site.clock.now(),
    };
    let commit = Commit {
        changes: vec![Change::AddTimestamp(stamp)],
        fence: None,
    };
    site.store.commit(commit).await.unwrap();
    let world = World::of(site);
    let dir = tempfile::tempdir().unwrap();
    let mut place = Folder::open(dir.path()).unwrap();
    let refused = make(&world.api, &mut place, &args(&["--all"], dir.path())).await;
    let words = format!("{:#}", refused.unwrap_err());
    assert!(words.contains("about other bytes"), "{words}");
    assert!(!dir.path().join(MANIFEST).exists());
}
