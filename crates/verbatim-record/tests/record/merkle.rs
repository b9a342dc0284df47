//! The tree, against the definition of RFC 6962 and against a vector made by other implementations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use verbatim_record::merkle::{leaf_hash, root_of};
use verbatim_record::{FormatError, Frontier, Hash};

fn frontier_of(hashes: &[Hash]) -> Frontier {
    let mut frontier = Frontier::new();
    hashes.iter().for_each(|hash| frontier.push(hash));
    frontier
}

/// Made with tlog_tiles and signed_note; checked with Go's sumdb/tlog and an independent Python program.
#[test]
fn worked_vector() {
    let leaves: Vec<Hash> = (0..200_000_u64)
        .map(|i| {
            let (first, last) = (i.to_be_bytes(), i.to_le_bytes());
            leaf_hash(&[first, [7; 8], [9; 8], last].concat())
        })
        .collect();
    assert_eq!(
        STANDARD.encode(leaves[66_666]),
        "oM8B3yUXHSkeSL3xUA/7hP/j+nnW49A/JxdCJiy9HpI="
    );
    let frontier = frontier_of(&leaves);
    assert_eq!(frontier.size(), 200_000);
    let root = "70uJ1Dmi+EjOTAZBOyOJitYxitLDblCQuf99hdm1PGA=";
    assert_eq!(STANDARD.encode(frontier.root()), root);
    assert_eq!(STANDARD.encode(root_of(&leaves)), root);
}

/// The reference values that Certificate Transparency implementations test against.
#[test]
fn known_roots() {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(
            hex::encode(frontier_of(&hashes[..size]).root()),
            *root,
            "size {size}"
        );
    }
}

#[test]
fn frontier_refuses_what_it_did_not_write() {
    let good = frontier_of(&[[1; 32]; 5]).encode();
    assert_eq!(good.len(), 9 + 2 * 32);
    let size = |size: u64| [&[1], &size.to_be_bytes()[..], &good[9..]].concat();
    let length = |bytes: &[u8]| FormatError::Length {
        what: "the log frontier",
        found: bytes.len(),
    };
    for cut in (0..good.len()).filter(|cut| *cut != 0) {
        assert_eq!(
            Frontier::decode(&good[..cut]).unwrap_err(),
            length(&good[..cut]),
            "{cut}"
        );
    }
    assert_eq!(Frontier::decode(&[]).unwrap_err(), length(&[]));
    let long = [&good[..], &[0]].concat();
    assert_eq!(Frontier::decode(&long).unwrap_err(), length(&long));
    assert_eq!(Frontier::decode(&size(7)).unwrap_err(), length(&good));
    let too_big = FormatError::Value {
        what: "the log frontier",
        part: "the size",
    };
    assert_eq!(Frontier::decode(&size(1 << 63)).unwrap_err(), too_big);
}

proptest! {
    #[test]
    fn frontier_is_the_recursive_root(hashes in prop::collection::vec(any::<Hash>(), 0..200)) {
        prop_assert_eq!(frontier_of(&hashes).root(), root_of(&hashes));
    }

    #[test]
    fn frontier_continues_after_decoding(
        hashes in prop::collection::vec(any::<Hash>(), 0..100), cut in any::<prop::sample::Index>(),
    ) {
        let (before, after) = hashes.split_at(cut.index(hashes.len() + 1));
        let mut frontier = Frontier::decode(&frontier_of(before).encode()).unwrap();
        after.iter().for_each(|hash| frontier.push(hash));
        prop_assert_eq!(frontier, frontier_of(&hashes));
    }
}
