package body

import (
	"fmt"
	"slices"
	"strings"
)

// alerts is the body of Alertmanager
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), and of
// Grafana, which sends the same with more
// (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/).
type alerts struct {
	Status       string            `json:"status"`
	GroupLabels  map[string]string `json:"groupLabels"`
	CommonLabels map[string]string `json:"commonLabels"`
	ExternalURL  string            `json:"externalURL"`
	Truncated    int               `json:"truncatedAlerts"`
	Alerts       []alert           `json:"alerts"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	GeneratorURL string            `json:"generatorURL"`
	PanelURL     string            `json:"panelURL"` // only Grafana
	DashboardURL string            `json:"dashboardURL"`
}

// alertsShown is how many alerts of a body have a line of their own.
const alertsShown = 10

// alertName is the label with the name of an alert.
const alertName = "alertname"

// words returns the text: a line that says what all alerts have in common, and a line for
// each.
func (a *alerts) words() (string, error) {
	if len(a.Alerts) == 0 {
		return "", ErrIgnored
	}
	firing, resolved := 0, 0
	for _, one := range a.Alerts {
		if one.Status == "resolved" {
			resolved++
		} else {
			firing++
		}
	}
	state := fmt.Sprintf("firing: %d, resolved: %d", firing, resolved)
	switch {
	case len(a.Alerts) == 1 && resolved == 0:
		state = "firing"
	case len(a.Alerts) == 1:
		state = "resolved"
	case resolved == 0:
		state = fmt.Sprintf("firing: %d", firing)
	case firing == 0:
		state = fmt.Sprintf("resolved: %d", resolved)
	}
	common := a.CommonLabels
	if len(common) == 0 {
		common = a.GroupLabels
	}
	if len(a.Alerts) == 1 {
		common = a.Alerts[0].Labels
	}
	lines := []string{join(bold(state), line(firstOf(common[alertName], "alerts")), labels(common, nil))}
	for i, one := range a.Alerts {
		if i == alertsShown {
			lines = append(lines, fmt.Sprintf("… and %d more", len(a.Alerts)-i+max(a.Truncated, 0)))
			break
		}
		lines = append(lines, one.lines(common, len(a.Alerts) > 1, resolved > 0 && firing > 0)...)
	}
	if len(a.Alerts) > 1 {
		lines = append(lines, link(a.ExternalURL))
	}
	return strings.Join(present(lines), "\n"), nil
}

// lines returns what an alert says that the common labels do not.
func (a alert) lines(common map[string]string, many, mixed bool) []string {
	about := firstOf(a.Annotations["summary"], a.Annotations["description"], a.Annotations["message"])
	if !many {
		return []string{line(about), link(firstOf(a.PanelURL, a.DashboardURL, a.GeneratorURL))}
	}
	state, name := "", ""
	if mixed {
		state = line(a.Status)
	}
	if common[alertName] == "" {
		name = line(a.Labels[alertName])
	}
	words := join(state, name, labels(a.Labels, common))
	if about = line(about); about != "" {
		words = strings.TrimPrefix(words+": "+about, ": ")
	}
	return []string{"- " + firstOf(words, "an alert")}
}

// labelsShown is how many labels are shown at once.
const labelsShown = 6

// labels returns labels as text, without the name and those that others have shown already.
func labels(of, shown map[string]string) string {
	var list []string
	for name, value := range of {
		if name == alertName || strings.HasPrefix(name, "__") || shown[name] == value && value != "" {
			continue
		}
		list = append(list, line(name)+"="+line(value))
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	if len(list) > labelsShown {
		list = append(list[:labelsShown], "…")
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// oldAlert is the body of Grafana's alerts before version 9.
type oldAlert struct {
	Title    string `json:"title"`
	RuleName string `json:"ruleName"`
	RuleURL  string `json:"ruleUrl"`
	State    string `json:"state"`
	Message  string `json:"message"`
}

func (a *oldAlert) words() (string, error) {
	return linked(join(bold(a.State), line(firstOf(a.RuleName, a.Title))), a.RuleURL) + quote(a.Message), nil
}
