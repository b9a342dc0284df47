//! What the carrier does: texts, receipts, webhooks.

use verbatim_engine::WebhookAnswer;
use verbatim_engine::ports::{FailureClass, ReceiptStatus, Webhook};

use crate::fakes::carrier::Taken;
use crate::sim::corpus::{NUMBERS, PHONES, text};
use crate::sim::operation::{Delivery, End, Operation};
use crate::sim::world::{ACCOUNT, World};
use crate::sim::{Broken, Failure};

impl World {
    pub(super) async fn carrier_happens(&self, operation: &Operation) -> Result<(), Broken> {
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
                state.failures.push(Failure {
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
