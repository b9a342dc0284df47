//! Whoever takes records away, as `verbatim export` does: what is on their disk outlives an interruption,
//! what they had in hand does not.

use verbatim_domain::ConversationId;
use verbatim_engine::Engine;
use verbatim_engine::admin::Actor;
use verbatim_record::bundle::{
    Head, MemoryFolder, Of, Progress, TIMESTAMPS, Writer, timestamp_paths,
};
use verbatim_record::statement::consistency_tiles;
use verbatim_record::{Checkpoint, Note};

use super::sabotage::Sabotage;

/// An export that is under way or done.
#[derive(Debug, Clone)]
pub(crate) struct Exporter {
    progress: Progress,
    /// What is on the disk.
    pub(crate) folder: MemoryFolder,
    /// Whether the manifest is in its place.
    pub(crate) done: bool,
}

impl Exporter {
    pub(crate) fn new(head: Head, engine: &Engine) -> Self {
        Self {
            progress: Writer::new(head, engine.log_origin()).progress().clone(),
            folder: MemoryFolder::default(),
            done: false,
        }
    }

    /// Where the log says that it was begun.
    pub(crate) fn position(&self) -> u64 {
        self.progress.export.position
    }

    /// Whether it hands out a record.
    pub(crate) fn covers(&self, of: Option<ConversationId>, position: u64) -> bool {
        let is_of = match &self.progress.export.selection.of {
            Of::All => true,
            Of::Conversation(id) => of == Some(*id),
            _ => false,
        };
        is_of && position < self.position()
    }

    /// Who began it, and nobody else goes on with it.
    fn by(&self) -> Actor {
        Actor(self.progress.export.by.clone())
    }

    /// Goes on by so many steps from what is on the disk.
    pub(crate) async fn go_on(
        &mut self,
        engine: &Engine,
        steps: u8,
        sabotage: Sabotage,
    ) -> Result<(), String> {
        if self.done {
            return Ok(());
        }
        let mut left = steps;
        let mut writer = Writer::resume(self.progress.clone());
        let export = self.progress.export.position;
        while !writer.progress().ended {
            if !step(&mut left) {
                return Ok(());
            }
            let page = engine
                .export_page(&self.by(), export, writer.progress().next)
                .await;
            for record in page.map_err(|e| e.to_string())?.records {
                if sabotage == Sabotage::LeavesOutOfBundles && record.entry.leaf.global_seq == 0 {
                    continue;
                }
                let Some(part) = writer.push(record.entry, record.key.as_deref()) else {
                    continue;
                };
                self.folder.0.extend(part.files);
                self.progress = writer.progress().clone();
            }
        }
        if step(&mut left) {
            self.finish(engine, writer, left).await?;
        }
        Ok(())
    }

    /// What proves the records, and last the manifest.
    async fn finish(
        &mut self,
        engine: &Engine,
        mut writer: Writer,
        mut left: u8,
    ) -> Result<(), String> {
        let export = self.progress.export.position;
        let mut certificates = Vec::new();
        for at in &writer.progress().certificates {
            let entry = engine.export_certificate(&self.by(), export, *at).await;
            certificates.push(entry.map_err(|e| e.to_string())?);
        }
        if let Some((path, content)) = writer.certify(&certificates) {
            self.folder.0.insert(path.to_owned(), content);
        }
        let over = engine.checkpoint_over(writer.least_size() - 1).await;
        let Some(over) = over.map_err(|e| e.to_string())? else {
            return Err("the log is not signed up to this export".to_owned());
        };
        let note = Note::parse(&over.note).map_err(|e| e.to_string())?;
        let checkpoint = Checkpoint::parse(&note.text).map_err(|e| e.to_string())?;
        let is_of_log = |path: &str| path.starts_with("log/") || path.starts_with(TIMESTAMPS);
        self.folder.0.retain(|path, _| !is_of_log(path));
        let mut tiles = writer.tiles(checkpoint.size);
        let stamped = engine.stamped_up_to(checkpoint.size).await;
        if let Some(stamped) = stamped.map_err(|e| e.to_string())? {
            tiles.extend(consistency_tiles(stamped.size, checkpoint.size));
            let [note, response] = timestamp_paths(stamped.size);
            for (path, content) in [
                (note, stamped.note.into_bytes()),
                (response, stamped.response),
            ] {
                writer.note(&path, &content);
                self.folder.0.insert(path, content);
            }
        }
        for id in tiles {
            let tile = engine.tile(id).await.map_err(|e| e.to_string())?;
            let tile = tile.ok_or_else(|| format!("the log does not give {id}"))?;
            let path = format!("log/{id}");
            writer.note(&path, &tile);
            self.folder.0.insert(path, tile);
        }
        if !step(&mut left) {
            return Ok(());
        }
        // Asked for behind the checkpoint: if the log's key was changed meanwhile, it has both.
        let policy = engine.log_policy().await.map_err(|e| e.to_string())?;
        let last = writer.finish(&checkpoint, &over.note, &policy);
        self.folder.0.extend(last.files);
        self.done = true;
        Ok(())
    }
}

/// Takes a step if one is left.
fn step(left: &mut u8) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}
