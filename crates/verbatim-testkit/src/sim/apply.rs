//! Lets an operation happen.

mod carrier;
mod homeserver;
mod record;
mod work;

use futures_util::future::BoxFuture;
use verbatim_domain::{Duration, UserId};
use verbatim_engine::ports::FailureClass;

use super::Broken;
use super::corpus::EMPLOYEES;
use super::operation::{CarrierFault, HomeserverFault, NodeName, Operation};
use super::process::Planned;
use super::world::World;
use crate::fakes::carrier::SubmitFault;
use crate::fakes::platform::PlatformFault;

impl World {
    /// Lets an operation happen between two jobs.
    pub(crate) async fn apply(&self, operation: &Operation) -> Result<(), Broken> {
        let step = 1 + self.state().chance.below(1500) as u64;
        self.pass(Duration::from_millis(step));
        self.happen(operation).await?;
        match self.examined {
            // What is disposed of later has been seen.
            true => self.look().await,
            false => Ok(()),
        }
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
                O::Record(what) => self.record_happens(what).await,
                O::DaysPass(days) => {
                    self.pass(Duration::from_secs(u64::from(*days) * 86_400));
                    Ok(())
                }
            }
        })
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

fn submit_fault(how: CarrierFault) -> SubmitFault {
    match how {
        CarrierFault::Refuse => SubmitFault::Refuse(FailureClass::Address),
        CarrierFault::OptedOut => SubmitFault::Refuse(FailureClass::OptedOut),
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
