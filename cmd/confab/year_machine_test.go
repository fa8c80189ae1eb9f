//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"confab/app/testkit"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// year is a small world for docs/year.md: servers and people with folders of their own. The
// server is run as its systemd units say, by a stand-in for systemd.
type year struct {
	t        *testing.T
	root     string
	inside   *regexp.Regexp // matches the root, with the name of a machine
	machines map[string]*machineOfYear
	masks    masks
	metrics  string // the address of the metrics
	small    bool   // the disk of the server is small enough to be filled
	leftOut  bool   // the rest of this chapter is left out

	listening atomic.Value   // the address of the server that listens
	carrying  sync.WaitGroup // the connections of people
}

// machineOfYear is a server or the computer of a person.
type machineOfYear struct {
	dir      string
	way      net.Listener     // of a person to the server
	listener *net.TCPListener // of confab.socket
	server   *exec.Cmd        // of confab.service
	ended    chan error
}

// yearRoot is the variable with the folder that stands for / on a machine.
const yearRoot = "YEAR_ROOT"

// confabOnMachine is confab as it is installed on a machine of the year.
func confabOnMachine() {
	root := os.Getenv(yearRoot)
	places := datafolder.Places{
		User: filepath.Join(root, "root", "confab"), System: filepath.Join(root, "var", "lib", "confab"), Settings: filepath.Join(root, "etc", "confab", "confab.yaml"),
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(runIn(ctx, places, os.Args[1:], console.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

func newYear(t *testing.T) *year {
	root, err := os.MkdirTemp("", "confab") // short, because the path of a socket must be
	if err != nil {
		t.Fatal(err)
	}
	y := &year{
		t: t, root: root, inside: regexp.MustCompile(regexp.QuoteMeta(root) + `/\w+`), machines: map[string]*machineOfYear{},
		masks: masks{real: map[string]string{}, masked: map[string]string{}},
	}
	t.Cleanup(func() {
		for _, m := range y.machines {
			y.stop(m)
			if m.listener != nil {
				_ = m.listener.Close()
			}
			if m.way != nil {
				_ = m.way.Close()
			}
		}
		y.carrying.Wait()
		_ = syscall.Unmount(y.disk(), syscall.MNT_DETACH)
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	y.makes("bin", "nas")
	if err := os.Symlink(self, filepath.Join(root, "bin", "confab-on-machine")); err != nil {
		t.Fatal(err)
	}
	y.writes("bin/confab", "#!/bin/sh\nexec '"+root+"/bin/confab-on-machine' \"$@\"\n", 0o700)
	for _, tool := range []string{"ssh", "scp"} {
		real, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		y.writes("bin/"+tool, "#!/bin/sh\nexec '"+real+"' -F \"$HOME/.ssh/config\" \"$@\"\n", 0o700)
	}
	return y
}

func (y *year) makes(dirs ...string) {
	y.t.Helper()
	for _, dir := range dirs {
		if err := os.MkdirAll(filepath.Join(y.root, dir), 0o700); err != nil {
			y.t.Fatal(err)
		}
	}
}

func (y *year) writes(file, text string, mode os.FileMode) {
	y.t.Helper()
	if err := os.WriteFile(filepath.Join(y.root, file), []byte(text), mode); err != nil {
		y.t.Fatal(err)
	}
}

// machine returns a machine by the name in its prompt. A new person has a key; a new server
// has confab's package.
func (y *year) machine(name string) *machineOfYear {
	y.t.Helper()
	if m := y.machines[name]; m != nil {
		return m
	}
	m := &machineOfYear{dir: filepath.Join(y.root, name)}
	y.machines[name] = m
	if name != "chat" && name != "new" { // a person
		y.makes(name + "/.ssh")
		y.keygen(name)
		y.resolves(name)
		return m
	}
	y.makes(name+"/etc/confab", name+"/var/lib")
	y.writes(name+"/etc/confab/confab.yaml", "", 0o600)
	if name == "chat" {
		y.mounts()
	}
	// The backups are on another machine, which all servers can reach.
	if err := os.Symlink(filepath.Join(y.root, "nas"), filepath.Join(m.dir, "var", "lib", "confab-backups")); err != nil {
		y.t.Fatal(err)
	}
	return m
}

// placed matches the paths of a command that are in the folder of its machine.
var placed = regexp.MustCompile(`(^|[\s='">])(/(?:var|etc)/)`)

// runs runs a command on a machine and returns what it prints.
func (y *year) runs(on, command string) string {
	y.t.Helper()
	m := y.machine(on)
	command = placed.ReplaceAllString(y.hidden(command), "${1}"+m.dir+"$2")
	if rest, ok := strings.CutPrefix(command, "systemctl "); ok {
		return y.systemctl(m, strings.Fields(rest))
	}
	// The operator is root, and runs confab as the user that the service has.
	const standIns = "sudo() { shift 2; \"$@\"; }\njournalctl() { cat \"$JOURNAL\"; }\ninstall() { mkdir -m 700 \"${@: -1}\"; }\nset -o pipefail\n"
	said := ""
	printed := func() bool {
		ctx, cancel := context.WithTimeout(y.t.Context(), testkit.Patience)
		defer cancel()
		c := exec.CommandContext(ctx, "bash", "-c", standIns+command)
		c.Env, c.Dir = y.environment(m), m.dir
		out, err := c.CombinedOutput()
		// ssh ends its own lines with \r\n.
		if said = strings.ReplaceAll(string(out), "\r\n", "\n"); exitOK(err) != nil {
			y.t.Fatalf("%s: %v", command, err)
		}
		return said != ""
	}
	// A server's log lines may come a little later than the effects that its clients see.
	if log := strings.HasPrefix(command, "journalctl "); log && !testkit.Soon(printed) || !log && !printed() && y.t.Context().Err() != nil {
		y.t.Errorf("%s prints nothing", command)
	}
	return said
}

func (y *year) environment(m *machineOfYear) []string {
	return []string{
		"HOME=" + m.dir, "PATH=" + filepath.Join(y.root, "bin") + ":" + os.Getenv("PATH"), "TZ=UTC", "LANG=C.UTF-8", "GORACE=" + noRaceWait,
		yearRoot + "=" + m.dir, "JOURNAL=" + filepath.Join(m.dir, "journal"),
	}
}

// systemctl does what systemd would do with the units in packaging.
func (y *year) systemctl(m *machineOfYear, args []string) string {
	y.t.Helper()
	var units []string
	for _, a := range args[1:] {
		if !strings.HasPrefix(a, "-") {
			units = append(units, a)
		}
	}
	for _, u := range units {
		switch do := args[0] + " " + strings.TrimSuffix(u, ".service"); do {
		case "enable confab.socket":
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				y.t.Fatal(err)
			}
			m.listener = l.(*net.TCPListener)
			y.listening.Store(l.Addr().String())
		case "disable confab.socket":
			if err := m.listener.Close(); err != nil {
				y.t.Fatal(err)
			}
			m.listener = nil
		case "enable confab", "start confab":
			y.start(m)
		case "disable confab", "stop confab":
			y.stop(m)
		case "restart confab":
			y.stop(m)
			y.start(m)
		case "start confab-backup":
			command := strings.ReplaceAll(unitLine(y.t, "confab-backup.service", "ExecStart"), "/usr/bin/confab", "confab")
			if said := y.runs(filepath.Base(m.dir), command); !strings.Contains(said, "confab-backups/confab-") {
				y.t.Errorf("the backup of the night says %s", said)
			}
		case "enable confab-backup.timer", "disable confab-backup.timer":
		default:
			y.t.Fatalf("the test cannot do systemctl %s", do)
		}
	}
	return ""
}

// start runs confab.service, and returns when it is ready.
func (y *year) start(m *machineOfYear) {
	y.t.Helper()
	journal, err := os.OpenFile(filepath.Join(m.dir, "journal"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		y.t.Fatal(err)
	}
	defer journal.Close()
	socket, err := m.listener.File()
	if err != nil {
		y.t.Fatal(err)
	}
	defer socket.Close()
	path := filepath.Join(m.dir, "notify")
	_ = os.Remove(path)
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		y.t.Fatal(err)
	}
	defer told.Close()
	command := strings.ReplaceAll(unitLine(y.t, "confab.service", "ExecStart"), "/usr/bin/confab", "confab-on-machine")
	data := placed.ReplaceAllString(unitLine(y.t, "confab.service", "Environment"), "${1}"+m.dir+"$2")
	y.makes(filepath.Base(m.dir) + "/var/lib/confab") // StateDirectory=
	m.server = exec.Command("bash", "-c", "export LISTEN_PID=$$\nexec "+command)
	// A test machine can be slow to end sessions.
	m.server.Env = append(y.environment(m), data, "LISTEN_FDS=1", "NOTIFY_SOCKET="+path, "CONFAB_ENDING_TIME=1m", "CONFAB_PROXY_PROTOCOL="+throughProxy)
	m.server.ExtraFiles, m.server.Stdout, m.server.Stderr = []*os.File{socket}, journal, journal
	if err := m.server.Start(); err != nil {
		y.t.Fatal(err)
	}
	m.ended = make(chan error, 1)
	go func(c *exec.Cmd, ended chan error) { ended <- c.Wait(); _ = told.Close() }(m.server, m.ended)
	if err := told.SetReadDeadline(time.Now().Add(testkit.Patience)); err != nil {
		y.t.Fatal(err)
	}
	got := make([]byte, 100)
	n, err := told.Read(got)
	text, _ := os.ReadFile(journal.Name())
	if err != nil || string(got[:n]) != "READY=1" {
		y.t.Fatalf("systemd hears %q, %v\n%s", got[:n], err, text)
	}
	for _, found := range metricsLine.FindAllStringSubmatch(string(text), -1) {
		y.metrics = found[1]
	}
}

var metricsLine = regexp.MustCompile(`metrics +http://([0-9.:]+)/`)

// stop ends confab.service.
func (y *year) stop(m *machineOfYear) { y.ends(m, syscall.SIGTERM) }

// ends ends confab.service with a signal.
func (y *year) ends(m *machineOfYear, s syscall.Signal) {
	if m.server == nil {
		return
	}
	_ = m.server.Process.Signal(s)
	if err := <-m.ended; err != nil && s == syscall.SIGTERM {
		y.t.Errorf("confab ends with %v", err)
	}
	m.server = nil
}

// aside does what happens besides the commands of the document.
func (y *year) aside(words []string) {
	y.t.Helper()
	chat := y.machine("chat")
	switch what, rest := words[0], words[1:]; what {
	case "day": // a chapter begins
		day, err := time.Parse(time.DateOnly, rest[0])
		if err != nil {
			y.t.Fatal(err)
		}
		y.leftOut = false
		y.masks.begin(day.Add(10 * time.Hour))
	case "key": // of somebody, for the operator
		text, err := os.ReadFile(filepath.Join(y.machine(rest[0]).dir, ".ssh", "id_ed25519.pub"))
		if err != nil {
			y.t.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(chat.dir, rest[1]), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			y.t.Fatal(err)
		}
		if _, err := f.Write(text); err != nil {
			y.t.Fatal(err)
		}
		_ = f.Close()
	case "joins": // somebody joins with a code, in a terminal
		c := y.codes(rest[0], rest[1])
		c.shows("The code is good.")
		c.press(rest[0], keyEnter)
		c.shows("#general")
		c.press(keyCtrlD)
		c.status()
	case "redeems": // somebody uses the code for a lost key, in a terminal
		c := y.codes(rest[0], rest[1])
		c.shows(rest[0] + "  ? help")
		c.press(keyCtrlD)
		c.status()
	case "loses": // a person loses the computer with the key
		if err := os.RemoveAll(filepath.Join(y.machine(rest[0]).dir, ".ssh")); err != nil {
			y.t.Fatal(err)
		}
		y.makes(rest[0] + "/.ssh")
		y.resolves(rest[0])
	case "full": // another program fills the disk
		y.fill()
	case "dies": // the disk of the data
		y.ends(chat, syscall.SIGKILL)
		if err := os.RemoveAll(filepath.Join(chat.dir, "var", "lib", "confab")); err != nil {
			y.t.Fatal(err)
		}
	case "older": // the database has the schema of the version before
		y.older(filepath.Join(chat.dir, "var", "lib", "confab"))
	default:
		y.t.Fatal(fmt.Errorf("the test cannot do %q", words))
	}
}
