package body

import (
	"fmt"
	"strings"

	"confab/app/text"
)

// forgeEvent is the body of an event of GitHub
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads), and of Gitea and
// Forgejo, which have followed it (https://docs.gitea.com/usage/webhooks).
type forgeEvent struct {
	Action     string `json:"action"`
	Ref        string `json:"ref"`
	Created    bool   `json:"created"`
	Deleted    bool   `json:"deleted"`
	Forced     bool   `json:"forced"`
	Before     string `json:"before"`
	After      string `json:"after"`
	Compare    string `json:"compare"`       // of GitHub
	CompareURL string `json:"compare_url"`   // of Gitea
	Total      int    `json:"total_commits"` // of Gitea, whose list of commits may be shorter
	Commits    []struct {
		ID      string `json:"id"`
		Message string `json:"message"`
		Author  struct {
			Name string `json:"name"`
		} `json:"author"`
	} `json:"commits"`
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
	Organization forgeUser `json:"organization"`
	Sender       forgeUser `json:"sender"`
	Pusher       forgeUser `json:"pusher"`
	PullRequest  forgeItem `json:"pull_request"`
	Issue        forgeItem `json:"issue"`
	Number       int       `json:"number"`
	Comment      struct {
		Body    string `json:"body"`
		HTMLURL string `json:"html_url"`
	} `json:"comment"`
	Review struct {
		State   string `json:"state"` // of GitHub
		Body    string `json:"body"`
		HTMLURL string `json:"html_url"`
		Content string `json:"content"` // of Gitea
	} `json:"review"`
	Release struct {
		TagName string `json:"tag_name"`
		Name    string `json:"name"`
		HTMLURL string `json:"html_url"`
	} `json:"release"`
	WorkflowRun struct {
		Name       string `json:"name"`
		HeadBranch string `json:"head_branch"`
		Conclusion string `json:"conclusion"`
		HTMLURL    string `json:"html_url"`
	} `json:"workflow_run"`
}

type forgeUser struct {
	Login    string `json:"login"`
	Username string `json:"username"`
	Name     string `json:"name"` // of GitHub's pusher
}

func (u forgeUser) String() string { return line(firstOf(u.Login, u.Username, u.Name)) }

// forgeItem is an issue or a pull request.
type forgeItem struct {
	Number      int    `json:"number"`
	Title       string `json:"title"`
	HTMLURL     string `json:"html_url"`
	Merged      bool   `json:"merged"`
	HasMerged   any    `json:"merged_at"`
	PullRequest any    `json:"pull_request"` // in an issue: it is a pull request
}

// words returns the text for an event. Events that no team wants in a chat are [ErrIgnored]:
// stars, labels, the steps of a check and all that are not listed here.
func (e *forgeEvent) words(forge, event string) (string, error) {
	where, who := bold(firstOf(e.Repository.FullName, e.Organization.String(), forge)), e.Sender.String()
	switch event {
	case "ping":
		return join(where, forge, "is connected to this webhook."), nil
	case "push":
		return e.push(where, firstOf(e.Pusher.String(), who))
	case "pull_request":
		return e.item(where, who, "pull request", e.PullRequest)
	case "issues":
		return e.item(where, who, "issue", e.Issue)
	case "issue_comment", "pull_request_comment", "pull_request_review_comment":
		return e.comment(where, who)
	case "pull_request_review", "pull_request_approved", "pull_request_rejected":
		return e.review(where, who, event)
	case "release":
		if e.Action != "published" {
			return "", ErrIgnored
		}
		name := line(e.Release.Name)
		if name == line(e.Release.TagName) {
			name = ""
		}
		return linked(join(where, who, "published", line(e.Release.TagName), name), e.Release.HTMLURL), nil
	case "workflow_run":
		return e.workflow(where)
	default:
		return "", ErrIgnored
	}
}

// commitsShown is how many commits of a push have a line.
const commitsShown = 5

// push describes a push. One without commits makes or deletes a branch or a tag.
func (e *forgeEvent) push(where, who string) (string, error) {
	kind, name := "branch", strings.TrimPrefix(e.Ref, "refs/heads/")
	if tag, is := strings.CutPrefix(e.Ref, "refs/tags/"); is {
		kind, name = "tag", tag
	}
	total := max(e.Total, len(e.Commits))
	switch {
	case e.Deleted || noCommit(e.After):
		return join(where, who, "deleted", kind, code(name)), nil
	case total == 0 && (e.Created || noCommit(e.Before) || kind == "tag"):
		return join(where, who, "created", kind, code(name)), nil
	case total == 0 && e.Forced:
		return linked(join(where, who, "moved", code(name)), firstOf(e.Compare, e.CompareURL)), nil
	case total == 0:
		return "", ErrIgnored
	}
	verb := "pushed"
	if e.Forced {
		verb = "force-pushed"
	}
	var b strings.Builder
	b.WriteString(linked(join(where, who, verb, text.Plural(total, "commit"), "to", code(name)), firstOf(e.Compare, e.CompareURL)))
	for i, c := range e.Commits {
		if i == commitsShown {
			fmt.Fprintf(&b, "\n… and %d more", total-i)
			break
		}
		subject, _, _ := strings.Cut(strings.TrimSpace(c.Message), "\n")
		words := join(code(c.ID[:min(len(c.ID), 7)]), line(subject))
		if by := line(c.Author.Name); by != "" {
			words += " (" + by + ")"
		}
		b.WriteString("\n" + words)
	}
	return b.String(), nil
}

// noCommit reports whether a hash says that there is no commit.
func noCommit(hash string) bool { return hash != "" && strings.Trim(hash, "0") == "" }

// item describes what somebody did to an issue or a pull request.
func (e *forgeEvent) item(where, who, noun string, i forgeItem) (string, error) {
	verb := e.Action
	switch {
	case verb == "closed" && (i.Merged || noun == "pull request" && i.HasMerged != nil):
		verb = "merged"
	case verb == "ready_for_review":
		verb = "marked as ready"
	case verb != "opened" && verb != "closed" && verb != "reopened":
		return "", ErrIgnored // labels, assignments, edits, new commits
	}
	return linked(join(where, who, verb, noun, i.words(e.Number)), i.HTMLURL), nil
}

// words returns the number and the title.
func (i forgeItem) words(number int) string {
	if i.Number == 0 {
		i.Number = number
	}
	if i.Number == 0 {
		return line(i.Title)
	}
	return fmt.Sprintf("#%d %s", i.Number, line(i.Title))
}

func (e *forgeEvent) comment(where, who string) (string, error) {
	if e.Action != "created" && e.Action != "reviewed" {
		return "", ErrIgnored
	}
	i, noun := e.Issue, "issue"
	if i.PullRequest != nil || i.Number == 0 {
		noun = "pull request"
	}
	if i.Number == 0 {
		i = e.PullRequest
	}
	return linked(join(where, who, "commented on", noun, i.words(e.Number)), firstOf(e.Comment.HTMLURL, i.HTMLURL)) + quote(firstOf(e.Comment.Body, e.Review.Content)), nil
}

func (e *forgeEvent) review(where, who, event string) (string, error) {
	if e.Action != "submitted" && e.Action != "reviewed" {
		return "", ErrIgnored
	}
	verb := "reviewed"
	switch {
	case e.Review.State == "approved", event == "pull_request_approved":
		verb = "approved"
	case e.Review.State == "changes_requested", event == "pull_request_rejected":
		verb = "asked for changes in"
	case strings.TrimSpace(e.Review.Body+e.Review.Content) == "":
		return "", ErrIgnored // its comments are events of their own
	}
	return linked(join(where, who, verb, "pull request", e.PullRequest.words(e.Number)), firstOf(e.Review.HTMLURL, e.PullRequest.HTMLURL)) + quote(firstOf(e.Review.Body, e.Review.Content)), nil
}

func (e *forgeEvent) workflow(where string) (string, error) {
	if e.Action != "completed" {
		return "", ErrIgnored
	}
	verb := "ended with " + line(firstOf(e.WorkflowRun.Conclusion, "no result"))
	switch e.WorkflowRun.Conclusion {
	case "success":
		verb = "succeeded"
	case "failure":
		verb = bold("failed")
	case "cancelled":
		verb = "was cancelled"
	case "skipped":
		return "", ErrIgnored
	}
	words := join(where, line(firstOf(e.WorkflowRun.Name, "a workflow")), verb)
	if branch := code(e.WorkflowRun.HeadBranch); branch != "" {
		words += " on " + branch
	}
	return linked(words, e.WorkflowRun.HTMLURL), nil
}
