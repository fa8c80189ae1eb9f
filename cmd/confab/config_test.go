package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/testkit"
	"confab/cmd/confab/settings"
)

// Each flag of serve has a variable with its name, and is in the commented settings
// file and the manual page. The file is valid with all of them.
func TestEachSettingIsEverywhere(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{}, kong.Name("confab"), kong.Vars{"version": ""})
	if err != nil {
		t.Fatal(err)
	}
	flags := settings.Flags(parser.Model)
	if len(flags) < 28 {
		t.Fatalf("serve has %d flags", len(flags))
	}
	config, man := settings.Text(parser.Model), manPage(parser.Model)
	_, serve, _ := strings.Cut(man, `.SS \fBconfab serve`)
	serve, _, _ = strings.Cut(serve, ".SS")
	for _, f := range flags {
		variable := "CONFAB_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if len(f.Envs) != 1 || f.Envs[0] != variable {
			t.Errorf("--%s has the variables %v, want %s", f.Name, f.Envs, variable)
		}
		if f.Help == "" {
			t.Errorf("--%s has no help", f.Name)
		}
		if !strings.Contains(config, "\n#"+f.Name+": ") || !strings.Contains(config, variable) {
			t.Errorf("--%s is not in the configuration", f.Name)
		}
		if !strings.Contains(serve, `\fB\-\-`+strings.ReplaceAll(f.Name, "-", `\-`)+`\fR`) {
			t.Errorf("--%s is not in the manual", f.Name)
		}
	}
	var live strings.Builder
	for line := range strings.Lines(config) {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") && !strings.HasSuffix(rest, ": \"\"\n") && rest != "\n" {
			live.WriteString(rest)
		}
	}
	values, problems := settings.Read(writeFile(t, "confab.yaml", live.String()), parser.Model, func() any { return &cli{} })
	if len(problems) > 0 || len(values) < 4 {
		t.Errorf("with the # taken away: %v, %v of\n%s", problems, values, live.String())
	}
}

// systemd owns the socket. It stays open while the server restarts, and people who
// connect then wait and get in.
func TestARestartUnderSystemdRefusesNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	passed, err := socket.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer passed.Close()
	// The path must be short, to fit into a socket's address.
	folder, err := os.MkdirTemp("", "confab")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(folder, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	hears := func(want string) {
		t.Helper()
		if err := told.SetReadDeadline(time.Now().Add(testkit.Patience)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 100)
		n, err := told.Read(got)
		if err != nil || string(got[:n]) != want {
			t.Fatalf("systemd hears %q, %v; want %q", got[:n], err, want)
		}
	}
	confab := filepath.Join(t.TempDir(), "confab")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, confab); err != nil {
		t.Fatal(err)
	}
	cut := 0 // connections for which a machine that is busy had not enough time
	start := func() (stop func()) {
		t.Helper()
		s := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$0" serve --data "$1"`, confab, dir)
		s.Env = append(os.Environ(), "HOME="+t.TempDir(), "LISTEN_FDS=1", "NOTIFY_SOCKET="+told.LocalAddr().String(), "GORACE="+noRaceWait)
		s.ExtraFiles = []*os.File{passed}
		var log testkit.Log
		s.Stderr = &log
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		hears("READY=1")
		return func() {
			t.Helper()
			if err := s.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			hears("STOPPING=1")
			if err := s.Wait(); err != nil {
				t.Errorf("%v\n%s", err, log.String())
			}
			for _, found := range cutOff.FindAllStringSubmatch(log.String(), -1) {
				n, _ := strconv.Atoi(found[1])
				cut += n
			}
		}
	}
	stop := start()
	s := &server{t: t, dir: dir, addr: socket.Addr().String()}
	c := s.connect(key)
	stop()
	c.status()
	// No server is running to answer.
	waiting, err := net.DialTimeout("tcp", s.addr, testkit.Patience)
	if err != nil {
		t.Fatal(err)
	}
	stop = start()
	c = s.ssh(options{keys: []gossh.Signer{key}, dial: func(string) (net.Conn, error) { return waiting, nil }})
	c.shows("#general")
	c.press(keyCtrlD)
	c.status()
	// Commands arrive all the time, including the moment when the server stops.
	done, began := make(chan struct{}), make(chan struct{}, 1)
	var mu sync.Mutex // guards failed
	var failed []string
	var calling sync.WaitGroup
	for range 2 {
		calling.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := whoami(s.addr, key); err != nil {
					mu.Lock()
					failed = append(failed, fmt.Sprintf("attempt %d: %v", n, err))
					mu.Unlock()
				}
				select {
				case began <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 4 {
		<-began
		stop()
		stop = start()
	}
	close(done)
	calling.Wait()
	stop()
	if len(failed) > cut {
		t.Errorf("%d attempts failed, and the servers say that they cut off %d connections: %q", len(failed), cut, failed)
	}
}

// cutOff is the log line of a server that stopped before it had finished all new
// connections.
var cutOff = regexp.MustCompile(`"msg":"stopping: new connections are cut off[^"]*","connections":(\d+)`)

// whoami connects and runs one command.
func whoami(addr string, key gossh.Signer) error {
	tcp, err := net.DialTimeout("tcp", addr, testkit.Patience)
	if err != nil {
		return err
	}
	defer tcp.Close()
	if err := tcp.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
		return err
	}
	conn, chans, reqs, err := gossh.NewClientConn(tcp, addr, &gossh.ClientConfig{
		User: "ann", Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		return err
	}
	client := gossh.NewClient(conn, chans, reqs)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	out, err := session.CombinedOutput("whoami")
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"":                      "accept announce audit backup bans codes completion config db doctor export groups hooks import invite join keys maintenance man messages migrate motd page requests restore rules serve users",
		"ke":                    "keys",
		"keys ":                 "add import list reset revoke revoked sshfp unrevoke",
		"serve --max-file":      "--max-file --max-file-input --max-files-per-account --max-files-total",
		"serve --listen ":       "",
		"serve --keep 9d --pro": "--proxy-protocol",
		"completion ":           "bash fish zsh",
		"backup ":               "verify write",
		"nonsense":              "",
	} {
		stdout, _, status := confab(t, "", append([]string{"complete", "--"}, strings.Split(words, " ")...)...)
		if got := strings.Join(strings.Fields(stdout), " "); got != want || status != 0 {
			t.Errorf("%q may be %q, want %q; status %d", words, got, want, status)
		}
	}
}
