//! A conversation between a phone and an employee, and what a test asks of it.

use anyhow::{Context, Result, ensure};
use carrier_sim::{Entry, Event};
use e2e::harness::{Employee, Line, PATIENCE, SERVER_NAME, Said, Stack, until};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const STATUS: &str = "com.beeper.message_send_status";

/// The bot's account.
pub(crate) fn bot() -> String {
    format!("@smsbot:{SERVER_NAME}")
}

/// A phone and a number of the firm, with the room where they meet.
pub(crate) struct Talk<'a> {
    pub(crate) stack: &'a Stack,
    pub(crate) line: &'a Line,
    pub(crate) phone: String,
    pub(crate) room: String,
    pub(crate) conversation: String,
    /// The stand-in's account.
    pub(crate) stand_in: String,
}

impl<'a> Talk<'a> {
    /// The phone texts first; the employee reads it.
    pub(crate) async fn begin(stack: &'a Stack, line: usize, phone: &str) -> Result<Self> {
        Self::begin_again(stack, line, phone, &format!("hello from {phone}")).await
    }

    /// The same with other words, for a conversation that there is.
    pub(crate) async fn begin_again(
        stack: &'a Stack,
        line: usize,
        phone: &str,
        body: &str,
    ) -> Result<Self> {
        let line = &stack.lines[line];
        stack.carrier().text(phone, &line.number, body)?;
        let said = line.employee.wait_for_text(body).await?;
        let conversation = stack.conversation(phone, &line.number).await?;
        Ok(Self {
            stack,
            line,
            phone: phone.to_owned(),
            room: said.room,
            conversation: word(&conversation["id"]),
            stand_in: said.sender,
        })
    }

    pub(crate) fn employee(&self) -> &'a Employee {
        &self.line.employee
    }

    /// The employee writes; the event.
    pub(crate) async fn say(&self, body: &str) -> Result<String> {
        Ok(self.employee().say(&self.room, body).await?.to_string())
    }

    /// The employee's client sends something that is no plain text; encrypted where clients encrypt it.
    pub(crate) async fn send(&self, kind: &str, content: Value) -> Result<String> {
        let room = self.employee().joined(&self.room).await?;
        Ok(room
            .send_raw(kind, content)
            .await?
            .response
            .event_id
            .to_string())
    }

    /// The employee's client sends something as it is, without encryption; the event.
    pub(crate) async fn put(&self, kind: &str, content: &Value) -> Result<String> {
        let path = format!(
            "rooms/{}/send/{kind}/{:x}",
            self.room,
            rand::random::<u64>()
        );
        let answer = api(self.stack, self.employee(), Method::PUT, &path, content).await?;
        Ok(word(&answer["event_id"]))
    }

    /// What the phone shows from this number, oldest first.
    pub(crate) fn phone_shows(&self) -> Vec<String> {
        self.texts(|event| match event {
            Event::Delivered(text) => Some(text),
            _ => None,
        })
    }

    /// What the carrier accepted for this phone, oldest first.
    pub(crate) fn carrier_took(&self) -> Vec<String> {
        self.texts(|event| match event {
            Event::Accepted { text, .. } => Some(text),
            _ => None,
        })
    }

    fn texts(&self, wanted: impl Fn(&Event) -> Option<&carrier_sim::Text>) -> Vec<String> {
        let ledger: Vec<Entry> = self.stack.carrier().ledger(0);
        let texts = ledger.iter().filter_map(|entry| wanted(&entry.event));
        let ours = texts.filter(|text| text.to == self.phone && text.from == self.line.number);
        ours.map(|text| text.body.clone()).collect()
    }

    /// Waits until the phone shows a text.
    pub(crate) async fn wait_for_phone(&self, body: &str) -> Result<()> {
        until(&format!("{body} on the phone"), PATIENCE, async || {
            Ok(self.phone_shows().iter().any(|b| b == body).then_some(()))
        })
        .await
    }

    /// Says something that must arrive, and waits until the room shows that it did. Everything that was
    /// to be said in the room before it has been said then: a room's things are said in order.
    pub(crate) async fn fence(&self, body: &str) -> Result<()> {
        let event = self.say(body).await?;
        self.wait_for_phone(body).await?;
        self.wait_for_status(&event, "SUCCESS").await
    }

    pub(crate) async fn wait_for_status(&self, event: &str, status: &str) -> Result<()> {
        let wanted = |said: &Said| {
            said.kind == STATUS && about(said) == event && said.content["status"] == status
        };
        let what = format!("{status} for {event}");
        self.employee().wait_for(&what, wanted).await.map(|_| ())
    }

    /// The status events about an event.
    pub(crate) fn statuses(&self, event: &str) -> Vec<String> {
        let said = self.employee().said();
        let hits = said
            .iter()
            .filter(|said| said.kind == STATUS && about(said) == event);
        hits.map(|said| word(&said.content["status"])).collect()
    }

    /// The bot's notices that answer an event, edits of them left out.
    pub(crate) fn notices(&self, event: &str) -> Vec<Said> {
        let said = self.employee().said();
        let answers = said.into_iter().filter(|said| {
            said.sender == bot()
                && said.msgtype == "m.notice"
                && said.content["m.relates_to"]["m.in_reply_to"]["event_id"] == event
        });
        answers.collect()
    }

    /// Waits for the bot's answer to an event.
    pub(crate) async fn wait_for_notice(&self, event: &str) -> Result<Said> {
        let what = format!("a notice about {event}");
        let wanted = |said: &Said| {
            said.sender == bot()
                && said.content["m.relates_to"]["m.in_reply_to"]["event_id"] == event
        };
        self.employee().wait_for(&what, wanted).await
    }

    /// The words of the edits of a notice.
    pub(crate) fn edits(&self, notice: &Said) -> Vec<String> {
        let said = self.employee().said();
        let edits = said.iter().filter(|said| {
            said.content["m.relates_to"]["rel_type"] == "m.replace" && about(said) == notice.event
        });
        edits
            .map(|said| word(&said.content["m.new_content"]["body"]))
            .collect()
    }

    /// The records of a room event.
    pub(crate) async fn records(&self, event: &str) -> Result<Vec<Value>> {
        let timeline = self.stack.timeline(&self.conversation).await?;
        let ours = |record: &Value| record["refs"]["event_id"] == event;
        Ok(timeline.into_iter().filter(ours).collect())
    }

    /// Where a message stands, by its room event.
    pub(crate) async fn message(&self, event: &str) -> Result<Value> {
        let path = format!("conversations/{}/messages?limit=1000", self.conversation);
        let page = self.stack.api(&path).await?;
        let all = page["items"].as_array().context("no items")?;
        let ours = all.iter().find(|message| message["event"] == event);
        ours.cloned()
            .with_context(|| format!("no message of {event}: {all:?}"))
    }
}

/// The event that something is about.
fn about(said: &Said) -> &str {
    said.content["m.relates_to"]["event_id"]
        .as_str()
        .unwrap_or_default()
}

pub(crate) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Asks the homeserver with the employee's token, past the client.
pub(crate) async fn api(
    stack: &Stack,
    employee: &Employee,
    method: Method,
    path: &str,
    content: &Value,
) -> Result<Value> {
    let token = employee.client().access_token().context("logged out")?;
    let url = format!(
        "{}/_matrix/client/v3/{}",
        stack.synapse.url(),
        path.replace('!', "%21").replace('#', "%23")
    );
    let http = reqwest::Client::builder().no_proxy().build()?;
    let asked = http.request(method.clone(), &url).bearer_auth(token);
    let asked = match method {
        Method::GET => asked,
        _ => asked
            .header("content-type", "application/json")
            .body(content.to_string()),
    };
    let answer = asked.send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(serde_json::from_str(&text)?)
}

/// The whole state of a room.
pub(crate) async fn state(stack: &Stack, employee: &Employee, room: &str) -> Result<Vec<Value>> {
    let path = format!("rooms/{room}/state");
    let state = api(stack, employee, Method::GET, &path, &json!({})).await?;
    Ok(state.as_array().cloned().unwrap_or_default())
}

/// Waits for an alarm whose key begins so.
pub(crate) async fn wait_for_alarm(stack: &Stack, key: &str) -> Result<Value> {
    until(&format!("an alarm {key}"), PATIENCE, async || {
        let alarms = stack.alarms().await?;
        Ok(alarms
            .into_iter()
            .find(|a| word(&a["key"]).starts_with(key)))
    })
    .await
}
