//! The token in front of the key file.

use anyhow::Result;

use super::Verdict;
use crate::key_file::KeyFile;

/// `opened`: whether the key file could be read, with whatever it needs.
pub(super) async fn token(file: Option<&KeyFile>, opened: bool) -> Result<Verdict> {
    let Some(file) = file.cloned() else {
        let mend = "mend the key file (see above)".to_owned();
        return Ok(Verdict::Fail("its PIN cannot be read".into(), mend));
    };
    // A token blocks.
    Ok(tokio::task::spawn_blocking(move || look(&file, opened)).await?)
}

fn look(file: &KeyFile, opened: bool) -> Verdict {
    let Some(key_token) = file.token() else {
        return Verdict::Ok("none configured".into());
    };
    let label = match key_token.token() {
        Ok(token) => token.label().to_owned(),
        // Its words name the mend.
        Err(error) => return Verdict::Fail(said(&error), "see there".into()),
    };
    match file.is_clear() {
        Ok(false) if opened => Verdict::Ok(format!("`{label}` opens the key file")),
        Ok(true) => Verdict::Warn(
            format!("`{label}` is there, but the key file is still in clear"),
            "`verbatim key hsm-init` wraps it".into(),
        ),
        _ => Verdict::Fail(
            format!("`{label}` is there, but the key file does not open"),
            "see the key file".into(),
        ),
    }
}

/// An error with what lies behind it.
fn said(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
