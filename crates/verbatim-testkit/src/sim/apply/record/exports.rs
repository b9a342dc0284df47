//! Somebody takes records away.

use verbatim_record::bundle::{Of, Selection};

use crate::sim::Broken;
use crate::sim::exporter::Exporter;
use crate::sim::office::person;
use crate::sim::world::World;

impl World {
    pub(super) async fn export(&self, who: u8, of: Option<u8>) -> Result<(), Broken> {
        let of = match of {
            None => Of::All,
            Some(which) => match self.a_conversation(which).await? {
                None => return Ok(()),
                Some(id) => Of::Conversation(id),
            },
        };
        let selection = Selection {
            of,
            from_ms: None,
            to_ms: None,
        };
        let wanted = (person(who).0, selection.of.clone());
        self.state().office.wanted.push(wanted);
        let edge = self.edge().await?;
        let head = edge
            .engine
            .begin_export(&person(who), "an exam", &selection)
            .await;
        if let Ok(head) = head {
            let exporter = Exporter::new(head, &*self.reader().await?);
            self.state().office.exports.push(exporter);
        }
        Ok(())
    }

    pub(super) async fn exports_go_on(&self, steps: u8) -> Result<(), Broken> {
        let count = self.state().office.exports.len();
        for which in 0..count {
            // Where it fails, it goes on another time.
            let _ = self.export_goes_on(which, steps).await?;
        }
        Ok(())
    }

    /// Lets one export go on; what hinders it.
    pub(crate) async fn export_goes_on(
        &self,
        which: usize,
        steps: u8,
    ) -> Result<Result<(), String>, Broken> {
        let edge = self.edge().await?;
        let mut exporter = self.state().office.exports[which].clone();
        let went = exporter.go_on(&edge.engine, steps, self.sabotage).await;
        self.state().office.exports[which] = exporter;
        Ok(went)
    }
}
