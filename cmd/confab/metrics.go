package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"confab/app/chat"
	"confab/app/refusal"
	"confab/app/service"
	"confab/cmd/confab/datafolder"
	"confab/cmd/confab/machine"
)

// metricsFlag is the address on which metrics are served.
type metricsFlag struct {
	Metrics machine.HTTPAddress `help:"Serve Prometheus metrics, /healthz and /readyz over HTTP on this address; :9222 listens on the machine itself only." env:"CONFAB_METRICS" placeholder:"ADDR"`
}

// meters are the Prometheus metrics of a server.
type meters struct {
	registry *prometheus.Registry
	store    *prometheus.HistogramVec
	failed   prometheus.Counter // writes
}

// storeBuckets are in seconds. They range from a read that is in memory to a disk
// that stalls.
func storeBuckets() []float64 {
	return []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}
}

// newMetrics creates the meters. It returns nil if metrics are off.
func (f metricsFlag) newMetrics() *meters {
	if f.Metrics == "" {
		return nil
	}
	m := &meters{
		registry: prometheus.NewRegistry(),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "confab_store_seconds", Help: "Time that the database took, by operation; update is a transaction with its flush.", Buckets: storeBuckets(),
		}, []string{"operation"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "confab_failed_writes_total", Help: "Transactions that failed, for example because the disk is full.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "confab_build_info", Help: "Always 1. The labels say which version of confab runs.",
		ConstLabels: prometheus.Labels{"version": version(), "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.store, m.failed, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch returns a store that measures its operations.
func (m *meters) watch(s chat.Store) chat.Store {
	if m == nil {
		return s
	}
	of := func(operation string) prometheus.Observer { return m.store.WithLabelValues(operation) }
	return &measuredStore{Store: s, update: of("update"), failed: m.failed, search: of("search"), page: of("page"), list: of("list")}
}

// measuredStore wraps a store and measures the operations that people wait for.
type measuredStore struct {
	chat.Store
	update, search, page, list prometheus.Observer
	failed                     prometheus.Counter
}

func since(o prometheus.Observer, begun time.Time) { o.Observe(time.Since(begun).Seconds()) }

func (s *measuredStore) Update(ctx context.Context, fn func(chat.Tx) error) error {
	defer since(s.update, time.Now())
	err := s.Store.Update(ctx, fn)
	if err != nil && !chat.IsRefusal(err) && ctx.Err() == nil {
		s.failed.Inc()
	}
	return err
}

func (s *measuredStore) Search(ctx context.Context, l chat.Lookup) ([]*chat.Message, error) {
	defer since(s.search, time.Now())
	return s.Store.Search(ctx, l)
}

func (s *measuredStore) MessagesBefore(ctx context.Context, id chat.ConversationID, floor, before chat.Seq, limit int) ([]*chat.Message, error) {
	defer since(s.page, time.Now())
	return s.Store.MessagesBefore(ctx, id, floor, before, limit)
}

func (s *measuredStore) MessagesAfter(ctx context.Context, id chat.ConversationID, after chat.Seq, limit int) ([]*chat.Message, error) {
	defer since(s.page, time.Now())
	return s.Store.MessagesAfter(ctx, id, after, limit)
}

func (s *measuredStore) PageBefore(ctx context.Context, id chat.ConversationID, root, floor, before chat.Seq, limit int) ([]*chat.Message, error) {
	defer since(s.page, time.Now())
	return s.Store.PageBefore(ctx, id, root, floor, before, limit)
}

func (s *measuredStore) PageAfter(ctx context.Context, id chat.ConversationID, root, after chat.Seq, limit int) ([]*chat.Message, error) {
	defer since(s.page, time.Now())
	return s.Store.PageAfter(ctx, id, root, after, limit)
}

func (s *measuredStore) ListOf(ctx context.Context, user chat.UserID) ([]chat.ConversationSummary, error) {
	defer since(s.list, time.Now())
	return s.Store.ListOf(ctx, user)
}

// statsCollector converts the counts of the service into metrics on request.
type statsCollector struct {
	service  *service.Service
	dir      string // the data folder
	stats    []stat
	sizes    []size
	refusals *prometheus.Desc
}

// size is a number of bytes that is looked up on request.
type size struct {
	desc *prometheus.Desc
	of   func(dir string) (int64, error)
}

// sizeOf returns a function that looks up the size of a file in the data folder. The
// write-ahead log is missing at times, and then has no bytes.
func sizeOf(name string) func(string) (int64, error) {
	return func(dir string) (int64, error) {
		info, err := os.Stat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
}

type stat struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(chat.Stats) float64
}

func newStatsCollector(service *service.Service, dir string) *statsCollector {
	c := &statsCollector{service: service, dir: dir, refusals: prometheus.NewDesc("confab_refusals_total",
		"What the server has refused, by reason. The log says whom, and what to do.", []string{"reason"}, nil)}
	measure := func(name, help string, of func(string) (int64, error)) {
		c.sizes = append(c.sizes, size{prometheus.NewDesc(name, help, nil, nil), of})
	}
	measure("confab_database_bytes", "Size of the database file.", sizeOf(datafolder.DatabaseFile))
	measure("confab_wal_bytes", "Size of the database's write-ahead log.", sizeOf(datafolder.DatabaseFile+"-wal"))
	measure("confab_disk_free_bytes", "Free space on the disk of the data folder.", machine.FreeSpace)
	measure("confab_disk_size_bytes", "Size of the disk of the data folder.", machine.DiskSize)
	add := func(kind prometheus.ValueType, name, help string, of func(chat.Stats) float64) {
		c.stats = append(c.stats, stat{prometheus.NewDesc(name, help, nil, nil), kind, of})
	}
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	add(gauge, "confab_sessions", "Open screens, and commands that follow conversations.", func(s chat.Stats) float64 { return float64(s.Sessions) })
	add(gauge, "confab_scripts", "Running commands and file transfers.", func(s chat.Stats) float64 { return float64(s.Scripts) })
	add(gauge, "confab_accounts_connected", "Accounts with a session.", func(s chat.Stats) float64 { return float64(s.Accounts) })
	add(gauge, "confab_mailbox_events", "Events that wait in the mailboxes of all sessions.", func(s chat.Stats) float64 { return float64(s.Waiting) })
	add(gauge, "confab_mailbox_events_max", "Events in the fullest mailbox. At 256, the server empties it.", func(s chat.Stats) float64 { return float64(s.Deepest) })
	add(gauge, "confab_writes_waiting", "Changes that wait for the database. All waiting changes are committed together.", func(s chat.Stats) float64 { return float64(s.Writing) })
	add(gauge, "confab_requests_waiting", "People who have asked to be let in and wait for an answer.", func(s chat.Stats) float64 { return float64(s.Requests) })
	add(gauge, "confab_marker_lag_seconds", "For how long the oldest moved read or delivery marker has waited to be written. It is well under a second unless the database is slow.", func(s chat.Stats) float64 { return s.MarkerLag.Seconds() })
	add(gauge, "confab_bus_down", "1 while the server cannot hear what other servers on the same database tell it, so that it finds their messages a moment later.", func(s chat.Stats) float64 { return oneIf(s.Bus.Away) })
	add(counter, "confab_bus_refused_total", "Texts on the bus to the other servers that no server of this version has sent.", func(s chat.Stats) float64 { return float64(s.Bus.Refused) })
	add(counter, "confab_expiry_runs_total", "How often the server has looked for expired messages.", func(s chat.Stats) float64 { return float64(s.ExpiryRuns) })
	add(counter, "confab_away_told_total", "Notices of messages to people who are away that the program of --notify-command has taken.", func(chat.Stats) float64 { told, _, _ := service.Host().Away().Counts(); return float64(told) })
	add(counter, "confab_away_failed_total", "Notices with which that program has failed.", func(chat.Stats) float64 { _, failed, _ := service.Host().Away().Counts(); return float64(failed) })
	add(counter, "confab_away_dropped_total", "Messages of which nobody away was told, because too many waited.", func(chat.Stats) float64 { _, _, dropped := service.Host().Away().Counts(); return float64(dropped) })
	add(counter, "confab_expired_messages_total", "Messages and system lines that were deleted because they had expired.", func(s chat.Stats) float64 { return float64(s.ExpiredMessages) })
	add(counter, "confab_expired_files_total", "Files that were deleted with expired messages.", func(s chat.Stats) float64 { return float64(s.ExpiredFiles) })
	add(counter, "confab_messages_posted_total", "Committed messages and system lines.", func(s chat.Stats) float64 { return float64(s.Posted) })
	add(counter, "confab_deliveries_total", "Events delivered to mailboxes.", func(s chat.Stats) float64 { return float64(s.Deliveries) })
	add(counter, "confab_resyncs_total", "Mailboxes that overflowed, so that their sessions had to read from the database.", func(s chat.Stats) float64 { return float64(s.Resyncs) })
	return c
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *statsCollector) Describe(out chan<- *prometheus.Desc) {
	for _, s := range c.stats {
		out <- s.desc
	}
	for _, s := range c.sizes {
		out <- s.desc
	}
	out <- c.refusals
}

// Collect implements prometheus.Collector.
func (c *statsCollector) Collect(out chan<- prometheus.Metric) {
	now := c.service.Stats()
	for _, s := range c.stats {
		out <- prometheus.MustNewConstMetric(s.desc, s.kind, s.of(now))
	}
	for _, s := range c.sizes {
		if n, err := s.of(c.dir); err == nil { // without the metric, an alarm on it can notice the fault
			out <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, float64(n))
		}
	}
	for _, r := range refusal.Reasons() {
		out <- prometheus.MustNewConstMetric(c.refusals, prometheus.CounterValue, float64(c.service.Refusals().Count(r)), string(r))
	}
}

// readyTime is how long the database may take to write before the server counts as not
// ready.
const readyTime = 2 * time.Second

// probeEvery is how often /readyz writes to the database at most. Requests in between get
// the last answer.
const probeEvery = time.Second

// probe finds out whether the server can write to its database. Several goroutines may use it.
type probe struct {
	write func(context.Context) error

	mu      sync.Mutex
	running chan struct{} // closed at the end of the attempt that is under way; nil without one
	at      time.Time     // of the end of the last attempt
	err     error         // of the last attempt
}

// canWrite returns an error if the server cannot write, or not before ctx ends. However many
// callers there are, one attempt is made at a time. A disk that hangs may never answer it.
func (p *probe) canWrite(ctx context.Context) error {
	p.mu.Lock()
	if p.running == nil && time.Since(p.at) < probeEvery {
		defer p.mu.Unlock()
		return p.err
	}
	if p.running == nil {
		p.running = make(chan struct{})
		go p.try()
	}
	done := p.running
	p.mu.Unlock()
	select {
	case <-done:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *probe) try() {
	err := p.write(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.running)
	p.running, p.at, p.err = nil, time.Now(), err
}

// serveMetrics serves metrics until ctx ends. It returns the address, nil if
// metrics are off, and a function that stops it.
func (f metricsFlag) serveMetrics(ctx context.Context, m *meters, service *service.Service, dir string, log *slog.Logger) (at net.Addr, stop func(), err error) {
	if m == nil {
		return nil, func() {}, nil
	}
	l, err := f.Metrics.Listen("metrics")
	if err != nil {
		return nil, nil, err
	}
	m.registry.MustRegister(newStatsCollector(service, dir))
	writing := &probe{write: service.CanWrite}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil { // at once, so that a load balancer sends nobody here
			http.Error(w, "stopping", http.StatusServiceUnavailable)
			return
		}
		asking, cancel := context.WithTimeout(r.Context(), readyTime)
		defer cancel()
		err := writing.canWrite(asking)
		switch {
		case errors.Is(err, chat.ErrFull):
			http.Error(w, "the disk is full, so nothing can be written", http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, "nothing can be written to the database", http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, "ready")
		}
	})
	return l.Addr(), machine.ServeHTTP(l, mux, nil, log), nil
}
