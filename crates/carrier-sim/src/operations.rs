//! What can be done to a running simulator from outside the provider's API: by the control API, and
//! by tests in the same process.

use crate::chance::sid;
use crate::event::{Entry, Event, Status, Text};
use crate::faults::Fault;
use crate::lifecycle;
use crate::sim::{Sim, SimError};
use crate::text::is_e164;
use crate::webhook::is_address;
use crate::world::World;
use std::sync::Arc;

/// The longest name of a phone or of a number, in characters.
const MAX_NAME: usize = 40;

fn is_of_account(world: &World, number: &str) -> Result<(), SimError> {
    match world.numbers.contains_key(number) {
        true => Ok(()),
        false => Err(SimError::Refused("the account has no such number")),
    }
}

impl Sim {
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
        let answer = lifecycle::own_answer(&text)?;
        events.push(Event::Inbound(text));
        events.extend(answer);
        self.record_if(events, |world| is_of_account(world, to))?;
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
            .take(MAX_NAME)
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
        if !sms_url.is_empty() && !is_address(sms_url) {
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

    /// Says who answers at a number of the account (empty: nobody is named).
    ///
    /// # Errors
    /// A number that the account does not have; a ledger that cannot be written.
    pub fn name_number(&self, number: &str, name: &str) -> Result<(), SimError> {
        let name: String = name.trim().chars().take(MAX_NAME).collect();
        if self.world().number_name(number) == name {
            return is_of_account(&self.world(), number);
        }
        let event = Event::NumberNamed {
            number: number.into(),
            name,
        };
        self.record_if(vec![event], |world| is_of_account(world, number))
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
