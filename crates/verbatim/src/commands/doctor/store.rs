//! The store, looked at without opening it: a check must neither make one nor bind it to a key.

use rustix::fs::Access;
use verbatim_record::{Hash, Kek};
use verbatim_store::Look;

use super::Verdict;
use super::machine::folder_of_store;
use crate::config::Config;
use crate::key_file::KeyFile;

pub(super) async fn store(
    config: &Config,
    file: Option<&KeyFile>,
    key: Option<&Kek>,
    running: bool,
) -> Verdict {
    let fail = |found: String, mend: &str| Verdict::Fail(found, mend.to_owned());
    if let Some(dir) = folder_of_store(config)
        && !running
        && rustix::fs::access(&dir, Access::WRITE_OK).is_err()
    {
        return fail(
            format!("no files can be made in {}", dir.display()),
            "run `verbatim doctor` as the service's user, or give it that folder",
        );
    }
    let key_check = match verbatim_store::look(&config.store_url()).await {
        Err(error) => return fail(error.to_string(), "correct [store] url, or what is named"),
        Ok(Look::Nothing) => return Verdict::Ok("not there yet: the first start makes it".into()),
        Ok(Look::Older { found, known }) => {
            return Verdict::Ok(format!(
                "has schema {found}: the next start brings it to {known}"
            ));
        }
        Ok(Look::Current { key_check }) => key_check,
    };
    match (key_check, key) {
        (Some(bound), Some(key)) if bound != key.check() && lies_ready(file, &bound) => {
            Verdict::Warn(
                "is under the key that lies beside the key file: a rotation was cut off".into(),
                "nothing to do: the next start, or `verbatim key rotate`, brings it to its place"
                    .into(),
            )
        }
        (Some(bound), Some(key)) if bound != key.check() => fail(
            format!("was written with another key file than {}", key.id()),
            "restore the key file that belongs to this store, or correct [store] url",
        ),
        (Some(_), Some(_)) if running => {
            Verdict::Ok("of this key file, schema current, in use by the service".into())
        }
        (Some(_), Some(_)) => Verdict::Ok("of this key file, schema current".into()),
        (Some(_), None) => Verdict::Warn(
            "schema current; not compared with the key file".into(),
            "mend the key file (see above)".into(),
        ),
        (None, _) => Verdict::Ok("empty: the first start binds it to the key file".into()),
    }
}

/// With a token this blocks for a moment; nothing else is under way.
fn lies_ready(file: Option<&KeyFile>, bound: &Hash) -> bool {
    let next = file.and_then(|file| file.read_next().ok().flatten());
    next.is_some_and(|next| next.check() == *bound)
}
