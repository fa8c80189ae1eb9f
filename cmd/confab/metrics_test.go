package main

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	gossh "golang.org/x/crypto/ssh"

	"confab/app/service"
	"confab/app/testkit"
	"confab/cmd/confab/datafolder"
)

// get returns the server's answer over HTTP.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: testkit.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// metric returns the value of a metric as Prometheus gets it.
func metric(t *testing.T, body, name string) float64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("there is no %s in:\n%s", name, body)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey, bobKey := enrol(t, dir, "ann"), enrol(t, dir, "bob")
	s := startServer(t, dir, "--metrics", ":0")
	at := regexp.MustCompile(`metrics +(http://127\.0\.0\.1:\d+)/metrics`).FindStringSubmatch(s.said)
	if at == nil {
		t.Fatalf("where the metrics are is not said:\n%s", s.said)
	}
	if status, body := get(t, at[1]+"/healthz"); status != http.StatusOK {
		t.Errorf("it is not healthy: %d %s", status, body)
	}
	testkit.Eventually(t, "the server to be ready", func() bool { // a slow disk may take too long at first
		status, _ := get(t, at[1]+"/readyz")
		return status == http.StatusOK
	})
	ann, bob := s.connect(annKey), s.connect(bobKey)
	for i := range 3 {
		ann.say(fmt.Sprintf("number %d", i))
		ann.showsSent(fmt.Sprintf("number %d", i))
	}
	bob.shows("number 2")
	_, body := get(t, at[1]+"/metrics")
	for name, want := range map[string]float64{
		"confab_sessions": 2, "confab_accounts_connected": 2, "confab_messages_posted_total": 3, "confab_resyncs_total": 0,
	} {
		if got := metric(t, body, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := metric(t, body, "confab_deliveries_total"); got < 6 {
		t.Errorf("there are %v deliveries", got)
	}
	if got := metric(t, body, `confab_store_seconds_count{operation="update"}`); got < 3 {
		t.Errorf("there were %v transactions", got)
	}
	if strings.Contains(body, "number 2") || strings.Contains(body, `"ann"`) {
		t.Error("the metrics tell what was said, or by whom")
	}
	metric(t, body, "go_goroutines")
	for _, name := range []string{
		"confab_requests_waiting", "confab_marker_lag_seconds", "confab_expired_messages_total", "confab_expired_files_total",
		"confab_wal_bytes", "confab_failed_writes_total", `confab_refusals_total{reason="ban"}`, `confab_refusals_total{reason="max_per_address"}`,
	} {
		metric(t, body, name)
	}
	for _, name := range []string{"confab_expiry_runs_total", "confab_database_bytes", "confab_disk_free_bytes", "confab_disk_size_bytes"} {
		if got := metric(t, body, name); got <= 0 {
			t.Errorf("%s is %v, want more than 0", name, got)
		}
	}
	if !strings.Contains(body, "confab_build_info{goversion=") {
		t.Error("the metrics do not say which version runs")
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint finds %v, %v", problems, err)
	}
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// While another program keeps the database locked, nothing can be written, and the server
// says that it is not ready.
func TestReadyOnlyWhileItCanWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	enrol(t, dir, "ann")
	s := startServer(t, dir, "--metrics", ":0")
	at := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(s.said)
	ready := func(want int) {
		t.Helper()
		testkit.Eventually(t, fmt.Sprintf("/readyz to answer %d", want), func() bool {
			status, _ := get(t, at+"/readyz")
			return status == want
		})
	}
	ready(http.StatusOK)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, datafolder.DatabaseFile)+"?_txlock=immediate&_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	locked, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ready(http.StatusServiceUnavailable)
	if _, body := get(t, at+"/readyz"); !strings.Contains(body, "nothing can be written") {
		t.Errorf("/readyz says %q", body)
	}
	if status, _ := get(t, at+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answers %d while the process runs", status)
	}
	if err := locked.Rollback(); err != nil {
		t.Fatal(err)
	}
	ready(http.StatusOK)
}

// While the disk is full, the server says that it is not ready, and why.
func TestReadyOnlyWhileTheDiskHasRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := testkit.OpenStore(t, dir)
	disk := &testkit.Disk{Store: store}
	flag := metricsFlag{Metrics: "127.0.0.1:0"}
	meters := flag.newMetrics()
	s := testkit.Serve(t, store, meters.watch(disk), service.Options{})
	addr, stop, err := flag.serveMetrics(t.Context(), meters, s, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	answers := func(path string, want int, begin string) {
		t.Helper()
		testkit.Eventually(t, fmt.Sprintf("%s to answer %d %s", path, want, begin), func() bool {
			status, body := get(t, "http://"+addr.String()+path)
			return status == want && strings.HasPrefix(body, begin)
		})
	}
	answers("/readyz", http.StatusOK, "ready")
	disk.Full.Store(true)
	answers("/readyz", http.StatusServiceUnavailable, "the disk is full, so nothing can be written")
	answers("/healthz", http.StatusOK, "ok")
	if _, body := get(t, "http://"+addr.String()+"/metrics"); metric(t, body, "confab_failed_writes_total") == 0 {
		t.Error("no failed write was counted")
	}
	disk.Full.Store(false)
	answers("/readyz", http.StatusOK, "ready")
}

// No log line has text that people write, search for, use as file names or draft,
// whatever way it comes. Each line about a connection has the session's id.
func TestLogsHaveNoText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--max-files-total", "0") // a small disk would cause a warning
	ann := s.connect(key)
	ann.say("zanzibar one")
	ann.showsSent("zanzibar one")
	ann.say("/nosuch zanzibar two")
	ann.shows("nosuch")
	ann.press(keyCtrlU)
	ann.paste("zanzibar three\nlines")
	ann.settled()
	for _, command := range []string{
		"send '#general' 'zanzibar four'", "send '#zanzibar' five", "zanzibar six", "search zanzibar", "history '#general' --zanzibar",
		"scp -t '#general/zanzibar'", "send '#general' --reply-to zanzibar eight",
	} {
		c := s.ssh(options{keys: []gossh.Signer{key}, noPTY: true, exec: command})
		_ = c.in.Close()
		c.status()
	}
	ann.press(keyCtrlC, keyCtrlC)
	ann.status()
	stranger := s.ssh(options{keys: []gossh.Signer{testkit.Signer(t)}})
	stranger.shows("About you")
	stranger.press(keyTab, "zanzibar nine", keyEnter)
	stranger.shows("You have asked to be let in")
	stranger.press(keyCtrlC)
	stranger.status()
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	log := s.log.String()
	if strings.Contains(log, "zanzibar") {
		t.Errorf("the log has what was written")
	}
	sessions := 0
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("a line that is no JSON: %s", line)
		}
		switch {
		case strings.Contains(line, `"session":"`):
			sessions++
		case strings.Contains(line, `"msg":"stopping"`), strings.Contains(line, `"msg":"started"`):
		case strings.Contains(line, `"msg":"a change took long"`): // the server's own, on a slow disk
		default:
			t.Errorf("a line without a session: %s", line)
		}
	}
	if sessions < 10 {
		t.Errorf("%d lines are of sessions", sessions)
	}
}

// headed is a connection that begins with this text.
func headed(head string) func(addr string) (net.Conn, error) {
	return func(addr string) (net.Conn, error) {
		conn, err := net.DialTimeout("tcp", addr, testkit.Patience)
		if err == nil {
			_, err = io.WriteString(conn, head)
		}
		return conn, err
	}
}

const proxyHeader = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 22\r\n"

func TestALoadBalancerSaysWhomItConnects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--proxy-protocol", "127.0.0.0/8,::1/128")
	// A connection that sends nothing delays nobody.
	silent, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	c := s.ssh(options{keys: []gossh.Signer{key}, dial: headed(proxyHeader)})
	c.shows("#general")
	c.press(keyCtrlD)
	c.status()
	s.logs(`"remote":"192.0.2.7:4711"`) // the address that the load balancer said
	// Each connection must have a header.
	ends(t, s.addr, "SSH-2.0-someone\r\n")
}

func TestAHeaderFromElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := enrol(t, dir, "ann")
	s := startServer(t, dir, "--proxy-protocol", "198.51.100.0/24")
	c := s.connect(key)
	c.press(keyCtrlD)
	c.status()
	s.logs(`"remote":"127.0.0.1:`) // the client's own address
	ends(t, s.addr, proxyHeader+"SSH-2.0-someone\r\n")
	ends(t, s.addr, "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x01\x12\x67\x00\x16SSH-2.0-someone\r\n")
}

// ends checks that a server ends a connection that begins with this text, without a
// key exchange.
func ends(t *testing.T, addr, head string) {
	t.Helper()
	conn, err := headed(head)(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(testkit.Patience)); err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(conn)
	if strings.Contains(string(said), "curve25519") {
		t.Errorf("after %q the server goes on: %q", head, said)
	}
}
