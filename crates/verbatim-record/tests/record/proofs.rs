//! Proofs and tiles, against the definition and against a vector made by other implementations.

use proptest::prelude::*;
use verbatim_record::merkle::{leaf_hash, root_of};
use verbatim_record::policy::Policy;
use verbatim_record::proof::{
    Nodes, ProofError, check_consistency, check_inclusion, consistency, frontier, inclusion, root,
};
use verbatim_record::tile::{
    TileBuilder, TileCache, TileId, bundle_entries, entries_path, parse_entries_path, read_entries,
    read_tile, tile_root,
};
use verbatim_record::tlog_proof::{TlogProof, TlogProofError};
use verbatim_record::{Frontier, Hash};

/// The worked vector: a proof made with Rust's tlog_tiles and signed_note, checked with Go's sumdb/tlog.
const VECTOR: &str = include_str!("../../testdata/worked.tlog-proof");
const VECTOR_KEY: &str =
    "archive.firm.example/log+12bbd4ee+Acc7/hYb8ICI7RhurKUG7gvlP27xMIWYK8yVRXcQeVm3";

fn vector_leaf(i: u64) -> Vec<u8> {
    [i.to_be_bytes(), [7; 8], [9; 8], i.to_le_bytes()].concat()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// Every tile of a tree, as they would lie in a folder.
fn tiles(leaves: &[Hash]) -> Vec<(TileId, Vec<Hash>)> {
    let size = leaves.len() as u64;
    let mut all = Vec::new();
    let mut level_hashes = leaves.to_vec();
    for level in 0..8 {
        let mut above = Vec::new();
        for (index, hashes) in (0..).zip(level_hashes.chunks(256)) {
            let id = TileId::at(level, index, size).unwrap();
            assert_eq!(usize::from(id.width), hashes.len());
            above.extend(tile_root(hashes));
            all.push((id, hashes.to_vec()));
        }
        level_hashes = above;
    }
    all
}

fn cache(leaves: &[Hash]) -> TileCache {
    let mut cache = TileCache::new(leaves.len() as u64);
    for (id, hashes) in tiles(leaves) {
        cache.put(id.level, id.index, hashes);
    }
    cache
}

#[test]
fn the_worked_proof_holds_and_is_made_alike() {
    let policy = Policy::of_log(VECTOR_KEY.parse().unwrap());
    let proof: TlogProof = VECTOR.parse().unwrap();
    assert_eq!(proof.to_string(), VECTOR);
    let checkpoint = proof.check(&vector_leaf(66_666), &policy).unwrap();
    assert_eq!(checkpoint.size, 200_000);
    let wrong = proof.check(&vector_leaf(66_667), &policy);
    assert_eq!(wrong, Err(TlogProofError::Proof(ProofError::Root)));

    let hashes: Vec<_> = (0..200_000).map(|i| leaf_hash(&vector_leaf(i))).collect();
    let cache = cache(&hashes);
    assert_eq!(inclusion(66_666, 200_000, &cache).unwrap(), proof.hashes);
    assert_eq!(root(200_000, &cache).unwrap(), checkpoint.root);
}

#[test]
fn any_altered_byte_of_a_proof_file_is_noticed() {
    let policy = Policy::of_log(VECTOR_KEY.parse().unwrap());
    for at in 0..VECTOR.len() {
        let mut bytes = VECTOR.as_bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let believed = text
            .parse::<TlogProof>()
            .is_ok_and(|proof| proof.check(&vector_leaf(66_666), &policy).is_ok());
        assert!(!believed, "byte {at}");
    }
}

/// All sizes up to 130, all pairs: made from leaves, checked, and refused for everything nearby.
#[test]
fn every_small_proof_holds_and_nothing_near_it_does() {
    let leaves = leaves(130);
    for new in 1..=130_u64 {
        let new_root = root_of(&leaves[..new as usize]);
        for index in 0..new {
            let leaf = &leaves[index as usize];
            let proof = inclusion(index, new, leaves.as_slice()).unwrap();
            assert_eq!(check_inclusion(leaf, index, new, &proof, &new_root), Ok(()));
            let other = (index + 1) % new;
            if other != index {
                assert!(check_inclusion(leaf, other, new, &proof, &new_root).is_err());
            }
            if let Some((_, short)) = proof.split_last() {
                assert!(check_inclusion(leaf, index, new, short, &new_root).is_err());
            }
            let long = [proof.as_slice(), &[*leaf]].concat();
            assert!(check_inclusion(leaf, index, new, &long, &new_root).is_err());
        }
        for old in 0..=new {
            let old_root = root_of(&leaves[..old as usize]);
            let proof = consistency(old, new, leaves.as_slice()).unwrap();
            let check = |proof: &[Hash]| check_consistency(old, &old_root, new, &new_root, proof);
            assert_eq!(check(&proof), Ok(()), "{old} in {new}");
            if let Some((_, short)) = proof.split_last() {
                assert!(check(short).is_err(), "{old} in {new}, short");
            }
            assert!(check(&[proof.as_slice(), &[new_root]].concat()).is_err());
            if old > 0 && old < new {
                let other = check_consistency(old, &new_root, new, &new_root, &proof);
                assert!(other.is_err(), "{old} in {new}, other root");
            }
        }
    }
    let beyond = Err(ProofError::Beyond);
    assert_eq!(inclusion(3, 3, leaves.as_slice()), beyond);
    assert_eq!(consistency(4, 3, leaves.as_slice()), beyond);
    let absent = ProofError::Absent { level: 7, index: 1 };
    assert_eq!(inclusion(0, 256, leaves.as_slice()), Err(absent));
}

#[test]
fn paths() {
    for (level, index, width, path) in [
        (0, 0, 256, "tile/0/000"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (3, 1_000, 12, "tile/3/x001/000.p/12"),
        (63, 999, 1, "tile/63/999.p/1"),
    ] {
        let id = TileId {
            level,
            index,
            width,
        };
        assert_eq!(id.to_string(), path);
        assert_eq!(path.parse::<TileId>().unwrap(), id);
        let entries = entries_path(index, width);
        assert_eq!(parse_entries_path(&entries).unwrap(), (index, width));
    }
    for bad in [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/0000",
        "tile/0/../000",
        "0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(bad.parse::<TileId>().is_err(), "{bad}");
    }
}

/// The examples of the specification.
#[test]
fn which_tiles_a_size_has() {
    let of = |size: u64| -> Vec<(u8, u64, u16)> {
        TileId::new_between(0, size)
            .map(|id| (id.level, id.index, id.width))
            .collect()
    };
    assert_eq!(of(0), []);
    assert_eq!(of(256), [(0, 0, 256), (1, 0, 1)]);
    let big = of(70_000);
    assert_eq!(big.len(), 274 + 2 + 1);
    assert_eq!(big[273], (0, 273, 112));
    assert_eq!(big[274..], [(1, 0, 256), (1, 1, 17), (2, 0, 1)]);
    let more: Vec<_> = TileId::new_between(70_000, 70_001).collect();
    assert_eq!(more.len(), 1);
    assert_eq!(more[0].to_string(), "tile/0/273.p/113");
    assert!(!more[0].is_full());
}

#[test]
fn tiles_and_bundles_are_cut_off_noticed() {
    let id = TileId::at(0, 0, 2).unwrap();
    let bytes = [[1; 32], [2; 32]].concat();
    assert_eq!(read_tile(&id, &bytes).unwrap(), [[1; 32], [2; 32]]);
    for wrong in [&bytes[..32], &bytes[..63], &[]] {
        assert!(read_tile(&id, wrong).is_err());
    }
    let entries: [&[u8]; 2] = [b"one", b""];
    let bundle = bundle_entries(entries.into_iter());
    assert_eq!(read_entries(&bundle, 2).unwrap(), entries);
    for cut in 0..bundle.len() {
        assert!(read_entries(&bundle[..cut], 2).is_err(), "{cut}");
    }
    assert!(read_entries(&bundle, 1).is_err());
}

/// A proof needs few tiles, says which, and succeeds once they are there.
#[test]
fn missing_tiles_are_asked_for() {
    let leaves = leaves(70_000);
    let all: std::collections::HashMap<_, _> = tiles(&leaves).into_iter().collect();
    let mut cache = TileCache::new(70_000);
    let work = |nodes: &TileCache| inclusion(300, 70_000, nodes);
    let missing = cache.with(work).unwrap().unwrap_err();
    let asked: Vec<_> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        asked,
        [
            "tile/0/001",
            "tile/0/273.p/112",
            "tile/1/000",
            "tile/1/001.p/17"
        ]
    );
    for id in missing {
        cache.put(id.level, id.index, all[&id].clone());
    }
    let proof = cache.with(work).unwrap().unwrap();
    let root = root_of(&leaves);
    assert_eq!(
        check_inclusion(&leaves[300], 300, 70_000, &proof, &root),
        Ok(())
    );
}

/// A writer that goes on leaf by leaf, and is rebuilt now and then from what was kept of it.
#[test]
fn a_builder_makes_every_full_tile_and_can_be_resumed() {
    let leaves = leaves(66_000);
    let mut builder = TileBuilder::new();
    let mut full = Vec::new();
    for (count, leaf) in (1..).zip(&leaves) {
        builder.push(leaf, &mut full);
        if [1, 255, 256, 257, 512, 65_535, 65_536, 65_792].contains(&count) {
            let cache = cache(&leaves[..count as usize]);
            let edge_of = |level: u8| -> Vec<Hash> {
                let passed: u64 = count >> (8 * level);
                let edge = tiles(&leaves[..count as usize])
                    .into_iter()
                    .find(|(id, _)| (id.level, id.index) == (level, passed / 256) && !id.is_full());
                edge.map(|(_, hashes)| hashes).unwrap_or_default()
            };
            let edges: Vec<_> = (0..3).map(edge_of).collect();
            let known = frontier(count, &cache).unwrap();
            assert_eq!(builder.root(), known.root());
            let mut wrong = edges.clone();
            wrong.iter_mut().flatten().for_each(|hash| hash[0] ^= 1);
            let lengths: Vec<_> = TileBuilder::edges_of(count)
                .map(|e| e.end - e.start)
                .collect();
            for (edge, length) in edges.iter().zip(lengths) {
                assert_eq!(edge.len() as u64, length);
            }
            let mut long = edges.clone();
            long[0].push([0; 32]);
            assert_eq!(TileBuilder::resume(count, long), None);
            let resumed = TileBuilder::resume(count, edges).unwrap();
            assert_eq!((resumed.size(), resumed.root()), (count, known.root()));
            let other = TileBuilder::resume(count, wrong).unwrap();
            assert_ne!(other.root(), known.root());
            builder = resumed;
        }
    }
    full.sort_by_key(|(id, _)| *id);
    let right: Vec<_> = tiles(&leaves)
        .into_iter()
        .filter(|(id, _)| id.is_full())
        .collect();
    assert!(full == right, "{} tiles, {}", full.len(), right.len());
}

proptest! {
    #[test]
    fn tiles_give_the_same_proofs_as_leaves(size in 1..3_000_u64, a in 0..3_000_u64, b in 0..3_000_u64) {
        let leaves = leaves(size);
        let cache = cache(&leaves);
        let root_now = root_of(&leaves);
        prop_assert_eq!(root(size, &cache), Ok(root_now));
        let (index, old) = (a % size, b % size);
        let proof = inclusion(index, size, &cache).unwrap();
        prop_assert_eq!(check_inclusion(&leaves[index as usize], index, size, &proof, &root_now), Ok(()));
        let proof = consistency(old, size, &cache).unwrap();
        let old_root = root_of(&leaves[..old as usize]);
        prop_assert_eq!(check_consistency(old, &old_root, size, &root_now, &proof), Ok(()));
        let mut grown = Frontier::new();
        leaves[..old as usize].iter().for_each(|leaf| grown.push(leaf));
        prop_assert_eq!(frontier(old, &cache), Ok(grown));
    }

    #[test]
    fn a_flipped_bit_of_a_proof_is_noticed(size in 2..600_u64, at in 0..600_u64, bit in 0..2_000_usize) {
        let leaves = leaves(size);
        let index = at % size;
        let mut proof = inclusion(index, size, leaves.as_slice()).unwrap();
        let bit = bit % (proof.len() * 256);
        proof[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
        let checked = check_inclusion(&leaves[index as usize], index, size, &proof, &root_of(&leaves));
        prop_assert_eq!(checked, Err(ProofError::Root));
    }
}

#[test]
fn a_node_beyond_the_leaves_is_absent() {
    let leaves = leaves(5);
    assert_eq!(leaves.as_slice().node(0, 5), None);
    assert_eq!(leaves.as_slice().node(2, 1), None);
    assert_eq!(leaves.as_slice().node(2, 0).unwrap(), root_of(&leaves[..4]));
}
