//! `POST /client/v1/check`: what the firm's rules say of a text that is being written. Nothing is recorded
//! and nothing is promised: it is decided again when the text is sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use verbatim_domain::sms::Encoding;
use verbatim_engine::Engine;
use verbatim_engine::desk::Draft;

use super::input;
use super::seat::Seat;
use crate::api::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// As typed so far; may be empty.
    text: String,
    /// The conversation that it is written in.
    #[serde(default)]
    conversation: Option<String>,
    /// Else the number that it is to go to, as typed so far.
    #[serde(default)]
    to: Option<String>,
    /// Which of the employee's numbers, where there are several.
    #[serde(default)]
    from: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Verdict {
    /// `GSM-7` or `UCS-2`, of what would be transmitted.
    encoding: &'static str,
    segments: u32,
    /// Units for which the last segment still has room.
    left: u32,
    /// In words; none if it could be sent now.
    problems: Vec<String>,
}

pub(super) async fn check(
    State(engine): State<Arc<Engine>>,
    Seat(desk): Seat,
    input::Json(question): input::Json<Question>,
) -> Result<Json<Verdict>, Problem> {
    let conversation = question.conversation.as_deref();
    let draft = Draft {
        text: &question.text,
        conversation: conversation.map(input::conversation).transpose()?,
        to: question.to.as_deref(),
        from: question.from.as_deref(),
    };
    let view = engine.desk_check(&desk, draft).await?;
    Ok(Json(Verdict {
        encoding: match view.cost.encoding {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        },
        segments: view.cost.segments,
        left: view.cost.left,
        problems: view.problems,
    }))
}
