//! What a person needs once everything runs: two addresses, and what to do with them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::stack::StackPlan;

/// For people.
pub(crate) fn text(plan: &StackPlan) -> String {
    let mut text = format!(
        "\nVerbatim runs.\n\n  Phones   {}   what the firm's clients hold in their hands\n  \
         Client   {}   what its employees work with\n\n",
        plan.carrier_url, plan.client_url
    );
    // Writing into a string cannot fail.
    if let (Some(holder), Some(login)) = (plan.holders.first(), plan.secrets.employees.first()) {
        let _ = write!(
            text,
            "  1. Open the client, sign in as {} with the password {}, and keep the recovery key that it shows.\
             \n  2. Open the phones beside it, and text {} from one of them.\
             \n  3. The text appears in the client: answer it there, and the phone gets an SMS.\n\n",
            holder.name, login.password, holder.number
        );
    }
    if !is_built(plan) {
        text.push_str(
            "  The client is not built: that needs Node.js 20.19, or 22.12 or newer, with npm. Sign in with any other\n  \
             Matrix client meanwhile, at the homeserver's address.\n\n",
        );
    }
    let ids = plan.holders.iter().map(|holder| holder.user_id.len());
    let width = ids.max().unwrap_or(0);
    for (holder, login) in plan.holders.iter().zip(&plan.secrets.employees) {
        let _ = writeln!(
            text,
            "  {:<6} {:<width$}   password {}   number {}",
            holder.name, holder.user_id, login.password, holder.number
        );
    }
    let _ = write!(
        text,
        "\n  The record, in another terminal: {} record verify -c {}\
         \n  (`conversation list` and `record show CONVERSATION` show what is in it; looking is recorded, too.)\
         \n  Homeserver, for any other Matrix client: {}\
         \n  Logs: {}, {}\
         \n  Ctrl-C stops everything; what happened is kept until --reset.",
        own_path().display(),
        plan.dir.join("verbatim.toml").display(),
        plan.homeserver_url,
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
        "client": plan.client_url,
        "client_is_built": is_built(plan),
        "homeserver": plan.homeserver_url,
        "employees": employees,
    })
    .to_string()
}

/// This program, as one calls it here.
fn own_path() -> PathBuf {
    let path = std::env::current_exe().unwrap_or_else(|_| "verbatim".into());
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).map(Path::to_owned).unwrap_or(path)
}

fn is_built(plan: &StackPlan) -> bool {
    plan.client_assets.join("index.html").exists()
}
