//! A sample log as a store would keep it, for the verifier's tests.

use std::collections::HashMap;

use verbatim_domain::ConversationId;
use verbatim_record::merkle::root_of;
use verbatim_record::{Hash, Keyring, Kind, Leaf, LogVerifier, Report, SealedRecord, VerifyEntry};

use crate::common::*;

/// A row as a store keeps it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) leaf_bytes: Vec<u8>,
    pub(crate) leaf_hash: Hash,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) conversation_seq: u64,
    pub(crate) global_seq: u64,
    pub(crate) sealed: SealedRecord,
}

#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) rows: Vec<Row>,
    pub(crate) roots: Vec<(u64, Hash)>,
}

impl Log {
    /// Records in two conversations and in none; the clock steps back once, at leaf 5.
    pub(crate) fn sample() -> Self {
        let ring = keyring();
        let times = [10, 10, 20, 30, 40, 35, 41, 50];
        let places = [
            None,
            Some(1),
            Some(2),
            Some(1),
            Some(1),
            None,
            Some(2),
            Some(1),
        ];
        let mut log = Self {
            rows: Vec::new(),
            roots: Vec::new(),
        };
        for (i, (at, place)) in times.into_iter().zip(places).enumerate() {
            let sealed = seal(&ring, 16 * i as u8, Kind::ALL[i], at, &full_body());
            log.append(sealed, place.map(conversation), (i == 4).then_some(1));
            if i % 3 == 1 {
                log.keep_root();
            }
        }
        log
    }

    pub(crate) fn append(
        &mut self,
        sealed: SealedRecord,
        place: Option<ConversationId>,
        about: Option<u64>,
    ) {
        let conversation = place.unwrap_or(ConversationId::NONE);
        let mut last: HashMap<_, (u64, Hash)> = HashMap::new();
        for row in &self.rows {
            let leaf = Leaf::decode(&row.leaf_bytes).unwrap();
            last.insert(
                leaf.conversation,
                (leaf.conversation_seq + 1, row.leaf_hash),
            );
        }
        let (conversation_seq, previous) = last.get(&conversation).copied().unwrap_or_default();
        let global_seq = self.rows.len() as u64;
        let before = self
            .rows
            .last()
            .map(|row| Leaf::decode(&row.leaf_bytes).unwrap().captured_at);
        let leaf = leaf_of(&sealed, conversation, (conversation_seq, global_seq));
        let captured_at =
            before.map_or(sealed.captured_at, |before| before.max(sealed.captured_at));
        let leaf = Leaf {
            captured_at,
            previous,
            about,
            ..leaf
        };
        self.rows.push(Row {
            leaf_bytes: leaf.encode(),
            leaf_hash: leaf.hash(),
            conversation: place,
            conversation_seq,
            global_seq,
            sealed,
        });
    }

    pub(crate) fn keep_root(&mut self) {
        self.roots.push((self.rows.len() as u64, self.root()));
    }

    pub(crate) fn root(&self) -> Hash {
        root_of(
            &self
                .rows
                .iter()
                .map(|row| row.leaf_hash)
                .collect::<Vec<_>>(),
        )
    }

    /// Rewrites a leaf and its hash, as somebody would who knows the format.
    pub(crate) fn rewrite(&mut self, at: usize, change: impl Fn(&mut Leaf)) {
        let mut leaf = Leaf::decode(&self.rows[at].leaf_bytes).unwrap();
        change(&mut leaf);
        self.rows[at].leaf_bytes = leaf.encode();
        self.rows[at].leaf_hash = leaf.hash();
    }

    pub(crate) fn verify(&self, keyring: Option<&Keyring>) -> Report {
        let sample = Self::sample();
        let mut verifier = LogVerifier::new().of_log(counting(0xa0));
        if let Some(keyring) = keyring {
            verifier = verifier.with_keyring(keyring);
        }
        // Every result is in the report too.
        for (size, root) in &self.roots {
            let _ = verifier.root(*size, *root);
        }
        for row in &self.rows {
            let _ = verifier.record(&row.entry());
        }
        verifier.finish(sample.rows.len() as u64, sample.root())
    }
}

impl Row {
    pub(crate) fn entry(&self) -> VerifyEntry<'_> {
        VerifyEntry {
            leaf_bytes: &self.leaf_bytes,
            leaf_hash: self.leaf_hash,
            conversation: self.conversation,
            conversation_seq: self.conversation_seq,
            global_seq: self.global_seq,
            sealed: &self.sealed,
        }
    }
}
