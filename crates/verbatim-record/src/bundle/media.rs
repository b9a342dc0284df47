//! The slots of a text's media: what came with it, and where its bytes stand in the bundle.

use serde::{Deserialize, Serialize};

use crate::body::Body;

/// One medium of a text, as the carrier named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Medium {
    /// Media type.
    pub r#type: String,
    /// Where the carrier had it.
    pub address: String,
    /// Path of its bytes in the bundle; null where they were not kept, which is always so in version 1.
    pub file: Option<String>,
}

/// The media of a text, in their order: details `media0.type` and `media0.url`, and so on without gaps.
pub(super) fn media(body: &Body) -> Vec<Medium> {
    (0..)
        .map_while(|at: u32| {
            let detail = |what| body.details.get(&format!("media{at}.{what}")).cloned();
            let address = detail("url")?;
            let r#type = detail("type").unwrap_or_default();
            Some(Medium {
                r#type,
                address,
                file: None,
            })
        })
        .collect()
}
