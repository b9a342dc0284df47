//! Rows in memory and scripted chance, for tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use verbatim_engine::ports::{
    CryptoRows, Entropy, Fence, GroupSessionQuery, GroupSessionRow, RowChange, RowKey, RowLease,
    StoreError,
};

#[derive(Default)]
struct Space {
    rows: BTreeMap<RowKey, Vec<u8>>,
    sessions: BTreeMap<String, GroupSessionRow>,
    leases: BTreeMap<String, (String, Instant, u64)>,
}

/// Rows in memory, with a generation to fence by and a switch for "not available".
#[derive(Default)]
pub struct MemoryRows {
    spaces: Mutex<BTreeMap<String, Space>>,
    generation: AtomicU64,
    gone: AtomicBool,
}

impl MemoryRows {
    /// Only this generation may write from now on (0: no lease was ever taken).
    pub fn set_generation(&self, generation: u64) {
        self.generation.store(generation, Ordering::SeqCst);
    }

    /// Makes every call fail until it is set back.
    pub fn set_gone(&self, gone: bool) {
        self.gone.store(gone, Ordering::SeqCst);
    }

    /// Everything kept, for searching: namespace, key, bytes.
    pub fn dump(&self) -> Vec<(String, RowKey, Vec<u8>)> {
        let spaces = self.lock();
        let rows = |(name, space): (&String, &Space)| {
            let name = name.clone();
            let rows: Vec<_> = space
                .rows
                .iter()
                .map(|(k, v)| (name.clone(), k.clone(), v.clone()))
                .collect();
            rows
        };
        spaces.iter().flat_map(rows).collect()
    }

    /// Writes bytes past the seal, as a damaged or tampered store would hold them.
    pub fn poke(&self, namespace: &str, key: RowKey, bytes: Vec<u8>) {
        self.lock()
            .entry(namespace.to_owned())
            .or_default()
            .rows
            .insert(key, bytes);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Space>> {
        self.spaces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("switched off".into()));
        }
        Ok(())
    }
}

impl Space {
    fn change(&mut self, change: RowChange) {
        match change {
            RowChange::Put(key, data) => drop(self.rows.insert(key, data)),
            RowChange::Delete(key) => drop(self.rows.remove(&key)),
            RowChange::DeleteKind(kind) => self.rows.retain(|key, _| key.kind != kind),
            RowChange::PutGroupSession(row) => {
                drop(self.sessions.insert(row.session_id.clone(), row))
            }
            RowChange::MarkBackedUp(ids, mark) => {
                for row in self.sessions.values_mut() {
                    if ids.as_ref().is_none_or(|ids| ids.contains(&row.session_id)) {
                        row.backed_up = mark;
                    }
                }
            }
        }
    }
}

#[async_trait]
impl CryptoRows for MemoryRows {
    async fn apply(
        &self,
        namespace: &str,
        fence: Option<Fence>,
        changes: Vec<RowChange>,
    ) -> Result<(), StoreError> {
        self.check()?;
        let current = self.generation.load(Ordering::SeqCst);
        if fence.is_some_and(|fence| fence.generation != current) {
            return Err(StoreError::Fenced);
        }
        let mut spaces = self.lock();
        let space = spaces.entry(namespace.to_owned()).or_default();
        changes.into_iter().for_each(|change| space.change(change));
        Ok(())
    }

    async fn get(&self, namespace: &str, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.check()?;
        Ok(self
            .lock()
            .get(namespace)
            .and_then(|space| space.rows.get(key).cloned()))
    }

    async fn list(
        &self,
        namespace: &str,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<(RowKey, Vec<u8>)>, StoreError> {
        self.check()?;
        let spaces = self.lock();
        let rows = spaces
            .get(namespace)
            .into_iter()
            .flat_map(|space| &space.rows);
        let wanted = rows.filter(|(key, _)| key.kind == kind && k1.is_none_or(|k1| key.k1 == k1));
        Ok(wanted
            .map(|(key, data)| (key.clone(), data.clone()))
            .collect())
    }

    async fn group_sessions(
        &self,
        namespace: &str,
        query: GroupSessionQuery,
    ) -> Result<Vec<GroupSessionRow>, StoreError> {
        self.check()?;
        let spaces = self.lock();
        let rows = spaces
            .get(namespace)
            .into_iter()
            .flat_map(|space| space.sessions.values());
        let limit = match &query {
            GroupSessionQuery::NotBackedUp(limit) | GroupSessionQuery::Device { limit, .. } => {
                *limit
            }
            _ => usize::MAX,
        };
        let wanted = rows.filter(|row| match &query {
            GroupSessionQuery::One(id) => row.session_id == *id,
            GroupSessionQuery::All => true,
            GroupSessionQuery::Room(room) => row.room_id == *room,
            GroupSessionQuery::NotBackedUp(_) => !row.backed_up,
            GroupSessionQuery::Device {
                sender_key,
                sender_data_type,
                after,
                ..
            } => {
                row.sender_key == *sender_key
                    && row.sender_data_type == *sender_data_type
                    && after.as_ref().is_none_or(|after| row.session_id > *after)
            }
        });
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn group_session_counts(
        &self,
        namespace: &str,
        room: Option<&str>,
    ) -> Result<(usize, usize), StoreError> {
        self.check()?;
        let spaces = self.lock();
        let rows = spaces
            .get(namespace)
            .into_iter()
            .flat_map(|space| space.sessions.values());
        let rows = rows.filter(|row| room.is_none_or(|room| row.room_id == room));
        Ok(rows.fold((0, 0), |(all, done), row| {
            (all + 1, done + usize::from(row.backed_up))
        }))
    }

    async fn lease(
        &self,
        namespace: &str,
        name: &str,
        holder: &str,
        duration_ms: u32,
    ) -> Result<Option<RowLease>, StoreError> {
        self.check()?;
        let mut spaces = self.lock();
        let space = spaces.entry(namespace.to_owned()).or_default();
        let now = Instant::now();
        let until = now + Duration::from_millis(duration_ms.into());
        let generation = match space.leases.get(name) {
            None => 1,
            Some((held_by, _, generation)) if held_by == holder => *generation,
            Some((_, expires, generation)) if *expires < now => generation + 1,
            Some(_) => return Ok(None),
        };
        space
            .leases
            .insert(name.to_owned(), (holder.to_owned(), until, generation));
        Ok(Some(RowLease { generation }))
    }
}

/// Chance that is none: a counter. Unique, which is all that nonces need in a test.
#[derive(Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}
