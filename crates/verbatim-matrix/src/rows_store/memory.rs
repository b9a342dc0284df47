//! Crypto rows in memory, for tests: they work, count their transactions and can lose the lease.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use verbatim_engine::ports::{
    CryptoRows, Fence, GroupSessionQuery, GroupSessionRow, RowChange, RowKey, RowLease, StoreError,
};

#[derive(Default)]
pub(super) struct MemoryRows(Mutex<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) namespaces: HashMap<String, Namespace>,
    /// Only this fence may write; `None`: anyone may.
    pub(super) fence: Option<Fence>,
    /// How many batches were applied.
    pub(super) applied: usize,
}

#[derive(Default)]
pub(super) struct Namespace {
    pub(super) rows: BTreeMap<RowKey, Vec<u8>>,
    pub(super) sessions: BTreeMap<String, GroupSessionRow>,
    leases: HashMap<String, Lease>,
}

struct Lease {
    holder: String,
    expires: Instant,
    generation: u64,
}

impl MemoryRows {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, namespace: &str, read: impl FnOnce(&mut Namespace) -> T) -> T {
        read(
            self.state()
                .namespaces
                .entry(namespace.to_owned())
                .or_default(),
        )
    }
}

impl Namespace {
    fn change(&mut self, change: RowChange) {
        match change {
            RowChange::Put(key, data) => drop(self.rows.insert(key, data)),
            RowChange::Delete(key) => drop(self.rows.remove(&key)),
            RowChange::DeleteKind(kind) => self.rows.retain(|key, _| key.kind != kind),
            RowChange::PutGroupSession(row) => {
                self.sessions.insert(row.session_id.clone(), row);
            }
            RowChange::MarkBackedUp(ids, mark) => {
                let chosen = |id: &String| ids.as_ref().is_none_or(|ids| ids.contains(id));
                for (_, row) in self.sessions.iter_mut().filter(|(id, _)| chosen(id)) {
                    row.backed_up = mark;
                }
            }
        }
    }

    fn lease(&mut self, name: &str, holder: &str, duration_ms: u32) -> Option<RowLease> {
        let now = Instant::now();
        let expires = now + Duration::from_millis(duration_ms.into());
        let generation = match self.leases.get(name) {
            None => 1,
            Some(lease) if lease.holder == holder => lease.generation,
            Some(lease) if lease.expires <= now => lease.generation + 1,
            Some(_) => return None,
        };
        let holder = holder.to_owned();
        let lease = Lease {
            holder,
            expires,
            generation,
        };
        self.leases.insert(name.to_owned(), lease);
        Some(RowLease { generation })
    }
}

fn matches(row: &GroupSessionRow, query: &GroupSessionQuery) -> bool {
    match query {
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
        let mut state = self.state();
        if state.fence.is_some() && state.fence != fence {
            return Err(StoreError::Fenced);
        }
        state.applied += 1;
        let namespace = state.namespaces.entry(namespace.to_owned()).or_default();
        changes
            .into_iter()
            .for_each(|change| namespace.change(change));
        Ok(())
    }

    async fn get(&self, namespace: &str, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.with(namespace, |ns| ns.rows.get(key).cloned()))
    }

    async fn list(
        &self,
        namespace: &str,
        kind: &str,
        k1: Option<&str>,
    ) -> Result<Vec<(RowKey, Vec<u8>)>, StoreError> {
        let wanted = |key: &RowKey| key.kind == kind && k1.is_none_or(|k1| key.k1 == k1);
        Ok(self.with(namespace, |ns| {
            let rows = ns.rows.iter().filter(|(key, _)| wanted(key));
            rows.map(|(key, data)| (key.clone(), data.clone()))
                .collect()
        }))
    }

    async fn group_sessions(
        &self,
        namespace: &str,
        query: GroupSessionQuery,
    ) -> Result<Vec<GroupSessionRow>, StoreError> {
        let limit = match query {
            GroupSessionQuery::NotBackedUp(limit) | GroupSessionQuery::Device { limit, .. } => {
                limit
            }
            _ => usize::MAX,
        };
        Ok(self.with(namespace, |ns| {
            let rows = ns.sessions.values().filter(|row| matches(row, &query));
            rows.take(limit).cloned().collect()
        }))
    }

    async fn group_session_counts(
        &self,
        namespace: &str,
        room: Option<&str>,
    ) -> Result<(usize, usize), StoreError> {
        Ok(self.with(namespace, |ns| {
            let wanted = |row: &&GroupSessionRow| room.is_none_or(|room| row.room_id == room);
            let all = ns.sessions.values().filter(wanted);
            let backed_up = all.clone().filter(|row| row.backed_up).count();
            (all.count(), backed_up)
        }))
    }

    async fn lease(
        &self,
        namespace: &str,
        name: &str,
        holder: &str,
        duration_ms: u32,
    ) -> Result<Option<RowLease>, StoreError> {
        Ok(self.with(namespace, |ns| ns.lease(name, holder, duration_ms)))
    }
}
