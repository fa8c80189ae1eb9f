package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// place is a machine on which confab may be installed from a package.
type place struct {
	t testing.TB
	datafolder.Places
}

func newPlace(t *testing.T) place {
	dir := t.TempDir()
	return place{t, datafolder.Places{
		User: filepath.Join(dir, "home", "confab"), System: filepath.Join(dir, "var", "confab"), Settings: filepath.Join(dir, "etc", "confab.yaml"),
	}}
}

// run runs a command on this machine.
func (p place) run(args ...string) (said string, status int) {
	p.t.Helper()
	var out bytes.Buffer
	status = runIn(p.t.Context(), p.Places, args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &out})
	return out.String(), status
}

// installs writes the settings file of a package.
func (p place) installs(settings string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.Settings), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.Settings, []byte(settings), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// says fails the test if a command does not say something, with a status.
func (p place) says(want string, status int, args ...string) {
	p.t.Helper()
	if said, got := p.run(args...); got != status || !strings.Contains(said, want) {
		p.t.Errorf("%q says, with status %d:\n%s\nwant status %d and:\n%s", args, got, said, status, want)
	}
}

// Commands find the folder and the settings of a packaged install by themselves. A folder
// of the user's own comes first.
func TestAPackagedInstallIsFound(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.says("There is no confab in "+p.User+": start it with confab serve, or name the folder with --data.", exitRefused, "users", "list")
	p.installs("keep: 90d\n")
	p.says("There is no confab in "+p.System+": start it with systemctl enable --now confab.socket confab.service, or name the folder with --data.", exitRefused, "users", "list")
	p.says(p.Settings+" is valid: 1 settings", exitDone, "config", "check")
	if err := foundServer(t.Context(), p.System); err != nil {
		t.Fatal(err)
	}
	p.says("Add one with  confab keys add NAME FILE\n", exitDone, "keys", "list")
	if err := foundServer(t.Context(), p.User); err != nil {
		t.Fatal(err)
	}
	p.says("Add one with  confab keys add NAME FILE\n", exitDone, "keys", "list")
	p.says("Add one with  confab keys add --data "+p.System+" NAME FILE\n", exitDone, "keys", "list", "--data", p.System)
	p.says(p.User+" has no settings file: the environment and the defaults are valid\n", exitDone, "config", "check")
	p.says(p.Settings+" is valid: 1 settings", exitDone, "config", "check", "--data", p.System)

	// The file in the folder, if there is one, is the one that counts.
	own := filepath.Join(p.System, datafolder.ConfigFile)
	if err := os.WriteFile(own, []byte("keep: 90d\nmax-members: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.says(own+" is valid: 2 settings", exitDone, "config", "check", "--data", p.System)
}

// The settings file of a package cannot move the data elsewhere, because the service may
// not write there.
func TestThePackagesSettingsLeaveTheFolderAlone(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.installs("data: /elsewhere\n")
	want := p.Settings + ` sets "data", but the data of an installed package are in ` + p.System
	p.says(want, exitRefused, "config", "check")
	p.says(want, exitUsage, "serve")
}

// A mistake in the settings stops the server. Other commands say so and go on, unless the
// mistake hides which folder is meant.
func TestATypoStopsOnlyTheServer(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.installs("listn: x\nkeep: 5m\nlisten: 127.0.0.1:0\n")
	if err := foundServer(t.Context(), p.System); err != nil {
		t.Fatal(err)
	}
	typo, wrong := p.Settings+`, line 1: there is no setting "listn"`, p.Settings+`, line 2: keep: "5m" is not a time`
	said, status := p.run("users", "list")
	if status != exitDone || strings.Count(said, typo) != 1 || !strings.Contains(said, wrong) || !strings.Contains(said, "this command goes on without these settings, but confab serve will not start") {
		t.Errorf("users list says, with status %d:\n%s", status, said)
	}
	p.says("127.0.0.1:0 is free", exitDone, "doctor") // a valid setting beside the wrong ones
	p.says("", exitDone, "backup", filepath.Join(t.TempDir(), "b.tar"))
	for _, args := range [][]string{{"serve"}, {"config", "check"}} {
		said, status := p.run(args...)
		if status == exitDone || !strings.Contains(said, typo) || !strings.Contains(said, wrong) {
			t.Errorf("%q says, with status %d:\n%s", args, status, said)
		}
	}
	p.installs("data: [unclosed\n")
	p.says("this command goes on without these settings", exitDone, "users", "list")
	p.says("is not valid YAML", exitUsage, "users", "list", "--config", p.Settings)
	p.says("this command goes on without these settings", exitDone, "users", "list", "--config", p.Settings, "--data", p.System)
}
