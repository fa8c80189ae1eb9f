package testbed

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serverPackage is built if the command line names no server.
const serverPackage = "confab/cmd/confab"

// Build builds the server in a folder, as for a release, and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	return build(ctx, filepath.Join(dir, "confab.exe")) // Windows needs this extension; other systems ignore it
}

func build(ctx context.Context, path string, flags ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-trimpath", "-o", path}, flags, []string{serverPackage})...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the server (%w); run this inside confab's source code, or name a server with --confab:\n%s", err, said)
	}
	return path, nil
}

// Server is a confab process.
type Server struct {
	Addr    string // host:port, on the loopback interface
	metrics string // the URL of its metrics, "" without --metrics
	Cmd     *exec.Cmd
	logFile string
	Took    time.Duration // from its start until it was ready
	Exited  chan struct{} // closed when it has ended; err is why
	err     error
}

// anyPort is the address of a server: a free port on the loopback interface.
const anyPort = "127.0.0.1:0"

// StartServer starts "confab serve" on a data folder and a free loopback port.
func StartServer(ctx context.Context, confab, data, logFile string, more ...string) (*Server, error) {
	return StartServerAt(ctx, anyPort, confab, data, logFile, more...)
}

// StartServerAt starts "confab serve" on a data folder and an address, and waits
// until it is ready. It appends the log to a file, as a service does.
func StartServerAt(ctx context.Context, listen, confab, data, logFile string, more ...string) (*Server, error) {
	log, err := os.OpenFile(logFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own
	s := &Server{logFile: logFile, Exited: make(chan struct{})}
	s.Cmd = exec.Command(confab, append([]string{
		"serve", "--data", data, "--listen", listen,
		"--max-messages=0", "--max-bot-messages=0", "--max-bytes=0", "--max-requests=0", // this measures the server and not its limits
	}, more...)...)
	s.Cmd.Stderr = log
	out, err := s.Cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.Cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	ready := make(chan places, 1)
	go func() {
		defer close(s.Exited)
		if at, ok := readPlaces(out); ok {
			ready <- at
		}
		_, _ = io.Copy(io.Discard, out)
		s.err = s.Cmd.Wait()
	}()
	late := time.NewTimer(Patience)
	defer late.Stop()
	select {
	case at := <-ready:
		s.Took = time.Since(began)
		s.Addr, s.metrics = at.addr, at.metrics
		err = onlyLoopback(s.Addr)
	case <-s.Exited:
		err = fmt.Errorf("the server ended before it was ready (%v)%s", s.err, s.lastLog())
	case <-late.C:
		err = fmt.Errorf("the server is not ready after %s%s", Patience, s.lastLog())
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// places are where a server listens.
type places struct{ addr, metrics string }

// readPlaces reads the server's output until it is ready, and returns where it listens.
func readPlaces(out io.Reader) (at places, ready bool) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if a, ok := strings.CutPrefix(lines.Text(), "confab listens on "); ok {
			at.addr = a
		}
		if url, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "metrics "); ok {
			at.metrics = strings.TrimSpace(url)
		}
		if lines.Text() == "confab: ready" {
			return at, at.addr != ""
		}
	}
	return places{}, false
}

// Metric returns the value of a metric of a server that was started with --metrics.
func (s *Server) Metric(ctx context.Context, name string) (float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("reading the server's metrics: %w", err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.Join(fmt.Errorf("the server has no metric %s", name), lines.Err())
}

// onlyLoopback refuses addresses of other machines, so that nobody puts load on
// someone else's server.
func onlyLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the server's address: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("the server listens on %s, which is not the loopback interface", addr)
	}
	return nil
}

// Kill ends the server with kill -9, and returns when it has ended.
func (s *Server) Kill() {
	_ = s.Cmd.Process.Kill()
	<-s.Exited
}

// Stop asks the server to end, and kills it if it does not. A server that has
// already ended is not an error.
func (s *Server) Stop() error {
	if s.Cmd.Process.Signal(os.Interrupt) != nil { // Windows has no such signal
		_ = s.Cmd.Process.Kill()
	}
	select {
	case <-s.Exited:
		return nil
	case <-time.After(Patience):
	}
	_ = s.Cmd.Process.Kill()
	<-s.Exited
	return fmt.Errorf("the server did not stop within %s and was killed%s", Patience, s.lastLog())
}

// lastLog returns the end of the server's log, to be put after an error.
func (s *Server) lastLog() string {
	data, _ := os.ReadFile(s.logFile)
	const most = 2000
	return "; the end of its log:\n" + string(data[max(0, len(data)-most):])
}

// Faults returns the lines of the server's log that report errors.
func (s *Server) Faults() []string {
	data, err := os.ReadFile(s.logFile)
	if err != nil {
		return []string{"reading the server's log: " + err.Error()}
	}
	var faults []string
	for line := range bytes.Lines(data) {
		if bytes.Contains(line, []byte(`"level":"ERROR"`)) || !bytes.HasPrefix(line, []byte("{")) { // a panic is not JSON
			faults = append(faults, strings.TrimSpace(string(line)))
		}
	}
	return faults
}
