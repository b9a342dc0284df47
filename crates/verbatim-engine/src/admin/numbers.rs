//! The firm's virtual numbers, and who holds them.

use verbatim_domain::{AccountId, NumberId};

use super::{Actor, AdminError, EVERYTHING};
use crate::core::Engine;
use crate::ports::{Change, Employee, Lane, Number, PageAt};
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
        self.add_number_for(actor, number, account, None).await
    }

    /// Like [`Self::add_number`], and gives it to an employee in the same commit: both are done, or neither.
    ///
    /// # Errors
    /// Those of [`Self::add_number`] and [`Self::assign_number`].
    pub async fn add_number_for(
        &self,
        actor: &Actor,
        number: &str,
        account: &str,
        holder: Option<&str>,
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
            return match holder {
                Some(user) => self.assign_number(actor, number, user).await,
                None => self.number_view(&known).await,
            };
        }
        let holder = match holder {
            Some(user) => Some(self.who_may_hold(user).await?),
            None => None,
        };
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
        let mut changes = vec![
            self.noted(actor, "number.add", &details).await?,
            Change::PutNumber(number.clone()),
        ];
        if let Some(employee) = &holder {
            let assigned = self.assigned(actor, &number, parsed.as_str(), employee);
            changes.extend(assigned.await?);
        }
        self.at_once(changes).await?;
        self.number_view(&self.our_number(parsed.as_str()).await?)
            .await
    }

    /// An employee who has not left.
    async fn who_may_hold(&self, user: &str) -> Result<Employee, AdminError> {
        let employee = self.employee(user).await?;
        if employee.ended.is_some() {
            return Err(AdminError::Invalid(format!("`{user}` has left the firm")));
        }
        Ok(employee)
    }

    /// Gives a number to an employee, with the record of it, and wakes texts that waited for a holder.
    async fn assigned(
        &self,
        actor: &Actor,
        number: &Number,
        plain: &str,
        employee: &Employee,
    ) -> Result<[Change; 4], AdminError> {
        let details = [("number", plain), ("user", employee.user.as_str())];
        Ok([
            self.noted(actor, "number.assign", &details).await?,
            Change::Assign(number.id, employee.id, self.now()),
            Change::WakeLane(Lane::unrouted(&number.index), self.now()),
            Change::Clear(format!("number-without-holder:{}", number.index.short())),
        ])
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
        let number = self.our_number(number).await?;
        let employee = self.who_may_hold(user).await?;
        if number
            .holder
            .as_ref()
            .is_some_and(|(holder, _)| *holder == employee.id)
        {
            return self.number_view(&number).await;
        }
        let plain = self.reveal_text("number", &number.number)?;
        let changes = self.assigned(actor, &number, &plain, &employee).await?;
        self.at_once(changes.into()).await?;
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
