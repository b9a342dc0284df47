//! The check's last line.

use std::time::Duration;

use serde_json::json;

use crate::demo::stack::ReadBack;

/// What a check that held has to tell.
#[derive(Debug)]
pub(crate) struct Report {
    /// From the phone's send to the employee's decrypted text.
    pub(crate) inbound: Duration,
    /// From the employee's reply to the phone.
    pub(crate) outbound: Duration,
    /// What the record said.
    pub(crate) read: ReadBack,
}

impl Report {
    /// One line for machines.
    pub(crate) fn json(&self) -> String {
        // Built by hand so that the fields keep the order that is documented.
        format!(
            r#"{{"ok":true,"inbound_ms":{},"outbound_ms":{},"records":{},"log_size":{},"root":{}}}"#,
            self.inbound.as_millis(),
            self.outbound.as_millis(),
            self.read.records,
            self.read.log_size,
            json!(self.read.root),
        )
    }
}

/// The last line of a check that did not hold.
pub(crate) fn failure_json(error: &anyhow::Error) -> String {
    json!({ "ok": false, "error": format!("{error:#}") }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_documented_one() {
        let report = Report {
            inbound: Duration::from_millis(412),
            outbound: Duration::from_millis(95),
            read: ReadBack {
                records: 2,
                log_size: 9,
                root: "ab".to_owned(),
            },
        };
        assert_eq!(
            report.json(),
            r#"{"ok":true,"inbound_ms":412,"outbound_ms":95,"records":2,"log_size":9,"root":"ab"}"#
        );
        let error = anyhow::anyhow!("not within 60 s").context("step failed");
        assert_eq!(
            failure_json(&error),
            r#"{"error":"step failed: not within 60 s","ok":false}"#
        );
    }
}
