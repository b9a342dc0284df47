//! Lets an operation happen.

use futures_util::future::BoxFuture;
use verbatim_domain::{Duration, EventId, RoomId, UserId};
use verbatim_engine::admin::Actor;
use verbatim_engine::ports::{EventKind, FailureClass, ReceiptStatus, Webhook};
use verbatim_engine::worker::Outcome;
use verbatim_engine::{TransactionError, WebhookAnswer};

use super::Broken;
use super::corpus::{EMPLOYEES, NUMBERS, PHONES, text};
use super::operation::{
    Act, CarrierFault, Delivery, End, HomeserverFault, KeyFate, Mood, NodeName, Operation,
};
use super::process::Planned;
use super::world::{ACCOUNT, Node, World, Written};
use crate::fakes::carrier::{SubmitFault, Taken};
use crate::fakes::platform::{JOINED, Key, PlatformFault};

impl World {
    /// Lets an operation happen between two jobs.
    pub(crate) async fn apply(&self, operation: &Operation) -> Result<(), Broken> {
        let step = 1 + self.state().chance.below(1500) as u64;
        self.pass(Duration::from_millis(step));
        self.happen(operation).await
    }

    /// Lets an operation happen in the middle of a job.
    pub(crate) async fn apply_during(&self, operation: &Operation) {
        self.pass(Duration::from_millis(1));
        if let Err(broken) = self.happen(operation).await {
            self.fail("simulation", broken.to_string());
        }
    }

    fn happen<'a>(&'a self, operation: &'a Operation) -> BoxFuture<'a, Result<(), Broken>> {
        Box::pin(async move {
            use Operation as O;
            match operation {
                O::ClientTexts { .. }
                | O::RepeatHook(_)
                | O::DeliverHook(_)
                | O::ForgeHook(_)
                | O::MangledHook
                | O::Receipt { .. }
                | O::Poll => self.carrier_happens(operation).await,
                O::Employee {
                    room,
                    act,
                    text,
                    key,
                } => {
                    self.employee_acts(*room, *act, *text, *key);
                    Ok(())
                }
                O::EmployeeLeaves(room) => {
                    if let Some((room, user)) = self.room_with_employee(*room) {
                        self.platform.leave(&room, &user);
                    }
                    Ok(())
                }
                O::HomeserverForgets { events, crash } => self.forget(*events, *crash).await,
                O::LogIn {
                    employee,
                    logged_in,
                } => {
                    let user = EMPLOYEES[*employee as usize % EMPLOYEES.len()];
                    self.platform.log_in(&UserId(user.to_owned()), *logged_in);
                    let worker = self.worker().await?;
                    self.heed_signals(&worker).await;
                    Ok(())
                }
                O::Invitations(mood) => {
                    self.answer_invitations(*mood);
                    Ok(())
                }
                O::EmployeeStarts { employee, phone } => self.start(*employee, *phone).await,
                O::Sync { events, again } => self.sync(*events as usize, *again).await.map(drop),
                O::Reassign { number, employee } => self.reassign(*number, *employee).await,
                O::Work { jobs } => {
                    self.work(*jobs).await?;
                    self.sign().await
                }
                O::LeaseLost { jobs } => self.lose_lease(*jobs).await,
                O::During { calls, what } => {
                    self.worker()
                        .await?
                        .process
                        .interrupt(*calls, (**what).clone());
                    Ok(())
                }
                O::KeysArrive => self.keys_arrive().await,
                O::WriteFails {
                    node,
                    writes,
                    done,
                    dies,
                } => {
                    let node = match node {
                        NodeName::Worker => self.worker().await?,
                        NodeName::Edge => self.edge().await?,
                    };
                    node.process.plan(Planned {
                        writes: *writes,
                        done: *done,
                        dies: *dies,
                    });
                    Ok(())
                }
                O::Restart => {
                    self.worker().await?.process.kill();
                    Ok(())
                }
                O::CarrierFault { .. }
                | O::CarrierDown(_)
                | O::ListingDelay(_)
                | O::HomeserverDown(_)
                | O::HomeserverFault(_)
                | O::ClockStep(_) => {
                    self.disturb(operation);
                    Ok(())
                }
                O::DaysPass(days) => {
                    self.pass(Duration::from_secs(u64::from(*days) * 86_400));
                    Ok(())
                }
            }
        })
    }

    async fn carrier_happens(&self, operation: &Operation) -> Result<(), Broken> {
        match operation {
            Operation::ClientTexts {
                phone,
                number,
                text: words,
                hook,
            } => {
                let (from, to) = (
                    PHONES[*phone as usize % PHONES.len()],
                    NUMBERS[*number as usize % NUMBERS.len()],
                );
                let sms = self.carrier.text_from_client(from, to, &text(*words));
                self.deliver(self.carrier.inbound_hook(&sms), *hook).await
            }
            Operation::Receipt { text, end, hook } => {
                let Some(taken) = self.become_of(*text as usize, &status(*end)) else {
                    return Ok(());
                };
                self.deliver(self.carrier.status_hook(&taken), *hook).await
            }
            Operation::RepeatHook(which) => {
                let hook = self.sent(*which);
                match hook {
                    Some(hook) => self.hook(&hook).await,
                    None => Ok(()),
                }
            }
            Operation::DeliverHook(which) => self.deliver_waiting(*which as usize).await.map(drop),
            Operation::ForgeHook(which) => self.forge(*which).await,
            Operation::MangledHook => {
                let hook = self.carrier.mangled_hook();
                self.state().mangled = true;
                self.hook(&hook).await
            }
            _ => {
                // A poll that finds the store or the carrier away is repeated later.
                let _ = self.worker().await?.engine.poll().await;
                Ok(())
            }
        }
    }

    fn sent(&self, which: u8) -> Option<Webhook> {
        let state = self.state();
        let count = state.sent.len();
        state
            .sent
            .iter()
            .rev()
            .nth(which as usize % count.max(1))
            .cloned()
    }

    /// What becomes of a text, counted from the latest; ends are final.
    fn become_of(&self, text: usize, status: &ReceiptStatus) -> Option<Taken> {
        let now = self.now();
        let provider_id = {
            let ledger = self.carrier.ledger();
            let there: Vec<&Taken> = ledger
                .taken
                .iter()
                .filter(|taken| taken.at <= now)
                .collect();
            let count = there.len();
            there
                .into_iter()
                .rev()
                .nth(text % count.max(1))?
                .provider_id
                .clone()
        };
        if *status == ReceiptStatus::Unrecognised {
            let taken = self
                .carrier
                .report(&provider_id, &ReceiptStatus::Submitted)?;
            return Some(Taken {
                status: ReceiptStatus::Unrecognised,
                ..taken
            });
        }
        self.carrier.report(&provider_id, status)
    }

    pub(crate) async fn deliver(&self, hook: Webhook, how: Delivery) -> Result<(), Broken> {
        match how {
            Delivery::Now => self.hook(&hook).await,
            Delivery::ToEdge => {
                let edge = self.edge().await?;
                let answer = edge.sealing.webhook(&ACCOUNT.into(), &hook).await;
                self.answered(&hook, answer);
                Ok(())
            }
            Delivery::Twice => {
                self.hook(&hook).await?;
                self.hook(&hook).await
            }
            Delivery::Later => {
                self.state().hooks.push_back(hook);
                Ok(())
            }
            Delivery::Lost => Ok(()),
        }
    }

    /// Delivers a webhook; what is not acknowledged is repeated later.
    async fn hook(&self, hook: &Webhook) -> Result<(), Broken> {
        let edge = self.edge().await?;
        let answer = edge.engine.webhook(&ACCOUNT.into(), hook).await;
        self.answered(hook, answer);
        Ok(())
    }

    fn answered(&self, hook: &Webhook, answer: WebhookAnswer) {
        let state = &mut *self.state();
        match answer {
            WebhookAnswer::Accepted => state.sent.push(hook.clone()),
            WebhookAnswer::TryLater => state.hooks.push_back(hook.clone()),
            other => {
                let what = format!("a good webhook was answered with {other:?}");
                state.failures.push(super::Failure {
                    rule: "acknowledged",
                    what,
                });
            }
        }
    }

    /// Delivers one of the webhooks that wait; whether there was one.
    pub(crate) async fn deliver_waiting(&self, which: usize) -> Result<bool, Broken> {
        let hook = {
            let state = &mut *self.state();
            let count = state.hooks.len();
            state.hooks.remove(which % count.max(1))
        };
        match hook {
            Some(hook) => self.hook(&hook).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn forge(&self, which: u8) -> Result<(), Broken> {
        let Some(mut hook) = self.sent(which) else {
            return Ok(());
        };
        hook.body.push(b' ');
        let size = self.store.log_root().await.map_err(Broken::new)?.size;
        let answer = self
            .edge()
            .await?
            .engine
            .webhook(&ACCOUNT.into(), &hook)
            .await;
        if answer != WebhookAnswer::Forged
            || self.store.log_root().await.map_err(Broken::new)?.size != size
        {
            self.fail(
                "forged",
                format!("a forged webhook was answered with {answer:?}"),
            );
        }
        Ok(())
    }

    fn room_with_employee(&self, which: u8) -> Option<(RoomId, UserId)> {
        let server = self.platform.server();
        let joined = server.rooms.iter().filter_map(|(id, room)| {
            let user = &room.spec.as_ref()?.employee;
            (room.members.get(user) == Some(&JOINED)).then(|| (id.clone(), user.clone()))
        });
        let rooms: Vec<_> = joined.collect();
        rooms.get(which as usize % rooms.len().max(1)).cloned()
    }

    fn employee_acts(&self, room: u8, act: Act, words: u8, key: KeyFate) {
        let Some((room, user)) = self.room_with_employee(room) else {
            return;
        };
        let earlier = self
            .platform
            .timeline(&room)
            .last()
            .map(|entry| entry.event.clone());
        let of = earlier.unwrap_or(EventId("$nothing".to_owned()));
        // Deletions and reactions are in clear by nature.
        let key = if matches!(act, Act::Redact | Act::React) {
            KeyFate::Clear
        } else {
            key
        };
        let body = text(words);
        let kind = match act {
            Act::Text => EventKind::Text {
                body: body.clone(),
                reply_to: None,
            },
            Act::Reply => EventKind::Text {
                body: body.clone(),
                reply_to: Some(of),
            },
            Act::Edit => EventKind::Edit {
                of,
                body: body.clone(),
            },
            Act::Redact => EventKind::Redaction { of: Some(of) },
            Act::React => EventKind::Reaction {
                to: of,
                key: "+".to_owned(),
            },
            Act::Media => EventKind::Media {
                what: "m.image".to_owned(),
                body: body.clone(),
            },
        };
        let at_hand = match key {
            KeyFate::Here => Key::Here,
            KeyFate::Late | KeyFate::NeverComes => Key::Late("missing"),
            KeyFate::Hopeless => Key::Never("m.unavailable"),
            KeyFate::Clear => Key::Clear,
        };
        let event = self.platform.write(&room, &user, kind, at_hand);
        self.state().written.push(Written {
            event,
            room,
            act,
            key,
            text: body,
        });
    }

    /// What employees do with invitations from now on.
    pub(crate) fn answer_invitations(&self, mood: Mood) {
        {
            let server = &mut *self.platform.server();
            (server.shy, server.unwilling) = (mood == Mood::Shy, mood == Mood::Unwilling);
        }
        if mood == Mood::Willing {
            self.platform.accept_all();
        }
    }

    async fn start(&self, employee: u8, phone: u8) -> Result<(), Broken> {
        let user = UserId(EMPLOYEES[employee as usize % EMPLOYEES.len()].to_owned());
        let phone = PHONES[phone as usize % PHONES.len()];
        let edge = self.edge().await?;
        let actor = Actor::operator("simulation");
        // Who holds no number is told so.
        let _ = edge
            .engine
            .start_conversation(&actor, &user, None, phone, None)
            .await;
        Ok(())
    }

    /// The homeserver pushes a transaction; whether there was one and it was taken.
    pub(crate) async fn sync(&self, events: usize, again: bool) -> Result<bool, Broken> {
        if self.platform.server().down {
            return Ok(false);
        }
        let Some((number, count, body)) = self.platform.next_transaction(events) else {
            return Ok(false);
        };
        let edge = self.edge().await?;
        let taken: Result<usize, TransactionError> =
            edge.engine.transaction(&number.to_string(), &body).await;
        if taken.is_ok() && !again {
            self.platform.acknowledge(count);
        }
        Ok(taken.is_ok())
    }

    /// The homeserver loses what it has not handed out. We notice a crash before it is back.
    async fn forget(&self, events: u8, crash: bool) -> Result<(), Broken> {
        if !crash {
            self.platform.leave_behind(events as usize);
            return Ok(());
        }
        self.platform.forget(events as usize);
        // Who dies over it is started again, and notices again.
        for _ in 0..3 {
            let worker = self.worker().await?;
            if worker.engine.homeserver_is_away().await.is_ok() {
                break;
            }
        }
        Ok(())
    }

    async fn reassign(&self, number: u8, employee: Option<u8>) -> Result<(), Broken> {
        let index = number as usize % NUMBERS.len();
        let (edge, actor) = (self.edge().await?, Actor::operator("simulation"));
        let released = edge
            .engine
            .release_number(&actor, NUMBERS[index])
            .await
            .is_ok();
        self.note_holder(index).await?;
        if let Some(employee) = employee.filter(|_| released) {
            // A millisecond in which nobody holds it keeps the history unambiguous.
            self.pass(Duration::from_millis(1));
            let user = EMPLOYEES[employee as usize % EMPLOYEES.len()];
            let _ = edge
                .engine
                .assign_number(&actor, NUMBERS[index], user)
                .await;
            self.note_holder(index).await?;
        }
        self.pass(Duration::from_millis(1));
        Ok(())
    }

    /// Runs jobs that are due, waiting up to half a minute where none is.
    async fn work(&self, jobs: u8) -> Result<(), Broken> {
        for _ in 0..jobs {
            if self.run_one(&[]).await? {
                continue;
            }
            let next = self.store.next_due(&[]).await.map_err(Broken::new)?;
            let wait = next.map_or(Duration::from_secs(1), |due| due.since(self.now()));
            if wait > Duration::from_secs(30) || !self.state().lanes.is_empty() {
                return Ok(());
            }
            self.pass(wait.max(Duration::from_millis(1)));
        }
        Ok(())
    }

    /// Runs one of the jobs that are due, leaving out parked lanes; whether there was one.
    pub(crate) async fn run_one(
        &self,
        parked: &[verbatim_engine::ports::Lane],
    ) -> Result<bool, Broken> {
        let node = self.worker().await?;
        let mut busy = self.state().lanes.clone();
        busy.extend_from_slice(parked);
        let jobs = self
            .store
            .due_jobs(self.now(), &busy, 20)
            .await
            .map_err(Broken::new)?;
        if jobs.is_empty() {
            return Ok(false);
        }
        let which = self.state().chance.below(jobs.len());
        let job = &jobs[which];
        self.state().lanes.push(job.lane.clone());
        let outcome = node.engine.run_job(job).await;
        self.state().lanes.retain(|lane| *lane != job.lane);
        match outcome {
            Outcome::Done => {}
            Outcome::Rest => self.pass(Duration::from_millis(500)),
            Outcome::Fenced => node.process.kill(),
        }
        Ok(true)
    }

    async fn lose_lease(&self, jobs: u8) -> Result<(), Broken> {
        // Whoever works now does not know yet.
        self.worker().await?;
        let rival = self.node().await?;
        self.take_lease(&rival).await?;
        for _ in 0..jobs {
            let due = self
                .store
                .due_jobs(self.now(), &[], 20)
                .await
                .map_err(Broken::new)?;
            let which = self.state().chance.below(due.len());
            if let Some(job) = due.get(which) {
                rival.engine.run_job(job).await;
            }
        }
        rival.process.kill();
        Ok(())
    }

    /// Late keys arrive; some not yet.
    async fn keys_arrive(&self) -> Result<(), Broken> {
        let late: Vec<EventId> = {
            let state = &mut *self.state();
            let chance = &mut state.chance;
            let late = state.written.iter().filter(|w| w.key == KeyFate::Late);
            late.filter(|_| chance.percent(70))
                .map(|w| w.event.clone())
                .collect()
        };
        for event in late {
            self.platform.bring_key(&event);
        }
        let worker = self.worker().await?;
        self.heed_signals(&worker).await;
        Ok(())
    }

    /// As the engine does for ever: new keys wake what waits for them. A failure is mended by the
    /// ladder of retries.
    pub(crate) async fn heed_signals(&self, worker: &Node) {
        for signal in self.platform.take_signals() {
            let _ = worker.engine.heed(signal).await;
        }
    }

    fn disturb(&self, operation: &Operation) {
        let minutes = |count: &u8| Duration::from_secs(u64::from(*count) * 60);
        match operation {
            Operation::CarrierFault { skip, how } => {
                let faults = &mut self.carrier.ledger().faults;
                faults.extend(std::iter::repeat_n(None, *skip as usize));
                faults.push_back(Some(submit_fault(*how)));
            }
            Operation::CarrierDown(count) => {
                self.carrier.ledger().down = true;
                self.state().carrier_up_at = Some(self.now().after(minutes(count)));
            }
            Operation::HomeserverDown(count) => {
                self.platform.server().down = true;
                self.state().homeserver_up_at = Some(self.now().after(minutes(count)));
            }
            Operation::ListingDelay(secs) => {
                self.carrier.ledger().listing_delay = Duration::from_secs(u64::from(*secs));
            }
            Operation::HomeserverFault(how) => {
                self.platform
                    .server()
                    .faults
                    .push_back(platform_fault(*how));
            }
            Operation::ClockStep(count) => self.pass(minutes(count)),
            _ => {}
        }
    }
}

fn status(end: End) -> ReceiptStatus {
    match end {
        End::Sent => ReceiptStatus::Sent,
        End::Delivered => ReceiptStatus::Delivered,
        End::Undelivered => ReceiptStatus::Undelivered(FailureClass::Delivery),
        End::Failed => ReceiptStatus::Failed(FailureClass::Policy),
        End::Expired => ReceiptStatus::Expired,
        End::Strange => ReceiptStatus::Unrecognised,
    }
}

fn submit_fault(how: CarrierFault) -> SubmitFault {
    match how {
        CarrierFault::Refuse => SubmitFault::Refuse(FailureClass::Address),
        CarrierFault::Busy => SubmitFault::Busy(Duration::from_secs(3)),
        CarrierFault::NotSent => SubmitFault::NotSent,
        CarrierFault::TimeoutBefore => SubmitFault::TimeoutBefore,
        CarrierFault::TimeoutAfter => SubmitFault::TimeoutAfter,
        CarrierFault::TimeoutSlow(secs) => {
            SubmitFault::TimeoutSlow(Duration::from_secs(u64::from(secs)))
        }
    }
}

fn platform_fault(how: HomeserverFault) -> PlatformFault {
    match how {
        HomeserverFault::Unavailable => PlatformFault::Unavailable,
        HomeserverFault::LoseAnswer => PlatformFault::LoseAnswer,
        HomeserverFault::Halfway => PlatformFault::Halfway,
        HomeserverFault::Refuse => PlatformFault::Refuse,
    }
}
