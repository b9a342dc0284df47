//! The running simulator: the state behind its lock, its ledger, its tasks and its signals.

use crate::chance::sid;
use crate::clock::now_ms;
use crate::config::{Delays, SimConfig};
use crate::event::{Entry, Event, Status, Text};
use crate::faults::{Fault, FaultKind, Scope};
use crate::ledger::{Ledger, LedgerError};
use crate::lifecycle;
use crate::overrides::RetryPolicy;
use crate::signature::Key;
use crate::text::is_e164;
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
    ledger: Mutex<Ledger>,
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
            ledger: Mutex::new(ledger),
            stop: watch::Sender::new(false),
            tasks: Mutex::new(JoinSet::new()),
        };
        for (number, sms_url) in &config.numbers {
            sim.set_number(number, sms_url)?;
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
        self.ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(&entries)?;
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

    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
        self.tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }

    /// A phone texts a number of the account. Gives the identifier of the text.
    ///
    /// # Errors
    /// Refused numbers and bodies; a ledger that cannot be written.
    pub fn text(self: &Arc<Self>, from: &str, to: &str, body: &str) -> Result<String, SimError> {
        if !is_e164(from) {
            return Err(SimError::Refused("the sender is not an E.164 number"));
        }
        if body.is_empty() || body.chars().count() > 1600 {
            return Err(SimError::Refused("a text has 1 to 1600 characters"));
        }
        let text = Text {
            sid: sid("SM")?,
            from: from.into(),
            to: to.into(),
            body: body.into(),
        };
        let sid = text.sid.clone();
        let mut events = self.implicit_phone(from);
        events.extend(lifecycle::consent_change(&text));
        events.push(Event::Inbound(text));
        self.record_if(events, |world| match world.numbers.contains_key(to) {
            true => Ok(()),
            false => Err(SimError::Refused("the account has no such number")),
        })?;
        lifecycle::hand_over(self, &sid);
        Ok(sid)
    }

    /// A phone that nobody named appears under its number.
    pub(crate) fn implicit_phone(&self, number: &str) -> Vec<Event> {
        match self.world().phone(number) {
            Some(_) => Vec::new(),
            None => vec![Event::PhoneAdded {
                number: number.into(),
                name: number.into(),
            }],
        }
    }

    /// Adds a phone or renames one.
    ///
    /// # Errors
    /// A number that is not E.164; a ledger that cannot be written.
    pub fn add_phone(&self, name: &str, number: &str) -> Result<(), SimError> {
        if !is_e164(number) {
            return Err(SimError::Refused("the phone's number is not E.164"));
        }
        let name = name.trim();
        let name: String = if name.is_empty() { number } else { name }
            .chars()
            .take(40)
            .collect();
        if self
            .world()
            .phone(number)
            .is_some_and(|phone| phone.name == name)
        {
            return Ok(());
        }
        self.record(vec![Event::PhoneAdded {
            number: number.into(),
            name,
        }])?;
        Ok(())
    }

    /// Adds a number to the account or changes its inbound webhook (empty: none).
    ///
    /// # Errors
    /// A number or an address that is none; a ledger that cannot be written.
    pub fn set_number(&self, number: &str, sms_url: &str) -> Result<(), SimError> {
        if !is_e164(number) {
            return Err(SimError::Refused("the account's number is not E.164"));
        }
        if !sms_url.is_empty() && !crate::webhook::is_address(sms_url) {
            return Err(SimError::Refused(
                "the webhook is not an http or https address",
            ));
        }
        if self
            .world()
            .numbers
            .get(number)
            .is_some_and(|url| url == sms_url)
        {
            return Ok(());
        }
        self.record(vec![Event::NumberSet {
            number: number.into(),
            sms_url: sms_url.into(),
        }])?;
        Ok(())
    }

    /// A phone refuses, or allows again, texts from one number of the account.
    ///
    /// # Errors
    /// A ledger that cannot be written.
    pub fn opt_out(&self, phone: &str, number: &str, opted_out: bool) -> Result<(), SimError> {
        let event = Event::OptOut {
            phone: phone.into(),
            number: number.into(),
            opted_out,
        };
        self.record(vec![event])?;
        Ok(())
    }

    /// Sets a fault switch.
    ///
    /// # Errors
    /// Values out of range; a ledger that cannot be written.
    pub fn set_fault(&self, fault: Fault) -> Result<(), SimError> {
        if let Some(problem) = fault.problem() {
            return Err(SimError::Refused(problem));
        }
        self.record(vec![Event::FaultSet { fault }])?;
        Ok(())
    }

    /// Turns every fault off.
    ///
    /// # Errors
    /// A ledger that cannot be written.
    pub fn clear_faults(&self) -> Result<(), SimError> {
        self.record(vec![Event::FaultsCleared])?;
        Ok(())
    }

    /// Starts the chance that faults use anew.
    pub fn seed(&self, seed: u64) {
        self.world().faults.seed(seed);
    }

    /// Every fault switch, on or off.
    pub fn faults(&self) -> Vec<Fault> {
        self.world().faults.all()
    }

    /// The ledger after a position; 0 gives all of it.
    pub fn ledger(&self, after: u64) -> Vec<Entry> {
        self.world().after(after).to_vec()
    }

    /// The state of a message.
    pub fn status(&self, sid: &str) -> Option<Status> {
        self.world().message(sid).map(|message| message.status)
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
