//! Numbers: the virtual phone numbers of the firm.

pub(crate) mod add;
pub(crate) mod assign;
pub(crate) mod list;
pub(crate) mod release;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::views::NumberView;

use crate::api::caller::Caller;

/// A virtual number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Number {
    /// Our id.
    id: String,
    /// E.164; masked for tokens without scope `record` or `provision`.
    #[schema(example = "+14155550100")]
    number: String,
    /// Carrier account in the configuration.
    #[schema(example = "twilio-main")]
    account: String,
    /// The address to enter at the carrier, where it asks where to send texts to this number; none if
    /// the configuration does not have the account.
    #[schema(example = "https://sms.firm.example/hooks/twilio-main/sms")]
    webhook: Option<String>,
    /// Account of the employee who holds it.
    holder: Option<String>,
    /// When it was added, Unix milliseconds.
    created_ms: i64,
}

impl Number {
    fn shown(view: NumberView, caller: &Caller) -> Self {
        let NumberView {
            id,
            number,
            account,
            webhook,
            holder,
            created_ms,
        } = view;
        Self {
            id,
            number: caller.number(&number),
            account,
            webhook,
            holder,
            created_ms,
        }
    }
}

/// One of the firm's numbers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichNumber {
    /// As people write it, with country code.
    #[schema(example = "+14155550100")]
    number: String,
}
