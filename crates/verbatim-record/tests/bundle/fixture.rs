//! A log in memory, and bundles of it. The keys are test vectors, not secrets.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::{BTreeMap, HashMap};

use verbatim_domain::{ConversationId, RecordId, Timestamp};
use verbatim_record::bundle::{
    Content, Entry, FileEntry, Head, MANIFEST, Manifest, MemoryFolder, Of, Part, Selection,
    Undisclosed, Writer, timestamp_paths,
};
use verbatim_record::certificate::{Act, ranges};
use verbatim_record::merkle::root_of;
use verbatim_record::note::Algorithm;
use verbatim_record::policy::Policy;
use verbatim_record::proof::root;
use verbatim_record::signing::FileSigner;
use verbatim_record::statement::consistency_tiles;
use verbatim_record::tile::{TileId, WIDTH, bundle_entries, entries_path};
use verbatim_record::{
    Body, BucketId, Certificate, Checkpoint, Hash, Kek, Keyring, Kind, Leaf, NewSeal, Note,
    RetentionClass, SealChance, SealedRecord, Signer,
};

pub(crate) const ORIGIN: &str = "log.example.org/acme";
const BUCKET: BucketId = BucketId {
    class: RetentionClass(3),
    expiry_month: 2032 * 12,
};
const BEGIN: i64 = 1_795_000_000_000;
/// The month before [`BEGIN`], in which the bucket of every certificate here expired.
pub(crate) const EXPIRED: u32 = 2026 * 12 + 9;

/// Vouches for whoever stamped [`SMALL_6`] and [`LONG_300`]; made once by `openssl ts`, whose keys were thrown away.
pub(crate) const CA: &str = include_str!("../../testdata/timestamp/bundle.pem");
/// Of the first 6 records of [`World::small`].
pub(crate) const SMALL_6: &[u8] = include_bytes!("../../testdata/timestamp/small-6.tsr");
/// Of the first 300 records of [`World::long`].
pub(crate) const LONG_300: &[u8] = include_bytes!("../../testdata/timestamp/long-300.tsr");

/// Positions of records that were disposed of, with that of the certificate.
pub(crate) type Gone = BTreeMap<u64, u64>;

pub(crate) fn signer() -> FileSigner {
    FileSigner::from_seed(ORIGIN, Algorithm::Ed25519, &[7; 32]).unwrap()
}

/// The same log by another algorithm.
pub(crate) fn ecdsa_signer() -> FileSigner {
    FileSigner::from_seed(ORIGIN, Algorithm::EcdsaP256, &[6; 32]).unwrap()
}

pub(crate) fn policy() -> Policy {
    Policy::of_log(signer().verifier().clone())
}

pub(crate) fn policy_text() -> String {
    format!("log {}\nquorum none\n", signer().verifier())
}

pub(crate) fn conversation(number: u8) -> ConversationId {
    ConversationId::from_random([number; 16])
}

/// Chance of a record that no other has.
fn chance(position: u64) -> SealChance {
    let mut bytes = [0x5a; 112];
    for (at, byte) in position.to_be_bytes().into_iter().enumerate() {
        for part in [0, 32, 64, 88] {
            bytes[part + at] = byte;
        }
    }
    SealChance::from_bytes(&bytes)
}

/// A log that grows.
pub(crate) struct World {
    /// Signs checkpoints and certificates.
    pub(crate) signer: FileSigner,
    ring: Keyring,
    pub(crate) records: Vec<(SealedRecord, Leaf)>,
    /// Of each level of tiles, the hashes.
    levels: Vec<Vec<Hash>>,
    places: HashMap<ConversationId, (u64, Hash)>,
    /// Size of a checkpoint, and the timestamp of it that bundles get.
    pub(crate) stamp: Option<(u64, Vec<u8>)>,
}

impl World {
    pub(crate) fn new() -> Self {
        let kek = Kek::from_bytes([1; 32]);
        let ring = Keyring::new(&kek);
        let bucket = kek.wrap_bucket(BUCKET, &[2; 32], &[3; 24]);
        ring.open_bucket(BUCKET, &bucket).unwrap();
        Self {
            signer: signer(),
            ring,
            records: Vec::new(),
            levels: vec![Vec::new()],
            places: HashMap::new(),
            stamp: None,
        }
    }

    /// Two clients and the installation, some messages with what became of them.
    pub(crate) fn small() -> Self {
        let mut world = Self::new();
        world.append(ConversationId::NONE, Kind::Config, None, &config());
        let first = world.append(
            conversation(1),
            Kind::MessageIn,
            None,
            &text("m1", "Hello <b>there</b> & \u{202e}evil"),
        );
        world.append(
            conversation(2),
            Kind::MessageIn,
            None,
            &text("m2", "שלום 👩‍👩‍👧 \0 end"),
        );
        world.append(
            conversation(1),
            Kind::Edit,
            Some(first),
            &text("m1", "Hello again"),
        );
        let second = world.append(
            conversation(1),
            Kind::MessageOut,
            None,
            &text("m3", "Buy 100\nat \"42\""),
        );
        world.append(
            conversation(1),
            Kind::Status,
            Some(second),
            &status("m3", "delivered"),
        );
        world.append(
            conversation(2),
            Kind::Consent,
            None,
            &text("m4", "This is\u{200b} recorded."),
        );
        world
    }

    /// [`Self::small`], with its first records stamped.
    pub(crate) fn stamped() -> Self {
        let mut world = Self::small();
        world.stamp = Some((6, SMALL_6.to_vec()));
        world
    }

    /// So many messages in conversations 1 to 3.
    pub(crate) fn long(messages: u64) -> Self {
        let mut world = Self::new();
        for number in 0..messages {
            let body = text(&format!("m{number}"), &format!("text {number}"));
            world.append(
                conversation(1 + (number % 3) as u8),
                Kind::MessageIn,
                None,
                &body,
            );
        }
        world
    }

    pub(crate) fn size(&self) -> u64 {
        self.records.len() as u64
    }

    pub(crate) fn append(
        &mut self,
        conversation: ConversationId,
        kind: Kind,
        about: Option<u64>,
        body: &Body,
    ) -> u64 {
        let position = self.size();
        let captured_at = Timestamp(BEGIN + position as i64 * 1000);
        let mut id = [0xee; 16];
        id[..8].copy_from_slice(&position.to_be_bytes());
        let sealed = self.ring.seal(NewSeal {
            id: RecordId::from_random(id),
            kind,
            captured_at,
            bucket: BUCKET,
            body,
            chance: chance(position),
        });
        let sealed = sealed.unwrap();
        let (conversation_seq, previous) =
            self.places.get(&conversation).copied().unwrap_or_default();
        let leaf = Leaf {
            log: [0xaa; 16],
            conversation,
            conversation_seq,
            global_seq: position,
            kind,
            captured_at,
            retention: BUCKET.class,
            commitment: sealed.commitment,
            ciphertext_hash: sealed.ciphertext_hash,
            key_commitment: sealed.key_commitment,
            previous,
            about,
        };
        self.push(sealed, leaf);
        position
    }

    /// Takes a leaf as it is, right or wrong.
    pub(crate) fn push(&mut self, sealed: SealedRecord, leaf: Leaf) {
        let hash = leaf.hash();
        self.places
            .insert(leaf.conversation, (leaf.conversation_seq + 1, hash));
        self.records.push((sealed, leaf));
        self.levels[0].push(hash);
        let mut level = 0;
        while self.levels[level].len().is_multiple_of(WIDTH as usize) {
            let last = self.levels[level].len() - WIDTH as usize;
            let above = root_of(&self.levels[level][last..]);
            if self.levels.len() == level + 1 {
                self.levels.push(Vec::new());
            }
            self.levels[level + 1].push(above);
            level += 1;
        }
    }

    pub(crate) fn checkpoint(&self) -> (Checkpoint, Note) {
        self.checkpoint_at(self.size())
    }

    pub(crate) fn checkpoint_at(&self, size: u64) -> (Checkpoint, Note) {
        let mut cache = verbatim_record::tile::TileCache::new(size);
        for id in TileId::new_between(0, size) {
            cache.put(id.level, id.index, self.hashes(&id));
        }
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: root(size, &cache).unwrap(),
        };
        let note = checkpoint.sign(&self.signer).unwrap();
        (checkpoint, note)
    }

    fn hashes(&self, id: &TileId) -> Vec<Hash> {
        let first = (id.index * WIDTH) as usize;
        self.levels[usize::from(id.level)][first..first + usize::from(id.width)].to_vec()
    }

    pub(crate) fn tile(&self, id: &TileId) -> Vec<u8> {
        self.hashes(id).concat()
    }

    /// The whole log as it is published.
    pub(crate) fn published(&self) -> MemoryFolder {
        let size = self.size();
        let mut files = BTreeMap::new();
        files.insert(
            "checkpoint".to_owned(),
            self.checkpoint().1.to_string().into_bytes(),
        );
        for id in TileId::new_between(0, size) {
            files.insert(id.to_string(), self.tile(&id));
            if id.level == 0 {
                let first = (id.index * WIDTH) as usize;
                let leaves: Vec<_> = self.records[first..first + usize::from(id.width)]
                    .iter()
                    .map(|(_, leaf)| leaf.encode())
                    .collect();
                let entries = bundle_entries(leaves.iter().map(Vec::as_slice));
                files.insert(entries_path(id.index, id.width), entries);
            }
        }
        MemoryFolder(files)
    }

    /// Records an export, and gives its head.
    pub(crate) fn export(&mut self, selection: &Selection) -> Head {
        let body = Head::body("operator:ann", "Exam of <2026>", selection, self.size());
        let position = self.append(ConversationId::NONE, Kind::Export, None, &body);
        let leaf = &self.records[position as usize].1;
        Head::of_record(leaf, &body).unwrap()
    }

    pub(crate) fn disclosed(&self, position: u64) -> (Entry, [u8; 32]) {
        let (sealed, leaf) = &self.records[position as usize];
        let disclosed = self.ring.disclose(sealed).unwrap();
        let content = Content::Disclosed {
            body: Box::new(disclosed.body),
            plain: disclosed.plain.to_vec(),
        };
        let leaf = leaf.clone();
        (Entry { leaf, content }, *disclosed.data_key)
    }

    /// Certifies that the key of some records was destroyed; where that stands.
    pub(crate) fn dispose(&mut self, positions: &[u64]) -> u64 {
        let certificate = certificate_of(positions);
        let note = Note::sign(certificate.to_text(), &self.signer).unwrap();
        self.certify(&note.to_string())
    }

    /// Takes a certificate as it is, right or wrong.
    pub(crate) fn certify(&mut self, note: &str) -> u64 {
        let body = certificate_body(note);
        self.append(ConversationId::NONE, Kind::Disposal, None, &body)
    }

    /// The bundle of a selection, with the records at `without` disposed of.
    pub(crate) fn bundle(&mut self, selection: &Selection, without: &[u64]) -> MemoryFolder {
        let mut gone = Gone::new();
        if !without.is_empty() {
            let certificate = self.dispose(without);
            gone.extend(without.iter().map(|position| (*position, certificate)));
        }
        let head = self.export(selection);
        self.bundle_of(head, &gone)
    }

    pub(crate) fn bundle_of(&self, head: Head, without: &Gone) -> MemoryFolder {
        let mut folder = MemoryFolder::default();
        let last = head.position;
        let selection = head.selection.clone();
        let mut writer = Writer::new(head, ORIGIN);
        for position in 0..=last {
            if position != last && !selected(&selection, &self.records[position as usize].1) {
                continue;
            }
            if let Some(part) = self.push_into(&mut writer, position, without) {
                put(&mut folder, part);
            }
        }
        self.finish(writer, &mut folder);
        folder
    }

    pub(crate) fn push_into(
        &self,
        writer: &mut Writer,
        position: u64,
        without: &Gone,
    ) -> Option<Part> {
        let (mut entry, key) = self.disclosed(position);
        let Some(certificate) = without.get(&position) else {
            return writer.push(entry, Some(&key));
        };
        entry.content = Content::Undisclosed(Undisclosed::disposed(*certificate));
        writer.push(entry, None)
    }

    pub(crate) fn finish(&self, mut writer: Writer, folder: &mut MemoryFolder) {
        let certificates: Vec<_> = writer
            .progress()
            .certificates
            .iter()
            .map(|at| self.disclosed(*at).0)
            .collect();
        if let Some((path, content)) = writer.certify(&certificates) {
            folder.0.insert(path.to_owned(), content);
        }
        let (checkpoint, note) = self.checkpoint();
        assert!(checkpoint.size >= writer.least_size());
        let mut tiles = writer.tiles(checkpoint.size);
        if let Some((size, token)) = &self.stamp {
            tiles.extend(consistency_tiles(*size, checkpoint.size));
            let note = self.checkpoint_at(*size).1.to_string().into_bytes();
            for (path, content) in timestamp_paths(*size)
                .into_iter()
                .zip([note, token.clone()])
            {
                writer.note(&path, &content);
                folder.0.insert(path, content);
            }
        }
        for id in tiles {
            let (path, tile) = (format!("log/{id}"), self.tile(&id));
            writer.note(&path, &tile);
            folder.0.insert(path, tile);
        }
        let policy = format!("log {}\nquorum none\n", self.signer.verifier());
        put(
            folder,
            writer.finish(&checkpoint, &note.to_string(), &policy),
        );
    }
}

/// In the fixture the number +15550101 has conversation 1, and nobody else has any; of +15550199 it is said.
fn selected(selection: &Selection, leaf: &Leaf) -> bool {
    let of = match &selection.of {
        Of::Number(n) if n == "+15550101" || n == "+15550199" => {
            leaf.conversation == conversation(1)
        }
        Of::Person(_) | Of::Number(_) | Of::Contact(_) => false,
        Of::All | Of::Conversation(_) => true,
    };
    of && selection.may_hold(leaf)
}

pub(crate) fn put(folder: &mut MemoryFolder, part: Part) {
    folder.0.extend(part.files);
}

pub(crate) fn all() -> Selection {
    of(Of::All)
}

pub(crate) fn of(of: Of) -> Selection {
    Selection {
        of,
        from_ms: None,
        to_ms: None,
    }
}

/// The time of a position.
pub(crate) fn time(position: i64) -> Option<i64> {
    Some(BEGIN + position * 1000)
}

/// What a forger does behind a change: makes the manifest fit again.
pub(crate) fn reseal(folder: &mut MemoryFolder, change: impl FnOnce(&mut Manifest)) {
    use sha2::{Digest, Sha256};
    let text = String::from_utf8(folder.0[MANIFEST].clone()).unwrap();
    let mut manifest = Manifest::parse(&text).unwrap();
    let files = folder.0.iter().filter(|(path, _)| *path != MANIFEST);
    manifest.files = files
        .map(|(path, content)| FileEntry {
            path: path.clone(),
            bytes: content.len() as u64,
            sha256: hex::encode(Sha256::digest(content)),
        })
        .collect();
    change(&mut manifest);
    folder
        .0
        .insert(MANIFEST.to_owned(), manifest.to_text().into_bytes());
}

/// What a right certificate of these positions says, which ascend.
pub(crate) fn certificate_of(positions: &[u64]) -> Certificate {
    let act = |at, actor: &str| Act {
        at: Timestamp(BEGIN + at),
        actor: actor.to_owned(),
    };
    Certificate {
        log: [0xaa; 16],
        bucket: BucketId {
            expiry_month: EXPIRED,
            ..BUCKET
        },
        key: [0xbb; 8],
        only_data_keys: false,
        rule: "class 3 (default): 84 months from creation".to_owned(),
        proposed: act(-2, "operator:ann"),
        approved: act(-1, "operator:bob"),
        destroyed_at: Timestamp(BEGIN),
        held: 0,
        ranges: ranges(positions.iter().copied()),
    }
}

pub(crate) fn certificate_body(note: &str) -> Body {
    Body {
        actor: "operator:bob".into(),
        rule: "record.disposal".into(),
        rule_version: 1,
        reason: "certificate".into(),
        text: note.to_owned(),
        ..Body::default()
    }
}

fn config() -> Body {
    Body {
        actor: "operator:ann".into(),
        rule: "config.change".into(),
        rule_version: 1,
        reason: "employee.add".into(),
        ..Body::default()
    }
}

pub(crate) fn text(message: &str, text: &str) -> Body {
    Body {
        actor: "contact:1".into(),
        message: message.into(),
        from: "+15550100".into(),
        to: "+15550101".into(),
        text: text.into(),
        origin_at: BEGIN - 500,
        rule: "relay".into(),
        rule_version: 1,
        reason: "accepted".into(),
        evidence: b"Body=x".to_vec(),
        evidence_kind: "application/x-www-form-urlencoded".into(),
        ..Body::default()
    }
}

fn status(message: &str, reason: &str) -> Body {
    Body {
        actor: "carrier:main".into(),
        message: message.into(),
        rule: "receipt".into(),
        rule_version: 1,
        reason: reason.into(),
        ..Body::default()
    }
}
