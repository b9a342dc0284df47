//! What a person needs once everything runs.

use std::fmt::Write;

use serde_json::json;

use super::stack::StackPlan;

/// For people.
pub(crate) fn text(plan: &StackPlan) -> String {
    let mut text = format!(
        "\nVerbatim runs.\n\n  Phone page   {}\n  Homeserver   {}\n\n",
        plan.carrier_url, plan.homeserver_url
    );
    let ids = plan.holders.iter().map(|holder| holder.user_id.len());
    let width = ids.max().unwrap_or(0);
    for (holder, login) in plan.holders.iter().zip(&plan.secrets.employees) {
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "  {:<6} {:<width$}   password {}   number {}",
            holder.name, holder.user_id, login.password, holder.number
        );
    }
    let _ = write!(
        text,
        "\n  1. Log in as one of them with any Matrix client at the homeserver's address.\
         \n  2. Open the phone page and text their number.\
         \n\n  Logs: {}, {}\n  Ctrl-C stops everything; what happened is kept until --reset.",
        plan.logs.display(),
        plan.dir.display()
    );
    text
}

/// For machines: the same.
pub(crate) fn json(plan: &StackPlan) -> String {
    let employees: Vec<_> = plan
        .holders
        .iter()
        .zip(&plan.secrets.employees)
        .map(|(holder, login)| {
            json!({"user_id": holder.user_id, "password": login.password, "number": holder.number})
        })
        .collect();
    json!({
        "ok": true,
        "phone_page": plan.carrier_url,
        "homeserver": plan.homeserver_url,
        "employees": employees,
    })
    .to_string()
}
