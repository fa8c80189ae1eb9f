//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"confab/cmd/confab/datafolder"
)

// unitLine returns the value of a line in a systemd unit of the packages.
func unitLine(t *testing.T, unit, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "packaging", unit))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(l, name+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("%s has no %s=", unit, name)
	return ""
}

// systemd understands the units of the packages, and warns of nothing in them.
func TestTheUnitsAreValid(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	var units []string
	for _, kind := range []string{"service", "socket", "timer"} {
		found, err := filepath.Glob(filepath.Join("..", "..", "packaging", "*."+kind))
		if err != nil || len(found) == 0 {
			t.Fatalf("the units of the kind %s are %v, %v", kind, found, err)
		}
		units = append(units, found...)
	}
	dir, args := t.TempDir(), []string{"verify", "--man=no"} // the manual page is not installed here
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.Base(unit))
		// systemd-analyze looks for the program.
		if err := os.WriteFile(to, []byte(strings.ReplaceAll(string(text), "/usr/bin/confab", "/bin/sh")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, to)
	}
	verify := exec.CommandContext(t.Context(), analyze, args...)
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	if said, err := verify.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("systemd-analyze: %v\n%s", err, said)
	}
}

// The command that the timer starts each night makes a backup, and keeps the newest 14.
func TestTheTimerKeepsTheNewestBackups(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	data, backups := filepath.Join(root, "var", "lib", "confab"), filepath.Join(root, "var", "lib", "confab-backups")
	enrol(t, data, "ann")
	if err := os.MkdirAll(backups, 0o700); err != nil {
		t.Fatal(err)
	}
	const kept = 14
	old := func(day string) string { return filepath.Join(backups, "confab-202601"+day+"T033000Z.tar.gz") }
	days := strings.Fields("01 02 03 04 05 06 07 08 09 10 11 12 13 14")
	for _, day := range days {
		if err := os.WriteFile(old(day), []byte("a backup"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "confab")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	placed := strings.NewReplacer("/usr/bin/confab", program, "/var/lib/", filepath.Join(root, "var", "lib")+"/")
	night := exec.CommandContext(t.Context(), "sh", "-c", placed.Replace(unitLine(t, "confab-backup.service", "ExecStart")))
	night.Env = append(os.Environ(), "GORACE="+noRaceWait, placed.Replace(unitLine(t, "confab-backup.service", "Environment")))
	if said, err := night.CombinedOutput(); err != nil {
		t.Fatalf("the backup of the night: %v\n%s", err, said)
	}
	files, err := filepath.Glob(filepath.Join(backups, "*"))
	if err != nil || len(files) != kept || files[0] != old("02") {
		t.Fatalf("there are %d backups, %v, want the %d newest:\n%s", len(files), err, kept, strings.Join(files, "\n"))
	}
	if said, stderr, status := confab(t, "", "backup", "verify", files[kept-1]); status != exitDone || !strings.Contains(said, " is whole: ") {
		t.Errorf("the new backup: status %d, %s%s", status, said, stderr)
	}
	// The unit runs only where there is a database, so that it does not fail before the first start.
	if _, err := os.Stat(placed.Replace(unitLine(t, "confab-backup.service", "ConditionPathExists"))); err != nil || filepath.Base(unitLine(t, "confab-backup.service", "ConditionPathExists")) != datafolder.DatabaseFile {
		t.Errorf("the condition of the backup: %v", err)
	}
}
