// Package slack reads the exports of Slack: a zip file with lists of users and channels, and
// a folder for each channel with a file for each day
// (https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports).
package slack

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"confab/app/importing"
	"confab/app/importing/lenient"
)

const (
	// maxJSON is the largest file with messages or lists, in bytes. The files of busy days
	// have a few MB. Files that claim to be small and are not (zip bombs) end here as well.
	maxJSON = 64 << 20
	// maxOfDay is how many messages a day of a channel may have.
	maxOfDay = 100_000
)

// Export is an export of Slack.
type Export struct {
	zip   *zip.Reader
	files importing.Folder     // with contents of files; nil without
	top   string               // the folder in the zip file in which everything is, or ""
	held  map[string]*zip.File // the contents in the zip file, by the ids of files
}

// Open opens an export. files has the contents of files that are not in the export, in
// folders with their ids as names, or is nil.
func Open(r io.ReaderAt, size int64, files importing.Folder) (*Export, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // nothing is ever unpacked to a path
		return nil, fmt.Errorf("this is no zip file, or it is damaged (%w)", err)
	}
	e := &Export{zip: z, files: files}
	found := false
	for _, f := range z.File {
		switch path.Base(f.Name) {
		case "users.json", "channels.json", "groups.json", "dms.json", "mpims.json":
			if dir := path.Dir(f.Name); !found || len(dir) < len(e.top) {
				e.top, found = dir, true
			}
		}
	}
	if !found {
		return nil, errors.New("this zip file is no export of Slack: it has no users.json or channels.json")
	}
	if e.top == "." {
		e.top = ""
	}
	e.held = map[string]*zip.File{}
	for _, f := range z.File {
		dir, name := path.Split(f.Name)
		if dir, ok := strings.CutPrefix(dir, path.Join(e.top, "__uploads")+"/"); ok && name != "" {
			e.held[strings.TrimSuffix(dir, "/")] = f
		}
	}
	return e, nil
}

// Name implements [importing.Source].
func (e *Export) Name() string { return "slack" }

// user is an entry of users.json.
type user struct {
	ID      lenient.String          `json:"id"`
	Name    lenient.String          `json:"name"`
	Real    lenient.String          `json:"real_name"`
	IsBot   lenient.Bool            `json:"is_bot"`
	Profile lenient.Object[profile] `json:"profile"`
}

type profile struct {
	Display lenient.String `json:"display_name"`
	Real    lenient.String `json:"real_name"`
	Name    lenient.String `json:"name"`
}

// channel is an entry of the other lists.
type channel struct {
	ID      lenient.String               `json:"id"`
	Name    lenient.String               `json:"name"`
	Created lenient.String               `json:"created"`
	Creator lenient.String               `json:"creator"`
	Members lenient.List[lenient.String] `json:"members"`
	Topic   lenient.Object[struct {
		Value lenient.String `json:"value"`
	}] `json:"topic"`
	Purpose lenient.Object[struct {
		Value lenient.String `json:"value"`
	}] `json:"purpose"`
}

// Read implements [importing.Source].
func (e *Export) Read(ctx context.Context, do func(importing.Item) error) error {
	days := e.days()
	names := map[string]string{} // of channels, by their ids
	err := e.list("users.json", do, func(place string, raw json.RawMessage) error {
		var u user
		if json.Unmarshal(raw, &u) != nil || u.ID == "" {
			return do(importing.Fault{Place: place, Reason: "the user has no id"})
		}
		p := u.Profile.V
		return do(importing.Account{
			Key: string(u.ID), Name: string(cmp.Or(u.Name, u.ID)), Display: string(cmp.Or(p.Display, p.Real, u.Real)), Bot: bool(u.IsBot),
		})
	})
	if err != nil {
		return err
	}
	var all []found
	for _, of := range []struct {
		list           string
		direct, public bool
	}{{"channels.json", false, true}, {"groups.json", false, false}, {"mpims.json", false, false}, {"dms.json", true, false}} {
		err := e.list(of.list, do, func(place string, raw json.RawMessage) error {
			var c channel
			if json.Unmarshal(raw, &c) != nil || c.ID == "" {
				return do(importing.Fault{Place: place, Reason: "the channel has no id"})
			}
			one := found{Conversation: importing.Conversation{
				Key: string(c.ID), Name: string(cmp.Or(c.Name, c.ID)), Direct: of.direct, Public: of.public, Creator: string(c.Creator),
				Topic: string(cmp.Or(c.Topic.V.Value, c.Purpose.V.Value)),
			}}
			one.Created, _ = timeOf(string(c.Created))
			for _, m := range c.Members {
				one.Members = append(one.Members, string(m))
			}
			one.dir = string(c.Name)
			if _, ok := days[one.dir]; !ok {
				one.dir = string(c.ID)
			}
			names[one.Key] = one.Name
			all = append(all, one)
			return nil
		})
		if err != nil {
			return err
		}
	}
	read := map[string]bool{}
	for _, c := range all {
		read[c.dir] = true
	}
	for dir := range days { // channels that no list has
		if !read[dir] {
			all = append(all, found{importing.Conversation{Key: dir, Name: dir, AuthorsJoin: true}, dir})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.dir, b.dir) })
	for _, c := range all {
		if err := e.channel(ctx, c, days[c.dir], names, do); err != nil {
			return err
		}
	}
	return nil
}

// found is a conversation, with the folder of its messages.
type found struct {
	importing.Conversation
	dir string
}

// days returns the files with messages of each channel, in order.
func (e *Export) days() map[string][]*zip.File {
	days := map[string][]*zip.File{}
	for _, f := range e.zip.File {
		name := f.Name
		if e.top != "" {
			var ok bool
			if name, ok = strings.CutPrefix(name, e.top+"/"); !ok {
				continue
			}
		}
		dir, file, ok := strings.Cut(name, "/")
		if ok && strings.HasSuffix(file, ".json") && !strings.Contains(file, "/") && !strings.HasPrefix(dir, "__") {
			days[dir] = append(days[dir], f)
		}
	}
	for _, files := range days {
		slices.SortStableFunc(files, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	}
	return days
}

// list reads one of the lists, which may be missing.
func (e *Export) list(name string, fault func(importing.Item) error, do func(place string, raw json.RawMessage) error) error {
	for _, f := range e.zip.File {
		if f.Name == path.Join(e.top, name) {
			return each(f, fault, do)
		}
	}
	return nil
}

// each reads a file of the export that is a list. A damaged file is a fault.
func each(f *zip.File, fault func(importing.Item) error, do func(place string, raw json.RawMessage) error) error {
	in, err := f.Open()
	if err != nil {
		return fault(importing.Fault{Place: f.Name, Reason: "the file in the export is damaged"})
	}
	defer in.Close()
	limited := &io.LimitedReader{R: in, N: maxJSON}
	var failed error // of do, which ends the import
	n := 0
	err = lenient.Each(limited, func(i int, raw json.RawMessage) error {
		n = i
		place := fmt.Sprintf("%s, entry %d", f.Name, i)
		if raw == nil {
			failed = fault(importing.Fault{Place: place, Reason: "it is no object"})
		} else {
			failed = do(place, raw)
		}
		return failed
	})
	switch {
	case failed != nil:
		return failed
	case errors.Is(err, lenient.ErrNotList):
		return fault(importing.Fault{Place: f.Name, Reason: "the file in the export is no list"})
	case err != nil && limited.N == 0:
		return fault(importing.Fault{Place: fmt.Sprintf("%s, after entry %d", f.Name, n), Reason: "the file in the export is too large: the rest of it does not come"})
	case err != nil:
		return fault(importing.Fault{Place: fmt.Sprintf("%s, after entry %d", f.Name, n), Reason: "the file in the export is damaged: the rest of it does not come"})
	}
	return nil
}
