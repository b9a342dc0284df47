//! Everything of one run: the outside world, the store, and our processes between them.

mod nodes;

pub(crate) use nodes::Node;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use verbatim_domain::retention::{Period, Rule, Starts};
use verbatim_domain::{Duration, EventId, ProviderId, RoomId, Timestamp, UserId};
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{Clock, Lane, ReceiptStatus, SignedCheckpoint, Store, Webhook};
use verbatim_engine::{DisclosureMode, Engine, Settings};

use super::corpus::{EMPLOYEES, NUMBERS};
use super::office::Office;
use super::operation::{Act, AuthorityMood, KeyFate};
use super::sabotage::Sabotage;
use super::signers::Signers;
use super::witness::Witness;
use super::{Broken, Failure};
use crate::fakes::carrier::is_final;
use crate::fakes::entropy::Chance;
use crate::fakes::{
    FakeAuthority, FakeCarrier, FakeKeySafe, FakePlatform, FakeWitness, SeededEntropy,
    VirtualClock, lock, test_signer,
};

/// How much longer than asked the carrier may take to come to an end.
const GRACE: Duration = Duration::from_secs(60);

/// The carrier account of every number.
pub(crate) const ACCOUNT: &str = "carrier-main";

/// Ten minutes before a month begins: records get another bucket key while the run goes on.
const START: Timestamp = Timestamp(1_796_082_600_000);

/// The class of all records.
pub(crate) const CLASS: u8 = 1;

/// How long records are kept.
pub(crate) const MONTHS: u32 = 2;

/// The world of a run.
pub(crate) struct World {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) carrier: Arc<FakeCarrier>,
    pub(crate) platform: Arc<FakePlatform>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) settings: Settings,
    pub(crate) sabotage: Sabotage,
    /// Whether anybody asks anything of the record: only then is there a witness, and the end is an exam.
    pub(crate) examined: bool,
    entropy: Arc<SeededEntropy>,
    pub(crate) safe: Arc<FakeKeySafe>,
    pub(crate) cosigner: Arc<FakeWitness>,
    pub(crate) authority: Arc<FakeAuthority>,
    me: Weak<World>,
    state: Mutex<State>,
}

/// Something that an employee did.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) event: EventId,
    pub(crate) room: RoomId,
    pub(crate) act: Act,
    pub(crate) key: KeyFate,
    pub(crate) text: String,
}

/// What changes as the run goes on.
pub(crate) struct State {
    pub(crate) chance: Chance,
    worker: Option<Node>,
    edge: Option<Node>,
    lease: Option<String>,
    made: u32,
    reader: Option<Arc<Engine>>,
    /// Lanes in which the worker is in the middle of a job.
    pub(crate) lanes: Vec<Lane>,
    /// Webhooks that have still to be delivered.
    pub(crate) hooks: VecDeque<Webhook>,
    /// Webhooks that were delivered, to be repeated or forged.
    pub(crate) sent: Vec<Webhook>,
    pub(crate) mangled: bool,
    pub(crate) written: Vec<Written>,
    /// Per number: who held it from when on.
    pub(crate) holders: Vec<Vec<(Timestamp, Option<UserId>)>>,
    pub(crate) carrier_up_at: Option<Timestamp>,
    pub(crate) homeserver_up_at: Option<Timestamp>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) witness: Witness,
    /// What was signed of the log.
    pub(crate) signed: Vec<SignedCheckpoint>,
    /// Whether somebody is signing.
    pub(crate) signing: bool,
    pub(crate) signers: Signers,
    pub(crate) office: Office,
}

impl World {
    /// A world in which employees and numbers are set up and nothing has happened.
    pub(crate) async fn new(
        seed: u64,
        store: Arc<dyn Store>,
        sabotage: Sabotage,
        examined: bool,
    ) -> Result<Arc<Self>, Broken> {
        let clock = Arc::new(VirtualClock::at(START));
        let mut chance = Chance::new(seed ^ 0x5EED_0F0D_D5A1_7E11);
        let settings = settings(&mut chance);
        let world = Arc::new_cyclic(|me| Self {
            carrier: Arc::new(FakeCarrier::new(ACCOUNT, clock.clone())),
            platform: Arc::new(FakePlatform::new(clock.clone())),
            cosigner: Arc::new(FakeWitness::new(clock.clone())),
            authority: Arc::new(FakeAuthority::by(clock.clone(), AuthorityMood::Away)),
            clock,
            store,
            settings,
            sabotage,
            examined,
            entropy: Arc::new(SeededEntropy::new(seed)),
            safe: Arc::new(FakeKeySafe::new([42; 32])),
            me: me.clone(),
            state: Mutex::new(State::new(chance)),
        });
        world.cosigner.trust(vec![test_signer().verifier().clone()]);
        world.provision().await?;
        Ok(world)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Notes that something is wrong.
    pub(crate) fn fail(&self, rule: &'static str, what: impl Into<String>) {
        self.state().failures.push(Failure {
            rule,
            what: what.into(),
        });
    }

    /// Lets time pass; who was away for a while may be back.
    pub(crate) fn pass(&self, span: Duration) {
        self.clock.advance(span);
        let (now, state) = (self.now(), &mut *self.state());
        if state.carrier_up_at.is_some_and(|at| at <= now) {
            state.carrier_up_at = None;
            self.carrier.ledger().down = false;
        }
        if state.homeserver_up_at.is_some_and(|at| at <= now) {
            state.homeserver_up_at = None;
            self.platform.server().down = false;
        }
        self.carrier_gives_up(state);
    }

    /// The carrier does not try longer than it was asked to: then a text has come to its end, and a
    /// webhook says so, now, later or never.
    fn carrier_gives_up(&self, state: &mut State) {
        let oldest = Duration(self.settings.validity.0 + GRACE.0);
        let open: Vec<ProviderId> = {
            let ledger = self.carrier.ledger();
            let old = ledger
                .taken
                .iter()
                .filter(|taken| !is_final(&taken.status) && self.now() > taken.at.after(oldest));
            old.map(|taken| taken.provider_id.clone()).collect()
        };
        for id in open {
            let end = match state.chance.percent(70) {
                true => ReceiptStatus::Delivered,
                false => ReceiptStatus::Expired,
            };
            let told = self.carrier.report(&id, &end);
            if let Some(taken) = told.filter(|_| state.chance.percent(60)) {
                state.hooks.push_back(self.carrier.status_hook(&taken));
            }
        }
    }

    /// Alice and Bob hold a number each; nobody holds the third.
    async fn provision(&self) -> Result<(), Broken> {
        let (edge, actor) = (self.edge().await?, Actor::operator("simulation"));
        for (user, name) in EMPLOYEES.iter().zip(["Alice Anemone", "Bob", "Carol"]) {
            edge.engine
                .add_employee(&actor, user, name)
                .await
                .map_err(Broken::new)?;
        }
        for number in NUMBERS {
            edge.engine
                .add_number(&actor, number, ACCOUNT)
                .await
                .map_err(Broken::new)?;
        }
        for (number, user) in NUMBERS.iter().zip(&EMPLOYEES[..2]) {
            edge.engine
                .assign_number(&actor, number, user)
                .await
                .map_err(Broken::new)?;
        }
        for index in 0..NUMBERS.len() {
            self.note_holder(index).await?;
        }
        // As at each start: from here on whatever happens can be found.
        edge.engine.look_again().await.map_err(Broken::new)?;
        self.pass(Duration::from_secs(1));
        Ok(())
    }

    /// Remembers who holds a number now.
    pub(crate) async fn note_holder(&self, number: usize) -> Result<(), Broken> {
        let edge = self.edge().await?;
        let index = edge.engine.vault().index("phone", NUMBERS[number]);
        let found = self
            .store
            .number(&verbatim_engine::ports::BlindIndex(index))
            .await;
        let holder = found.map_err(Broken::new)?.and_then(|number| number.holder);
        let user = match holder {
            None => None,
            Some((id, _)) => {
                let at = super::everything();
                let all = self.store.employees(at).await.map_err(Broken::new)?;
                all.items.into_iter().find(|e| e.id == id).map(|e| e.user)
            }
        };
        let (now, state) = (self.now(), &mut *self.state());
        let history = &mut state.holders[number];
        if history.last().map(|(_, last)| last) != Some(&user) {
            history.push((now, user));
        }
        Ok(())
    }
}

impl State {
    fn new(chance: Chance) -> Self {
        Self {
            chance,
            worker: None,
            edge: None,
            lease: None,
            made: 0,
            reader: None,
            lanes: Vec::new(),
            hooks: VecDeque::new(),
            sent: Vec::new(),
            mangled: false,
            written: Vec::new(),
            holders: vec![Vec::new(); NUMBERS.len()],
            carrier_up_at: None,
            homeserver_up_at: None,
            failures: Vec::new(),
            witness: Witness::default(),
            signed: Vec::new(),
            signing: false,
            signers: Signers::new(),
            office: Office::default(),
        }
    }
}

/// A firm's settings; some firms differ.
fn settings(chance: &mut Chance) -> Settings {
    Settings {
        firm: "Zinnia Example Wealth".to_owned(),
        disclosure: if chance.percent(60) {
            DisclosureMode::First
        } else {
            DisclosureMode::Off
        },
        catch_all: chance.percent(30).then(|| UserId(EMPLOYEES[2].to_owned())),
        // Years would show nothing that months do not.
        retention: vec![Rule {
            class: CLASS,
            name: "everything".to_owned(),
            period: Period {
                months: MONTHS,
                starts: Starts::Creation,
            },
            of: std::collections::BTreeSet::new(),
        }],
        ..Settings::default()
    }
}
