// Package schema brings the schema of a database up to date.
package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// ErrNewer says that a later version of confab created the database, so this
// version must not change it.
var ErrNewer = errors.New("a newer version of confab has upgraded this database: use that version, or restore an older backup")

// Up applies the migrations of a provider that the database does not have yet. It returns
// [ErrNewer], and changes nothing, if the database has others.
func Up(ctx context.Context, db *sql.DB, dialect goose.Dialect, provider *goose.Provider) error {
	if err := checkAge(ctx, db, dialect, provider); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the schema up to date: %w", err)
	}
	return nil
}

// checkAge returns [ErrNewer] if the database has a migration that is not among the
// provider's. The highest number is not enough, because the numbers up to 40 have
// gaps.
func checkAge(ctx context.Context, db *sql.DB, dialect goose.Dialect, provider *goose.Provider) error {
	// This creates the table of versions if it is missing.
	if _, err := provider.GetDBVersion(ctx); err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	versions, err := database.NewStore(dialect, goose.DefaultTablename)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	have, err := versions.ListMigrations(ctx, db)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	known := map[int64]bool{0: true} // goose's own first row
	for _, source := range provider.ListSources() {
		known[source.Version] = true
	}
	for _, m := range have {
		if m.IsApplied && !known[m.Version] {
			return ErrNewer
		}
	}
	return nil
}
