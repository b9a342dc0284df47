//! The running simulator: the state behind its lock, its ledger, its tasks and its signals.

use crate::clock::now_ms;
use crate::config::{Delays, SimConfig};
use crate::event::{Entry, Event};
use crate::faults::{Fault, FaultKind, Scope};
use crate::ledger::{Ledger, LedgerError};
use crate::lifecycle;
use crate::overrides::RetryPolicy;
use crate::signature::Key;
use crate::webhook::{Poster, Queues};
use crate::world::{Handover, World};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Why the simulator could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The request itself is wrong: change it.
    #[error("{0}")]
    Refused(&'static str),
    /// The ledger could not be written: nothing happened.
    #[error("the ledger cannot be written")]
    Ledger(#[from] std::io::Error),
    /// The simulator has stopped: nothing happened.
    #[error("the simulator has stopped")]
    Stopped,
    /// The operating system gave no random bytes: nothing happened.
    #[error("no random bytes")]
    Entropy(#[from] getrandom::Error),
}

/// The account's credentials.
pub(crate) struct Account {
    pub(crate) sid: String,
    pub(crate) auth_token: String,
    pub(crate) opened_ms: u64,
}

/// One simulated account with its phones.
pub struct Sim {
    pub(crate) account: Account,
    pub(crate) delays: Delays,
    pub(crate) retry: RetryPolicy,
    pub(crate) poster: Poster,
    pub(crate) queues: Queues,
    world: Mutex<World>,
    /// None after the stop.
    ledger: Mutex<Option<Ledger>>,
    newest: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
}

impl Sim {
    /// Builds the state from the ledger and the configuration. Nothing runs yet.
    pub(crate) fn open(config: SimConfig) -> Result<Arc<Self>, OpenError> {
        let (ledger, entries) = match &config.ledger {
            Some(path) => Ledger::open(path)?,
            None => (Ledger::Memory, Vec::new()),
        };
        let mut world = World::new(config.seed);
        for entry in entries {
            world.apply(entry);
        }
        let key = match config.shared_key {
            Some((id, secret)) => Key::Shared { id, secret },
            None => Key::AuthToken(config.auth_token.clone()),
        };
        let sim = Self {
            account: Account {
                sid: config.account_sid,
                auth_token: config.auth_token,
                opened_ms: now_ms(),
            },
            delays: config.delays,
            retry: config.retry,
            poster: Poster::new(key)?,
            queues: Queues::default(),
            newest: watch::Sender::new(world.last_seq()),
            world: Mutex::new(world),
            ledger: Mutex::new(Some(ledger)),
            stop: watch::Sender::new(false),
            tasks: Mutex::new(JoinSet::new()),
        };
        for (number, sms_url) in &config.numbers {
            sim.set_number(number, sms_url)?;
        }
        for (number, name) in &config.number_names {
            sim.name_number(number, name)?;
        }
        for (name, number) in &config.phones {
            sim.add_phone(name, number)?;
        }
        Ok(Arc::new(sim))
    }

    /// Takes up what a stop or a kill left unfinished.
    pub(crate) fn resume(self: &Arc<Self>) {
        let unfinished: Vec<(String, bool)> = {
            let world = self.world();
            let open = world
                .messages
                .iter()
                .filter(|message| match message.inbound {
                    true => message.handover == Handover::Pending,
                    false => !message.status.is_final(),
                });
            open.map(|message| (message.text.sid.clone(), message.inbound))
                .collect()
        };
        for (sid, inbound) in unfinished {
            if inbound {
                lifecycle::hand_over(self, &sid);
            } else {
                self.spawn(lifecycle::carry(Arc::clone(self), sid));
            }
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A panic elsewhere leaves a state that is at worst one event short; the ledger decides.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes something happen: first in the ledger, then in the state, then as a signal.
    pub(crate) fn record(&self, events: Vec<Event>) -> Result<(), SimError> {
        self.commit(&mut self.world(), events)
    }

    /// The same, if a condition holds at that very moment.
    pub(crate) fn record_if<E: From<SimError>>(
        &self,
        events: Vec<Event>,
        condition: impl FnOnce(&World) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut world = self.world();
        condition(&world)?;
        Ok(self.commit(&mut world, events)?)
    }

    fn commit(&self, world: &mut World, events: Vec<Event>) -> Result<(), SimError> {
        let at_ms = now_ms();
        let numbered = events.into_iter().zip(world.last_seq() + 1..);
        let entries: Vec<Entry> = numbered
            .map(|(event, seq)| Entry { seq, at_ms, event })
            .collect();
        // Nothing is written after the stop: the file may already belong to the next start.
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.as_mut().ok_or(SimError::Stopped)?.append(&entries)?;
        drop(ledger);
        for entry in entries {
            world.apply(entry);
        }
        self.newest.send_replace(world.last_seq());
        Ok(())
    }

    /// Whether a fault strikes; if so, that is in the ledger.
    pub(crate) fn strikes(
        &self,
        kind: FaultKind,
        scope: Scope,
        sid: Option<&str>,
    ) -> Option<Fault> {
        let mut world = self.world();
        let fault = world.faults.draw(kind, scope)?;
        let struck = Event::FaultStruck {
            fault: kind,
            sid: sid.map(str::to_owned),
        };
        // A strike that cannot be recorded does not happen.
        self.commit(&mut world, vec![struck]).ok().map(|()| fault)
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if *self.stop.borrow() {
            return;
        }
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// A signal that changes with every entry; its value is the newest position.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Resolves when the simulator stops.
    pub(crate) async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        // An error means that the sender is gone, which is a stop too.
        let _ = stop.wait_for(|stopped| *stopped).await;
    }

    /// From here on nothing is recorded, and the ledger's file is closed.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Why the simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A configured number, phone or webhook is refused.
    #[error("the configuration is refused: {0}")]
    Config(#[from] SimError),
    /// The HTTP client for webhooks cannot be built.
    #[error("no HTTP client for webhooks")]
    Client(#[from] reqwest::Error),
    /// The address is taken or not ours.
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address.
        addr: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
