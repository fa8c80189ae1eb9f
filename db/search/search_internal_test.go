package search

import (
	"fmt"
	"testing"
	"time"

	"confab/app/text"
	"confab/db/sqlite/query"
)

func TestNarrowKeepsTheLongWords(t *testing.T) {
	parse := func(words string) []text.Phrase {
		q, err := text.ParseQuery(words, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return q.Phrases
	}
	for _, c := range []struct {
		text  string
		words int
		late  bool
		want  string // "" for all
	}{
		{`a bb "cc dd"`, 4, false, ""},
		{`a bb "cc ddd"`, 3, false, "a bb ddd"},
		{`a bb "ccc dd"*`, 3, false, "a bb ccc"},
		{`bbb* a cc`, 2, false, "bbb* cc"},
		{`a bb ccc`, 0, false, "ccc"},
		{`abcdef* abcdef`, 9, false, ""},
		{`abcdef* abcdef`, 9, true, "abc* abcdef"},
		{`abc*`, 9, true, ""},
		{`v1* abc`, 9, false, "v abc"},
		{`v10*`, 9, false, ""},
	} {
		phrases := parse(c.text)
		got, narrowed := narrow(phrases, c.words, c.late)
		want := c.want
		if want == "" {
			want = c.text
		}
		if fmt.Sprint(got) != fmt.Sprint(parse(want)) || narrowed != (c.want != "") {
			t.Errorf("%s: %v, %t, want %s", c.text, got, narrowed, want)
		}
		if fmt.Sprint(phrases) != fmt.Sprint(parse(c.text)) {
			t.Errorf("%s was changed to %v", c.text, phrases)
		}
	}
}

func TestBandsKeepTheLateApart(t *testing.T) {
	place := func(id, floor, row int64) query.SearchPlacesRow {
		return query.SearchPlacesRow{ID: id, Floor: floor, FloorRow: row}
	}
	for _, c := range []struct {
		name   string
		places []query.SearchPlacesRow
		want   string
	}{
		{"none", nil, "[]"},
		{"all from the beginning", []query.SearchPlacesRow{place(1, 0, 0), place(2, 0, 0)}, "[{[1 2] 0}]"},
		{"late in a small one", []query.SearchPlacesRow{place(1, 0, 0), place(2, 100, 900_000)}, "[{[1 2] 0}]"},
		{"late in a large one", []query.SearchPlacesRow{place(1, 0, 0), place(2, 500_000, 900_000)}, "[{[1] 0} {[2] 900000}]"},
		{"late in many at once", []query.SearchPlacesRow{place(1, 0, 0), place(2, 500_000, 900_000), place(3, 90_000, 900_010), place(4, 80_000, 900_020)}, "[{[1] 0} {[2 3 4] 900000}]"},
	} {
		if got := fmt.Sprint(bands(c.places)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
