//! The firm's virtual numbers, and who holds them.

use verbatim_domain::{AccountId, NumberId};

use super::{Actor, AdminError, EVERYTHING};
use crate::core::Engine;
use crate::ports::{Change, Lane, Number, PageAt};
use crate::views::NumberView;

impl Engine {
    /// Adds a virtual number of a configured carrier account; the same again changes nothing.
    ///
    /// # Errors
    /// When it is not a phone number, or the account is not configured.
    pub async fn add_number(
        &self,
        actor: &Actor,
        number: &str,
        account: &str,
    ) -> Result<NumberView, AdminError> {
        let parsed = self.phone(number)?;
        let account = AccountId(account.to_owned());
        if !self.carriers.contains_key(&account) {
            let mend = "name one that the configuration has under [[carrier]]";
            return Err(AdminError::NotFound {
                what: "carrier account",
                which: account.0,
                mend,
            });
        }
        let index = self.index(parsed.as_str());
        if let Some(known) = self.store.number(&index).await? {
            if known.account != account {
                return Err(AdminError::Invalid(format!(
                    "that number belongs to account `{}` already",
                    known.account
                )));
            }
            return self.number_view(&known).await;
        }
        let number = Number {
            id: NumberId::from_random(self.entropy.id()),
            index,
            number: self.hide("number", parsed.as_str().as_bytes()),
            account,
            created: self.now(),
            holder: None,
        };
        let details = [
            ("number", parsed.as_str()),
            ("account", number.account.as_str()),
        ];
        self.change(
            actor,
            "number.add",
            &details,
            vec![Change::PutNumber(number.clone())],
        )
        .await?;
        self.number_view(&number).await
    }

    /// Gives a number to an employee from now on, and wakes texts that waited for a holder.
    ///
    /// # Errors
    /// When either is not known, or somebody else holds it.
    pub async fn assign_number(
        &self,
        actor: &Actor,
        number: &str,
        user: &str,
    ) -> Result<NumberView, AdminError> {
        let (number, employee) = (self.our_number(number).await?, self.employee(user).await?);
        if employee.ended.is_some() {
            return Err(AdminError::Invalid(format!("`{user}` has left the firm")));
        }
        if number
            .holder
            .as_ref()
            .is_some_and(|(holder, _)| *holder == employee.id)
        {
            return self.number_view(&number).await;
        }
        let plain = self.reveal_text("number", &number.number)?;
        let changes = vec![
            Change::Assign(number.id, employee.id, self.now()),
            Change::WakeLane(Lane::unrouted(&number.index), self.now()),
            Change::Clear(format!("number-without-holder:{}", number.index.short())),
        ];
        self.change(
            actor,
            "number.assign",
            &[("number", &plain), ("user", user)],
            changes,
        )
        .await?;
        self.number_view(&self.our_number(&plain).await?).await
    }

    /// Takes a number back from whoever holds it.
    ///
    /// # Errors
    /// When the number is not known.
    pub async fn release_number(
        &self,
        actor: &Actor,
        number: &str,
    ) -> Result<NumberView, AdminError> {
        let known = self.our_number(number).await?;
        if known.holder.is_some() {
            let changes = vec![Change::Release(known.id, self.now())];
            self.change(actor, "number.release", &[("number", number)], changes)
                .await?;
        }
        self.number_view(&self.our_number(number).await?).await
    }

    /// All virtual numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_numbers(&self) -> Result<Vec<NumberView>, AdminError> {
        let mut views = Vec::new();
        for number in self.all_numbers().await? {
            views.push(self.number_view(&number).await?);
        }
        Ok(views)
    }

    pub(super) async fn our_number(&self, number: &str) -> Result<Number, AdminError> {
        let parsed = self.phone(number)?;
        self.store
            .number(&self.index(parsed.as_str()))
            .await?
            .ok_or_else(|| AdminError::NotFound {
                what: "number",
                which: number.to_owned(),
                mend: "add it with `verbatim number add`",
            })
    }

    pub(crate) async fn all_numbers(&self) -> Result<Vec<Number>, AdminError> {
        let (mut numbers, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .store
                .numbers(PageAt {
                    after,
                    limit: EVERYTHING,
                })
                .await?;
            numbers.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(numbers);
            }
        }
    }

    async fn number_view(&self, number: &Number) -> Result<NumberView, AdminError> {
        let holder = match &number.holder {
            None => None,
            Some((id, _)) => self.employee_user(*id).await?,
        };
        Ok(NumberView {
            id: number.id.to_string(),
            number: self.reveal_text("number", &number.number)?,
            webhook: self
                .carriers
                .get(&number.account)
                .map(|carrier| carrier.inbound_address()),
            account: number.account.0.clone(),
            holder,
            created_ms: number.created.as_millis(),
        })
    }
}
