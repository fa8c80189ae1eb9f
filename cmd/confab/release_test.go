//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The provenance of a release names its files with their hashes and the commit that they are
// built from. The publisher's key has signed it, and the list of the files.
func TestTheProvenanceOfARelease(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "git", "jq", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("there is no " + tool + " here")
		}
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	key, checksums, file := filepath.Join(dir, "key"), filepath.Join(dir, "checksums.txt"), filepath.Join(dir, "provenance.json")
	hash := strings.Repeat("0123456789abcdef", 4)
	if err := os.WriteFile(checksums, []byte(hash+"  confab_1.2.3_linux_amd64.tar.gz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	does := func(stdin, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Stdin = root, strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	does("", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	does("", filepath.Join(root, "packaging", "sign.sh"), "1.2.3", key, checksums)

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type digest struct{ SHA256, GitCommit string }
	var statement struct {
		Subject []struct {
			Name   string
			Digest digest
		}
		Predicate struct {
			BuildDefinition struct {
				ResolvedDependencies []struct{ Digest digest }
			}
		}
	}
	if err := json.Unmarshal(text, &statement); err != nil {
		t.Fatal(err)
	}
	if s := statement.Subject; len(s) != 1 || s[0].Name != "confab_1.2.3_linux_amd64.tar.gz" || s[0].Digest.SHA256 != hash {
		t.Errorf("the provenance is of %+v", s)
	}
	from := statement.Predicate.BuildDefinition.ResolvedDependencies
	if commit := does("", "git", "rev-parse", "HEAD"); len(from) == 0 || from[0].Digest.GitCommit != commit {
		t.Errorf("the provenance names %+v, and the commit is %s", from, commit)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	signers := filepath.Join(dir, "allowed_signers")
	if err := os.WriteFile(signers, []byte("release "+string(public)), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(checksums)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{file: text, checksums: list} {
		does(string(text), "ssh-keygen", "-Y", "verify", "-f", signers, "-I", "release", "-n", "file", "-s", name+".sig")
	}
}
