//! Employees come and go.

use verbatim_domain::{EmployeeId, UserId};

use super::{Actor, AdminError};
use crate::core::Engine;
use crate::ports::{Change, Employee, Page, PageAt};
use crate::views::EmployeeView;

impl Engine {
    /// Adds an employee, or changes the name of one who exists.
    ///
    /// # Errors
    /// When the account is not a full user id.
    pub async fn add_employee(
        &self,
        actor: &Actor,
        user: &str,
        name: &str,
    ) -> Result<EmployeeView, AdminError> {
        let user = UserId(user.trim().to_owned());
        if !(user.0.starts_with('@') && user.0.contains(':')) || user.0.len() > 255 {
            return Err(AdminError::Invalid(format!(
                "`{user}` is not a user id: write it like @alice:example.org"
            )));
        }
        if name.trim().is_empty() {
            return Err(AdminError::Invalid("an employee needs a name".to_owned()));
        }
        if self.platform.is_ours(&user) {
            return Err(AdminError::Invalid(format!(
                "`{user}` is one of Verbatim's own accounts"
            )));
        }
        let known = self.store.employee_by_user(&user).await?;
        let employee = Employee {
            id: known
                .as_ref()
                .map_or_else(|| EmployeeId::from_random(self.entropy.id()), |e| e.id),
            user: user.clone(),
            name: self.hide("name", name.trim().as_bytes()),
            created: known.map_or_else(|| self.now(), |e| e.created),
            ended: None,
        };
        let changes = vec![Change::PutEmployee(employee.clone())];
        self.change(
            actor,
            "employee.add",
            &[("user", &user.0), ("name", name.trim())],
            changes,
        )
        .await?;
        self.check_catch_all().await?;
        self.employee_view(&employee)
    }

    /// Ends an employee's time: their numbers come free at once. Who has left stays as they left.
    ///
    /// # Errors
    /// When there is no such employee.
    pub async fn end_employee(
        &self,
        actor: &Actor,
        user: &str,
    ) -> Result<EmployeeView, AdminError> {
        let mut employee = self.employee(user).await?;
        if employee.ended.is_some() {
            return self.employee_view(&employee);
        }
        employee.ended = Some(self.now());
        let mut changes = vec![Change::PutEmployee(employee.clone())];
        for number in self.all_numbers().await? {
            if number
                .holder
                .as_ref()
                .is_some_and(|(holder, _)| *holder == employee.id)
            {
                changes.push(Change::Release(number.id, self.now()));
            }
        }
        self.change(actor, "employee.end", &[("user", user)], changes)
            .await?;
        self.check_catch_all().await?;
        self.employee_view(&employee)
    }

    /// Raises an alarm while the configured catch-all is not an active employee, and clears it once they
    /// are. Asked at the start and whenever employees change.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn check_catch_all(&self) -> Result<(), AdminError> {
        const KEY: &str = "catch-all-is-no-employee";
        let Some(user) = &self.settings.catch_all else {
            return Ok(());
        };
        if self.catch_all().await?.is_some() {
            let changes = vec![Change::Clear(KEY.to_owned())];
            return Ok(self.at_once(changes).await?);
        }
        let text = format!(
            "[firm] catch_all is {user}, who is not an employee, so texts to numbers that nobody holds \
             wait: `verbatim employee add`, or change it"
        );
        Ok(self.raise(KEY, text).await?)
    }

    /// A page of employees.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_employees(&self, at: PageAt) -> Result<Page<EmployeeView>, AdminError> {
        let page = self.store.employees(at).await?;
        let items = page
            .items
            .iter()
            .map(|e| self.employee_view(e))
            .collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: page.next,
        })
    }

    pub(crate) async fn employee(&self, user: &str) -> Result<Employee, AdminError> {
        self.store
            .employee_by_user(&UserId(user.to_owned()))
            .await?
            .ok_or_else(|| AdminError::NotFound {
                what: "employee",
                which: user.to_owned(),
                mend: "add them with `verbatim employee add`",
            })
    }

    pub(crate) fn employee_view(&self, employee: &Employee) -> Result<EmployeeView, AdminError> {
        Ok(EmployeeView {
            id: employee.id.to_string(),
            user: employee.user.0.clone(),
            name: self.reveal_text("name", &employee.name)?,
            active: employee.ended.is_none(),
            created_ms: employee.created.as_millis(),
        })
    }

    pub(super) async fn employee_user(&self, id: EmployeeId) -> Result<Option<String>, AdminError> {
        Ok(self.store.employee(id).await?.map(|e| e.user.0))
    }
}
