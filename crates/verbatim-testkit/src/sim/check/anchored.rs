//! Those who keep us honest saw one history, and the examiner gets what can be checked.

use verbatim_engine::FORKED;
use verbatim_engine::ports::Witness;
use verbatim_record::bundle::{Given, Of, Selection, TIMESTAMPS, check};
use verbatim_record::merkle::root_of;
use verbatim_record::report::{Finding, State};

use super::keeping::certificates;
use crate::fakes::FakeAuthority;
use crate::sim::Broken;
use crate::sim::exporter::Exporter;
use crate::sim::office::person;
use crate::sim::world::World;

/// More than an export has.
const STEPS: u8 = 100;

impl World {
    /// Ends every export, and makes one of everything.
    pub(super) async fn end_exports(&self) -> Result<(), Broken> {
        let edge = self.edge().await?;
        let selection = Selection {
            of: Of::All,
            from_ms: None,
            to_ms: None,
        };
        let begun = edge
            .engine
            .begin_export(&person(0), "the end", &selection)
            .await;
        let head = begun.map_err(|error| Broken::by("bundle", error))?;
        let last = Exporter::new(head, &edge.engine);
        self.state().office.exports.push(last);
        self.sign().await?;
        self.look().await?;
        let (policy, ca) = (self.state().log_keys(), FakeAuthority::ca_pem());
        let count = self.state().office.exports.len();
        for which in 0..count {
            let went = self.export_goes_on(which, STEPS).await?;
            self.look().await?;
            let (folder, expired) = {
                let state = self.state();
                let export = &state.office.exports[which];
                let certificates = certificates(&state.witness.records, &policy);
                let mut certificates = certificates.into_iter();
                let expired = certificates.any(|(_, c)| c.covers(export.position()));
                (export.folder.clone(), expired)
            };
            match went {
                Ok(()) => {}
                // Its own record has expired, and it says so.
                Err(why) if expired && why.contains("disposed of") => continue,
                Err(why) => {
                    self.fail("bundle", format!("export {which}: {why}"));
                    continue;
                }
            }
            let given = Given {
                policy: Some(&policy),
                since: None,
                tsa_ca: Some(&ca),
            };
            let findings = check(&folder, given, &mut |_, _| ());
            if let Some(wrong) = findings.wrong() {
                self.fail("bundle", format!("export {which}: {wrong:?}"));
            }
            let is_stamped = folder.0.keys().any(|path| path.starts_with(TIMESTAMPS));
            let is_proved = |f: &Finding| f.check == TIMESTAMPS && f.state == State::Proved;
            if is_stamped && !findings.findings.iter().any(is_proved) {
                let what = format!("export {which}: its timestamp proves nothing");
                self.fail("bundle", what);
            }
        }
        Ok(())
    }

    /// Compares everything that was cosigned with the records.
    pub(super) async fn check_cosigned(&self) -> Result<(), Broken> {
        let leaves = self.store.leaves(0, 10_000).await;
        let leaves = leaves.map_err(Broken::new)?;
        let leaves: Vec<_> = leaves.iter().map(|leaf| leaf.hash).collect();
        let keys = self.state().log_keys();
        for (seen, note) in self.cosigner.cosigned() {
            if let Err(error) = keys.open(&note) {
                self.fail("witness", format!("it cosigned {seen:?}: {error}"));
            }
            let root = usize::try_from(seen.size)
                .ok()
                .and_then(|size| leaves.get(..size))
                .map(root_of);
            if root != Some(seen.root) {
                self.fail("witness", format!("it cosigned what never was: {seen:?}"));
            }
        }
        let last = self.store.latest_checkpoint().await.map_err(Broken::new)?;
        let key = self.cosigner.key().to_string();
        let kept = self.store.latest_cosignature(&key).await;
        let kept = kept.map_err(Broken::new)?.map(|kept| kept.size);
        if kept != last.map(|last| last.size) {
            self.fail("witness", format!("{kept:?} is the last that is cosigned"));
        }
        let stopped = self.store.cursor(FORKED).await.map_err(Broken::new)?;
        if stopped.is_some_and(|why| !why.is_empty()) {
            self.fail("witness", "signing was stopped by a lie");
        }
        Ok(())
    }
}
