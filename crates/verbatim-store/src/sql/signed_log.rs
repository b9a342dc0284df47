//! Tiles and checkpoints.

use crate::stmt::statements;

statements! {
    TILE = "SELECT hashes FROM log_tiles WHERE level = $1 AND n = $2";
    TILE_ADD = "INSERT INTO log_tiles (level, n, hashes) VALUES ($1, $2, $3)";
    CHECKPOINT_ADD = "INSERT INTO checkpoints (size, root, at, note) VALUES ($1, $2, $3, $4)";
    CHECKPOINT_LATEST = "SELECT size, root, at, note FROM checkpoints ORDER BY size DESC LIMIT 1";
    CHECKPOINTS = "SELECT size, root, at, note FROM checkpoints WHERE size > $1 \
        ORDER BY size LIMIT $2";
    /// The roots before a size, some at a time: a log that was not signed for long has many.
    ROOTS_PRUNE = "DELETE FROM log_roots WHERE size IN \
        (SELECT size FROM log_roots WHERE size < $1 ORDER BY size LIMIT 10000)";
    /// The oldest of the newest 300 checkpoints, and the one before it.
    CHECKPOINTS_OLD = "SELECT size, at FROM checkpoints ORDER BY size DESC LIMIT 2 OFFSET 299";
    /// Not one that was timestamped, nor the last that a witness has cosigned.
    CHECKPOINT_PRUNE = "DELETE FROM checkpoints WHERE size = $1 \
        AND NOT EXISTS (SELECT 1 FROM timestamps t WHERE t.size = $1) \
        AND NOT EXISTS (SELECT 1 FROM cosignatures c WHERE c.size = $1 AND NOT EXISTS \
          (SELECT 1 FROM cosignatures l WHERE l.witness = c.witness AND l.size > $1))";
    COSIGNATURES_PRUNE = "DELETE FROM cosignatures WHERE size = $1";
    ROOT_OF = "SELECT root FROM log_roots WHERE size = $1";
    LEAVES = "SELECT leaf, leaf_hash FROM records WHERE global_seq >= $1 \
        ORDER BY global_seq LIMIT $2";
}
