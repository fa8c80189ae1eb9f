package sqlite_test

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/db/sqlite"
	"confab/db/storetest"
)

func path(t *testing.T) string {
	t.Helper()
	// These characters have a meaning in a URI.
	return filepath.Join(t.TempDir(), "with space?#%41.db")
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestADatabaseOfALaterVersionIsLeftAlone(t *testing.T) {
	for _, version := range []int{99999, 9} {
		t.Run(strconv.Itoa(version), func(t *testing.T) { testLaterVersion(t, version) })
	}
}

func testLaterVersion(t *testing.T, version int) {
	p := path(t)
	if err := open(t, p).Close(); err != nil {
		t.Fatal(err)
	}
	// The path contains a "?", so it must be given as a URI. Otherwise this would
	// be another file.
	raw, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(p)}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)", version); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlite.Open(t.Context(), p); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("opening it gave %v, %v; want ErrNewer", s, err)
	}
}

// Package storetest is the contract of every such store.
func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) chat.Store {
		s := open(t, path(t))
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestWhatWasCommittedIsThereAfterOpeningAgain(t *testing.T) {
	p := path(t)
	s := open(t, p)
	err := s.Update(t.Context(), func(tx chat.Tx) error {
		_, err := tx.InsertUser(t.Context(), chat.User{UID: uuid.New(), Name: "bob", Role: chat.RoleMember, CreatedAt: time.Now()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, p)
	defer s.Close()
	if u, err := s.UserByName(t.Context(), "bob"); err != nil || u.Role != chat.RoleMember {
		t.Errorf("after opening it again: %+v, %v", u, err)
	}
}
