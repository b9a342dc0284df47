//! `verbatim-verify bundle`.

use verbatim_record::bundle::{DirFolder, Given, check};
use verbatim_record::report::Findings;

use crate::args::BundleArgs;
use crate::progress::Progress;
use crate::read::{self, Unreadable};

pub(crate) fn run(args: &BundleArgs) -> Result<Findings, Unreadable> {
    if !args.dir.is_dir() {
        let dir = args.dir.display();
        return Err(Unreadable(format!("{dir} is not a folder")));
    }
    let policy = read::policy(&args.trust)?;
    let since = read::note(args.since.as_deref())?;
    let tsa_ca = args.tsa_ca.as_deref().map(read::text).transpose()?;
    let given = Given {
        policy: policy.as_ref(),
        since: since.as_ref(),
        tsa_ca: tsa_ca.as_deref(),
    };
    let mut progress = Progress::new();
    let folder = DirFolder::new(&args.dir);
    Ok(check(&folder, given, &mut |done, of| progress.at(done, of)))
}
