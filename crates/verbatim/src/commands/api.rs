//! Commands that are one request to the API and a table of the answer.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::import::import;
use super::table;
use crate::cli::{
    AlarmCommand, ContactCommand, ConversationCommand, EmployeeCommand, NumberCommand, TokenCommand,
};
use crate::local::Api;

/// Where answers go.
pub(crate) struct Out {
    pub(crate) json: bool,
}

impl Out {
    pub(crate) fn one(&self, value: &Value) {
        if self.json {
            println!("{value}")
        } else {
            table::print_one(value)
        }
    }

    pub(crate) fn many(&self, items: &[Value], columns: &[&str]) {
        if self.json {
            println!("{}", Value::from(items.to_vec()))
        } else {
            table::print(items, columns)
        }
    }
}

pub(crate) async fn employee(api: &Api, out: &Out, command: EmployeeCommand) -> Result<ExitCode> {
    match command {
        EmployeeCommand::Add { user, name } => {
            out.one(
                &api.call(
                    "POST",
                    "employees",
                    Some(json!({"user": user, "name": name})),
                )
                .await?,
            );
        }
        EmployeeCommand::End { user } => {
            out.one(
                &api.call("POST", "employees/end", Some(json!({"user": user})))
                    .await?,
            );
        }
        EmployeeCommand::List => out.many(
            &api.list("employees").await?,
            &["user", "name", "active", "id"],
        ),
        EmployeeCommand::Import(args) => {
            return import(api, out, &args.file, "employees", &["user", "name"], None).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn number(api: &Api, out: &Out, command: NumberCommand) -> Result<ExitCode> {
    match command {
        NumberCommand::Add {
            number,
            account,
            holder,
        } => {
            let body = json!({"number": number, "account": account, "holder": holder});
            out.one(&api.call("POST", "numbers", Some(body)).await?);
        }
        NumberCommand::Assign { number, user } => {
            out.one(
                &api.call(
                    "POST",
                    "numbers/assign",
                    Some(json!({"number": number, "user": user})),
                )
                .await?,
            );
        }
        NumberCommand::Release { number } => {
            out.one(
                &api.call("POST", "numbers/release", Some(json!({"number": number})))
                    .await?,
            );
        }
        NumberCommand::List => out.many(
            &api.list("numbers").await?,
            &["number", "holder", "account", "id", "webhook"],
        ),
        NumberCommand::Import(args) => {
            return import(
                api,
                out,
                &args.file,
                "numbers",
                &["number", "account"],
                Some("holder"),
            )
            .await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn contact(api: &Api, out: &Out, command: ContactCommand) -> Result<ExitCode> {
    match command {
        ContactCommand::Add { number, name } => {
            out.one(
                &api.call(
                    "POST",
                    "contacts",
                    Some(json!({"number": number, "name": name})),
                )
                .await?,
            );
        }
        ContactCommand::List => out.many(
            &api.list("contacts").await?,
            &["name", "numbers", "state", "id"],
        ),
        ContactCommand::Import(args) => {
            return import(api, out, &args.file, "contacts", &["number", "name"], None).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn conversation(
    api: &Api,
    out: &Out,
    command: ConversationCommand,
) -> Result<ExitCode> {
    match command {
        ConversationCommand::Start {
            user,
            peer,
            name,
            number,
        } => {
            let body = json!({"user": user, "peer": peer, "name": name, "number": number});
            out.one(&api.call("POST", "conversations", Some(body)).await?);
        }
        ConversationCommand::List => {
            out.many(
                &api.list("conversations").await?,
                &[
                    "id", "title", "peer", "number", "employee", "consent", "room",
                ],
            );
        }
        ConversationCommand::Consent {
            id,
            consent,
            because,
        } => {
            let body = json!({"conversation": id, "consent": consent, "because": because});
            out.one(
                &api.call("POST", "conversations/consent", Some(body))
                    .await?,
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn alarm(api: &Api, out: &Out, command: AlarmCommand) -> Result<ExitCode> {
    match command {
        AlarmCommand::List => out.many(&api.list("alarms").await?, &["at_ms", "key", "text"]),
        AlarmCommand::Clear { key } => out.one(
            &api.call("POST", "alarms/clear", Some(json!({"key": key})))
                .await?,
        ),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn token(api: &Api, out: &Out, command: TokenCommand) -> Result<ExitCode> {
    match command {
        TokenCommand::Create { name, scopes } => {
            out.one(
                &api.call(
                    "POST",
                    "tokens",
                    Some(json!({"name": name, "scopes": scopes})),
                )
                .await?,
            );
        }
        TokenCommand::Revoke { name } => out.one(
            &api.call("POST", "tokens/revoke", Some(json!({"name": name})))
                .await?,
        ),
        TokenCommand::List => out.many(
            &api.list("tokens").await?,
            &["name", "scopes", "created_ms", "revoked_ms"],
        ),
    }
    Ok(ExitCode::SUCCESS)
}
