package console

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// Format has the flag of commands that write lists.
type Format struct {
	JSON bool `name:"json" help:"Write a JSON object for each line, for programs."`
}

// Head begins each JSON object. docs/hosting.schema.json describes all of them.
type Head struct {
	V    int    `json:"v"`
	Type string `json:"type"`
}

// NewHead returns the beginning of an object of a type.
func NewHead(kind string) Head { return Head{V: 1, Type: kind} }

// Item is a thing in a list: the object for programs, and the columns for people.
type Item struct {
	Object  any
	Columns []string
}

// List writes a list. none tells people that the list is empty; programs get no line then.
func List[T any](f Format, out Streams, things []T, none string, item func(T) Item) error {
	if f.JSON {
		to := json.NewEncoder(out.Out)
		to.SetEscapeHTML(false)
		for _, t := range things {
			if err := to.Encode(item(t).Object); err != nil {
				return err
			}
		}
		return nil
	}
	if len(things) == 0 {
		fmt.Fprintln(out.Err, none)
		return nil
	}
	w := tabwriter.NewWriter(out.Out, 0, 0, 2, ' ', 0)
	for _, t := range things {
		fmt.Fprintln(w, strings.Join(item(t).Columns, "\t"))
	}
	return w.Flush()
}

// Stamp formats a time for programs. It is nil for the zero time.
func Stamp(at time.Time) *string {
	if at.IsZero() {
		return nil
	}
	s := at.UTC().Format(time.RFC3339)
	return &s
}

// Minute formats a time for people.
func Minute(at time.Time) string { return at.Format("2006-01-02 15:04") }

// Day formats a time for people, "never" for the zero time.
func Day(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format("2006-01-02")
}
