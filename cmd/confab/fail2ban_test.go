package main

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fail2banFilter is the example of a filter in the docs.
var fail2banFilter = filepath.Join("..", "..", "docs", "examples", "fail2ban", "filter.conf")

// The example of a fail2ban filter finds the address in lines that a server has really
// written, and nothing in its other lines.
func TestTheFail2banFilterFindsAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	if _, stderr, status := confab(t, "", "bans", "add", "--data", dir, "203.0.113.0/24"); status != 0 {
		t.Fatalf("bans add: status %d, %s", status, stderr)
	}
	s := startServer(t, dir, "--proxy-protocol", "127.0.0.0/8,::1/128", "--max-failures", "1")
	knock := func(address string) {
		t.Helper()
		conn, err := headed("PROXY TCP4 " + address + " 192.0.2.1 4711 22\r\nSSH-2.0-scanner\r\n")(s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	knock("203.0.113.9") // is banned
	knock("192.0.2.7")
	s.log.Has(t, `"reason":"login"`, `"address":"192.0.2.7"`)
	knock("192.0.2.7") // has failed before
	s.log.Has(t, `"reason":"ban"`, `"address":"203.0.113.9"`, `"do":"lift the ban with confab bans remove --data `+dir+` if `)
	s.log.Has(t, `"reason":"max_failures"`, `"address":"192.0.2.7"`)
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	filter, err := os.ReadFile(fail2banFilter)
	if err != nil {
		t.Fatal(err)
	}
	_, pattern, _ := strings.Cut(string(filter), "failregex = ")
	pattern, _, _ = strings.Cut(pattern, "\n")
	failed := regexp.MustCompile(strings.ReplaceAll(pattern, "<HOST>", `([0-9a-fA-F.:]+)`))
	found := map[string]int{}
	for line := range strings.Lines(s.log.String()) {
		if m := failed.FindStringSubmatch(line); m != nil {
			if _, err := netip.ParseAddr(m[1]); err != nil {
				t.Errorf("%q is no address", m[1])
			}
			found[m[1]]++
		}
	}
	if len(found) != 2 || found["192.0.2.7"] != 1 || found["203.0.113.9"] != 1 {
		t.Errorf("the filter finds %v in:\n%s", found, s.log.String())
	}
	tool, err := exec.LookPath("fail2ban-regex")
	if err != nil {
		t.Log("fail2ban-regex is not installed, so only Go's regexp was tried")
		return
	}
	out, err := exec.Command(tool, writeFile(t, "log", s.log.String()), fail2banFilter).CombinedOutput()
	if err != nil || !strings.Contains(string(out), ", 2 matched, ") {
		t.Errorf("fail2ban-regex: %v\n%s", err, out)
	}
}
