// Checks a bundle of Verbatim with tools that we did not write: signed notes and transparency logs as the Go
// project's checksum database uses them (golang.org/x/mod/sumdb), and hashes of the standard library.
//
// It knows our format from docs/formats only.
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const longestLine = 64 << 20

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: third-party BUNDLE VKEY [OLDER-CHECKPOINT]")
		os.Exit(2)
	}
	older := ""
	if len(os.Args) > 3 {
		older = os.Args[3]
	}
	count, err := check(os.Args[1], os.Args[2], older)
	if err != nil {
		fmt.Fprintln(os.Stderr, "third-party:", err)
		os.Exit(1)
	}
	fmt.Printf("%d records are in the log\n", count)
}

func check(bundle, vkey, older string) (int, error) {
	tree, err := openCheckpoint(filepath.Join(bundle, "log/checkpoint"), vkey)
	if err != nil {
		return 0, err
	}
	hashes := tlog.TileHashReader(tree, tiles(filepath.Join(bundle, "log")))
	disposed, err := readCertificates(tree, hashes, filepath.Join(bundle, "certificates.jsonl"), vkey)
	if err != nil {
		return 0, err
	}
	if older != "" {
		if err := checkOlder(tree, hashes, older, vkey); err != nil {
			return 0, err
		}
	}
	count := 0
	for part := 1; ; part++ {
		lines, err := readLines(filepath.Join(bundle, fmt.Sprintf("records-%d.jsonl", part)))
		if errors.Is(err, os.ErrNotExist) && part > 1 {
			return count, nil
		}
		if err != nil {
			return 0, err
		}
		keys, err := readKeys(filepath.Join(bundle, fmt.Sprintf("keys-%d.jsonl", part)))
		if err != nil {
			return 0, err
		}
		for _, line := range lines {
			r, err := checkRecord(tree, hashes, line)
			if err != nil {
				return 0, err
			}
			if err := checkKeyOrDisposal(r, keys, disposed); err != nil {
				return 0, err
			}
			count++
		}
	}
}

// The signature is the log's, and what is signed is a checkpoint of this log.
func openCheckpoint(path, vkey string) (tlog.Tree, error) {
	var tree tlog.Tree
	text, err := os.ReadFile(path)
	if err != nil {
		return tree, err
	}
	verifier, err := newVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("%s: not a checkpoint of %s", path, verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// Go's package knows Ed25519; ECDSA (C2SP signed-note, 0x02) is here by its standard library.
func newVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) == 0 || key[0] != 2 {
		return note.NewVerifier(vkey)
	}
	public, err := x509.ParsePKIXPublicKey(key[1:])
	if err != nil {
		return nil, err
	}
	ec, ok := public.(*ecdsa.PublicKey)
	hash := sha256.Sum256(key[1:])
	if !ok || fmt.Sprintf("%x", hash[:4]) != parts[1] {
		return nil, errors.New("not the key that its id says")
	}
	return ecdsaVerifier{parts[0], binary.BigEndian.Uint32(hash[:4]), ec}, nil
}

type ecdsaVerifier struct {
	name string
	id   uint32
	key  *ecdsa.PublicKey
}

func (v ecdsaVerifier) Name() string    { return v.name }
func (v ecdsaVerifier) KeyHash() uint32 { return v.id }

func (v ecdsaVerifier) Verify(message, signature []byte) bool {
	hash := sha256.Sum256(message)
	return ecdsa.VerifyASN1(v.key, hash[:], signature)
}

func checkOlder(tree tlog.Tree, hashes tlog.HashReader, path, vkey string) error {
	old, err := openCheckpoint(path, vkey)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

type record struct {
	Position int64  `json:"position"`
	Leaf     []byte `json:"leaf"`
	Body     []byte `json:"body"`
	Record   struct {
		Text string `json:"text"`
	} `json:"record"`
	Undisclosed *struct {
		Certificate int64 `json:"certificate"`
	} `json:"undisclosed"`
}

func (r record) fail(why any) error { return fmt.Errorf("record %d: %v", r.Position, why) }

func checkRecord(tree tlog.Tree, hashes tlog.HashReader, line []byte) (record, error) {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return r, err
	}
	fail := func(why any) (record, error) { return r, r.fail(why) }
	if len(r.Leaf) != 196 || int64(binary.BigEndian.Uint64(r.Leaf[41:49])) != r.Position {
		return fail("not the leaf of this position")
	}
	proof, err := tlog.ProveRecord(tree.N, r.Position, hashes)
	if err != nil {
		return fail(err)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, r.Position, tlog.RecordHash(r.Leaf)); err != nil {
		return fail(err)
	}
	if r.Body == nil {
		return r, nil
	}
	// A map of fewer than 24 fields: version 1 in field 0, then 32 bytes of salt in field 1.
	if len(r.Body) < 38 || !bytes.Equal(r.Body[1:6], []byte{0, 1, 1, 0x58, 0x20}) {
		return fail("not a body of version 1")
	}
	commitment := sha256.Sum256(append(append([]byte("rec-commit/1"), r.Body[6:38]...), r.Body...))
	if !bytes.Equal(commitment[:], r.Leaf[59:91]) {
		return fail("not the body that was committed to")
	}
	return r, nil
}

// What has a body has the key that was committed to. What has none was disposed of, as the log certifies.
func checkKeyOrDisposal(r record, keys map[int64][]byte, disposed map[int64][][2]int64) error {
	if r.Body == nil {
		if r.Undisclosed == nil {
			return r.fail("neither disclosed nor disposed of")
		}
		for _, run := range disposed[r.Undisclosed.Certificate] {
			if run[0] <= r.Position && r.Position <= run[1] {
				return nil
			}
		}
		return r.fail("no certificate says that it was disposed of")
	}
	derived, err := hkdf.Key(sha256.New, keys[r.Position], nil, "commit", 32)
	if err != nil || !bytes.Equal(derived, r.Leaf[123:155]) {
		return r.fail("not the key that was committed to")
	}
	return nil
}

// The ranges of each certificate, by its position. Its text is taken from the words beside the body, which is CBOR:
// that it is in the body as well is looked for, byte for byte.
func readCertificates(tree tlog.Tree, hashes tlog.HashReader, path, vkey string) (map[int64][][2]int64, error) {
	lines, err := readLines(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	verifier, err := newVerifier(vkey)
	if err != nil {
		return nil, err
	}
	disposed := make(map[int64][][2]int64)
	for _, line := range lines {
		r, err := checkRecord(tree, hashes, line)
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(r.Body, []byte(r.Record.Text)) {
			return nil, r.fail("the certificate is not in the body")
		}
		opened, err := note.Open([]byte(r.Record.Text), note.VerifierList(verifier))
		if err != nil {
			return nil, r.fail(err)
		}
		if !strings.HasPrefix(opened.Text, "verbatim-disposal: 1\n") {
			return nil, r.fail("not a certificate")
		}
		if err := checkAllowed(r.Leaf, opened.Text); err != nil {
			return nil, r.fail(err)
		}
		for _, field := range strings.Split(opened.Text, "\n") {
			var run [2]int64
			if n, _ := fmt.Sscanf(field, "range: %d %d", &run[0], &run[1]); n == 2 {
				disposed[r.Position] = append(disposed[r.Position], run)
			}
		}
	}
	return disposed, nil
}

// What a certificate says was allowed: its bucket's month was over, by two people, before it was recorded.
func checkAllowed(leaf []byte, text string) error {
	fields := make(map[string]string)
	for _, line := range strings.Split(text, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		fields[name] = value
	}
	var class, month int
	if _, err := fmt.Sscanf(fields["bucket"], "%d %d", &class, &month); err != nil {
		return err
	}
	ms, err := strconv.ParseInt(fields["destroyed"], 10, 64)
	if err != nil {
		return err
	}
	destroyed := time.UnixMilli(ms).UTC()
	if class == 255 || destroyed.Year()*12+int(destroyed.Month())-1 <= month {
		return errors.New("its month was not over")
	}
	_, proposed, _ := strings.Cut(fields["proposed"], " ")
	_, approved, _ := strings.Cut(fields["approved"], " ")
	if proposed == approved {
		return errors.New("one person alone wanted it")
	}
	if ms > int64(binary.BigEndian.Uint64(leaf[50:58])) {
		return errors.New("certified before it happened")
	}
	return nil
}

func readKeys(path string) (map[int64][]byte, error) {
	lines, err := readLines(path)
	keys := make(map[int64][]byte)
	for _, line := range lines {
		var k struct {
			Position int64  `json:"position"`
			Key      []byte `json:"key"`
		}
		if err := json.Unmarshal(line, &k); err != nil {
			return nil, err
		}
		keys[k.Position] = k.Key
	}
	return keys, err
}

func readLines(path string) ([][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines [][]byte
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, longestLine)
	for scanner.Scan() {
		lines = append(lines, bytes.Clone(scanner.Bytes()))
	}
	return lines, scanner.Err()
}

// Tiles in a folder. C2SP tlog-tiles has the paths of the checksum database without the height, which is 8.
type tiles string

func (tiles) Height() int { return 8 }

func (dir tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(dir), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
