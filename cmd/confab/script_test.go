package main

import (
	"archive/zip"
	"bufio"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
)

// noRaceWait keeps the race detector from waiting for a second at the end of each
// process.
const noRaceWait = "atexit_sleep_ms=0"

// TestScripts runs the command line as people and their scripts do.
func TestScripts(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Abs(filepath.Join("..", "..", "docs", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("EXAMPLES", examples)
			env.Setenv("GORACE", noRaceWait)
			env.Values[serversKey{}] = map[string]*exec.Cmd{}
			return os.MkdirAll(home, 0o700)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"bucket": bucket, "described": described, "founded": founded, "killed": killed, "reloaded": reloaded, "served": served, "sql": runSQL, "stopped": stopped, "zipped": zipped,
		},
	})
}

// serversKey is the key under which a script stores its running servers, by folder.
type serversKey struct{}

// stopped is the script command "stopped DIR": it stops the server on a data
// folder, and waits for its end.
func stopped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stopped DIR")
	}
	servers := ts.Value(serversKey{}).(map[string]*exec.Cmd)
	server := servers[ts.MkAbs(args[0])]
	if server == nil {
		ts.Fatalf("no server runs on %s", args[0])
	}
	delete(servers, ts.MkAbs(args[0]))
	ts.Check(server.Process.Signal(syscall.SIGTERM))
	ts.Check(server.Wait())
}

// reloaded is the script command "reloaded DIR": it makes the server on a data folder read
// its settings again, and waits until it has. The file log has what the server says then.
func reloaded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: reloaded DIR")
	}
	said := func() int {
		text, err := os.ReadFile(ts.MkAbs("log"))
		ts.Check(err)
		return strings.Count(string(text), `"msg":"the settings were read again"`) + strings.Count(string(text), `"msg":"the settings could not be read again`)
	}
	before := said()
	ts.Check(ts.Value(serversKey{}).(map[string]*exec.Cmd)[ts.MkAbs(args[0])].Process.Signal(syscall.SIGHUP))
	if !testkit.Soon(func() bool { return said() > before }) {
		ts.Fatalf("the server does not read its settings again")
	}
}

// founded is the script command "founded DIR": it creates a data folder as the first start
// of a server does, without its host key.
func founded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: founded DIR")
	}
	ts.Check(foundServer(context.Background(), ts.MkAbs(args[0])))
}

// killed is the script command "killed DIR": it kills the server on a data folder, and waits
// for its end.
func killed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: killed DIR")
	}
	servers := ts.Value(serversKey{}).(map[string]*exec.Cmd)
	server := servers[ts.MkAbs(args[0])]
	if server == nil {
		ts.Fatalf("no server runs on %s", args[0])
	}
	delete(servers, ts.MkAbs(args[0]))
	ts.Check(server.Process.Kill())
	_ = server.Wait() // says that it was killed
}

// described is the script command "described FILE": each line of a file, such as stdout, is a
// JSON object that docs/hosting.schema.json describes, and there is at least one.
func described(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: described FILE")
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../../docs/hosting.schema.json")
	ts.Check(err)
	text := ts.ReadFile(args[0])
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
	for line := range strings.Lines(text) {
		object, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		ts.Check(err)
		if err := schema.Validate(object); err != nil {
			ts.Fatalf("the schema does not describe %s: %v", line, err)
		}
	}
}

// zipped is the script command "zipped FILE DIR": it makes a zip file of a folder.
func zipped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: zipped FILE DIR")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	ts.Check(errors.Join(z.AddFS(os.DirFS(ts.MkAbs(args[1]))), z.Close(), f.Close()))
}

// runSQL is the script command "sql DIR STATEMENT", on a folder's database.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql DIR STATEMENT")
	}
	database, err := sql.Open("sqlite", "file:"+filepath.Join(ts.MkAbs(args[0]), datafolder.DatabaseFile))
	ts.Check(err)
	_, err = database.Exec(args[1])
	ts.Check(errors.Join(err, database.Close()))
}

// served is the script command "served DIR [FLAG…]". It runs a server on a data
// folder until "stopped DIR", or the end of the script. The file config makes the
// stock ssh connect to it, with the key in the file whose name is given as host:
//
//	exec ssh -F config ann whoami
//
// With --http, the file web has the address of the web page.
func served(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: served DIR [FLAG...]")
	}
	server := exec.Command("confab", append([]string{"serve", "--data", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0", "--max-messages=0", "--max-bytes=0", "--ending-time=1m"}, args[1:]...)...)
	server.Env = []string{"HOME=" + ts.Getenv("HOME"), "GORACE=" + noRaceWait, "CONFAB_TRUSTED_CA=" + ts.Getenv("CONFAB_TRUSTED_CA")}
	log, err := os.OpenFile(ts.MkAbs("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	ts.Check(err)
	defer log.Close()
	server.Dir, server.Stderr = ts.MkAbs("."), log
	out, err := server.StdoutPipe()
	ts.Check(err)
	ts.Check(server.Start())
	ts.Value(serversKey{}).(map[string]*exec.Cmd)[ts.MkAbs(args[0])] = server
	ts.Defer(func() {
		_ = server.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = server.Wait()
	})
	late := time.AfterFunc(testkit.Patience, func() { _ = server.Process.Kill() }) // ends what it says
	defer late.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "confab listens on "); ok {
			host, port, err := net.SplitHostPort(addr)
			ts.Check(err)
			config := "Host *\nHostName " + host + "\nPort " + port + "\nIdentityFile " + ts.MkAbs("%n") + "\nIdentityAgent none\n" +
				"IdentitiesOnly yes\nBatchMode yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n"
			ts.Check(os.WriteFile(ts.MkAbs("config"), []byte(config), 0o600))
		}
		if web, ok := strings.CutPrefix(lines.Text(), "  web "); ok {
			ts.Check(os.WriteFile(ts.MkAbs("web"), []byte(strings.TrimSpace(web)), 0o600))
		}
		if lines.Text() == "confab: ready" {
			return
		}
	}
	ts.Fatalf("the server ends before it is ready")
}
