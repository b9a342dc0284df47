//! Tiles and checkpoints.

use crate::stmt::statements;

statements! {
    TILE = "SELECT hashes FROM log_tiles WHERE level = $1 AND n = $2";
    TILE_ADD = "INSERT INTO log_tiles (level, n, hashes) VALUES ($1, $2, $3)";
    CHECKPOINT_ADD = "INSERT INTO checkpoints (size, root, at, note) VALUES ($1, $2, $3, $4)";
    CHECKPOINT_LATEST = "SELECT size, root, at, note FROM checkpoints ORDER BY size DESC LIMIT 1";
    CHECKPOINTS = "SELECT size, root, at, note FROM checkpoints WHERE size > $1 \
        ORDER BY size LIMIT $2";
    ROOT_OF = "SELECT root FROM log_roots WHERE size = $1";
    LEAF_HASHES = "SELECT leaf_hash FROM records WHERE global_seq >= $1 \
        ORDER BY global_seq LIMIT $2";
    LEAVES = "SELECT leaf FROM records WHERE global_seq >= $1 ORDER BY global_seq LIMIT $2";
}
