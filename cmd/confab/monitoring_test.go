package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// monitoring is the folder with the examples for Prometheus and Grafana.
var monitoring = filepath.Join("..", "..", "docs", "examples", "monitoring")

// Each metric that an alert or a panel names is served, and so is each value of a label
// that they ask for. A panel that asks for anything else would stay empty, and an alert
// would never fire.
func TestAlertsAndPanelsNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	annKey := enrol(t, dir, "ann")
	s := startServer(t, dir, "--metrics", ":0")
	ann := s.connect(annKey)
	ann.say("hello")
	ann.showsSent("hello")
	_, served := get(t, regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(s.said)+"/metrics")
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}

	name := regexp.MustCompile(`\b(?:confab|go|process)_[a-z_]+\b`)
	label := regexp.MustCompile(`\b(reason|operation)=(~?)"([a-z_|]+)"`)
	for file, expressions := range map[string][]string{"alerts.yaml": ruleExpressions(t), "dashboard.json": panelExpressions(t)} {
		if len(expressions) < 8 {
			t.Errorf("%s has the expressions %q", file, expressions)
		}
		for _, e := range expressions {
			names := name.FindAllString(e, -1)
			if len(names) == 0 && !strings.HasPrefix(e, `up{job="confab"}`) {
				t.Errorf("%s asks for %q, which names no metric", file, e)
			}
			for _, n := range names {
				if !regexp.MustCompile(`(?m)^` + n + `[{ ]`).MatchString(served) {
					t.Errorf("%s asks for %s, which the server does not have", file, n)
				}
			}
			for _, l := range label.FindAllStringSubmatch(e, -1) {
				for value := range strings.SplitSeq(l[3], "|") {
					if !strings.Contains(served, l[1]+`="`+value+`"`) {
						t.Errorf("%s asks for %s=%q, which the server does not have", file, l[1], value)
					}
				}
			}
		}
	}
}

// ruleExpressions returns the expressions of the alerts.
func ruleExpressions(t *testing.T) (found []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(monitoring, "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if e, ok := strings.CutPrefix(strings.TrimSpace(line), "expr: "); ok {
			found = append(found, e)
		}
	}
	return found
}

// panelExpressions returns the expressions of the panels and of everything else on the
// dashboard. It checks that Grafana can lay the panels out as they are.
func panelExpressions(t *testing.T) (found []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(monitoring, "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	type query struct{ Expr string }
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []query
		}
		Annotations struct{ List []query }
		Templating  struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	ids, taken := make(map[int]bool), make(map[[2]int]string)
	for _, p := range board.Panels {
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("the panel %q has no id of its own", p.Title)
		}
		ids[p.ID] = true
		if p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("the panel %q is wider than the dashboard", p.Title)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[at]; other != "" {
					t.Fatalf("the panels %q and %q overlap", other, p.Title)
				}
				taken[at] = p.Title
			}
		}
		if len(p.Targets) == 0 {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
		for _, q := range p.Targets {
			found = append(found, q.Expr)
		}
	}
	for _, q := range board.Annotations.List {
		found = append(found, q.Expr)
	}
	for _, v := range board.Templating.List {
		if v.Definition != "" {
			found = append(found, v.Definition)
		}
	}
	return found
}

// promtool finds the alerts valid, and they fire when alerts_test.yaml says.
func TestTheAlertsFire(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool here")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(monitoring)); err != nil {
		t.Fatal(err)
	}
	passes := func(args ...string) {
		t.Helper()
		check := exec.CommandContext(t.Context(), promtool, args...)
		check.Dir = dir
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	passes("check", "config", "prometheus.yaml")
	passes("check", "rules", "--lint-fatal", "alerts.yaml")
	passes("test", "rules", "alerts_test.yaml")

	// Each expression of the dashboard is PromQL: as a rule, it passes too. Grafana puts
	// values into the variables.
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for _, e := range panelExpressions(t) {
		if strings.HasPrefix(e, "label_values(") {
			continue // is Grafana's
		}
		e = strings.NewReplacer("$__rate_interval", "1m", "$job", "confab", "$instance", "chat").Replace(e)
		quoted, err := json.Marshal(e) // YAML reads it too
		if err != nil {
			t.Fatal(err)
		}
		rules.WriteString("      - {record: panel, expr: " + string(quoted) + "}\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "panels.yaml"), []byte(rules.String()), fs.FileMode(0o600)); err != nil {
		t.Fatal(err)
	}
	passes("check", "rules", "--lint=none", "panels.yaml")
}
