package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"confab/db/postgres"
	"confab/db/sqlite/upkeep"
)

// FromPostgres opens a PostgreSQL database as it is at one moment. With hold, nobody can write
// to it until Close.
func FromPostgres(ctx context.Context, address string, hold bool) (*Source, error) {
	db, from, err := beginPostgres(ctx, address)
	if err == nil && hold {
		// This comes before anything is read, so that the moment begins when all have written.
		if _, err = from.tx.ExecContext(ctx, holdAll); err != nil {
			from.close()
			err = errors.Join(fmt.Errorf("waiting for others to finish writing: %w", err), db.Close())
		}
	}
	return openSource(db, from, err)
}

// holdAll lets others read all tables, and not write.
const holdAll = `DO $$
DECLARE one record;
BEGIN
	FOR one IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY oid LOOP
		EXECUTE 'LOCK TABLE ' || one.name || ' IN SHARE MODE';
	END LOOP;
END $$`

// CheckEmpty returns [ErrNotEmpty] if a PostgreSQL database has rows, apart from the contents of
// files. It has the current schema, which [postgres.Open] creates.
func CheckEmpty(ctx context.Context, address string) (err error) {
	db, to, err := beginPostgres(ctx, address)
	if err != nil {
		return err
	}
	defer func() { to.close(); err = errors.Join(err, db.Close()) }()
	tables, err := to.tables(ctx)
	if err != nil {
		return err
	}
	return to.checkEmpty(ctx, tables)
}

// ToPostgres copies everything to a database with the current schema, which the caller has
// claimed (see [postgres.Store.Claim]). It returns [ErrNotEmpty] if that has rows already, apart
// from the contents of files. Either all is copied, or nothing.
func (s *Source) ToPostgres(ctx context.Context, address string) (r Report, err error) {
	db, to, err := beginPostgres(ctx, address)
	if err != nil {
		return r, err
	}
	defer func() { to.close(); err = errors.Join(err, db.Close()) }()
	return s.to(ctx, to)
}

func beginPostgres(ctx context.Context, address string) (*sql.DB, *database, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the address of the database: %w", err)
	}
	return begin(ctx, stdlib.OpenDB(*config), &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, postgresKind{})
}

// Stats describes the size of a PostgreSQL database, and how many contents of files are in it.
type Stats struct {
	Size            int64 // bytes
	Contents, Bytes int64
	Counts          []upkeep.Count
}

// Stats measures a PostgreSQL database, and counts its rows.
func (s *Source) Stats(ctx context.Context) (stats Stats, err error) {
	err = s.from.tx.QueryRowContext(ctx, "SELECT pg_database_size(current_database()), count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM contents").
		Scan(&stats.Size, &stats.Contents, &stats.Bytes)
	if err != nil {
		return stats, fmt.Errorf("reading the size of the database: %w", err)
	}
	stats.Counts, err = upkeep.CountRows(ctx, s.from.tx)
	return stats, err
}

// Vacuum makes PostgreSQL use the space of deleted rows again, and returns the size of the
// database before and after in bytes. Servers may be running.
func Vacuum(ctx context.Context, address string) (before, after int64, err error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the address of the database: %w", err)
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	const size = "SELECT pg_database_size(current_database())"
	err = db.QueryRowContext(ctx, size).Scan(&before)
	if err == nil {
		_, err = db.ExecContext(ctx, "VACUUM (ANALYZE)")
	}
	if err == nil {
		err = db.QueryRowContext(ctx, size).Scan(&after)
	}
	if err != nil {
		err = fmt.Errorf("cleaning the database: %w", err)
	}
	return before, after, err
}

// CheckTables returns an error if a PostgreSQL database has not the tables of this version of
// confab.
func (s *Source) CheckTables(ctx context.Context) error {
	return postgres.CheckSchema(ctx, s.from.tx)
}

// postgresKind is PostgreSQL.
type postgresKind struct{}

func (postgresKind) tables() string {
	return `SELECT tables.relname, columns.attname,
			CASE columns.atttypid WHEN 'bigint'::regtype THEN 'integer' WHEN 'bytea'::regtype THEN 'blob' ELSE format_type(columns.atttypid, NULL) END,
			coalesce(array_position(key.conkey, columns.attnum), 0)
		FROM pg_class AS tables JOIN pg_attribute AS columns ON columns.attrelid = tables.oid AND columns.attnum > 0 AND NOT columns.attisdropped
		LEFT JOIN pg_constraint AS key ON key.conrelid = tables.oid AND key.contype = 'p'
		WHERE tables.relkind = 'r' AND tables.relnamespace = current_schema()::regnamespace
		ORDER BY tables.relname COLLATE "C", columns.attname COLLATE "C"`
}

func (postgresKind) order(c column) string {
	if c.kind == "text" {
		return c.name + ` COLLATE "C"`
	}
	return c.name
}

func (postgresKind) insert(ctx context.Context, d *database, t table, rows iter.Seq2[[]any, error]) error {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	source := pgx.CopyFromFunc(func() ([]any, error) {
		row, err, more := next()
		if !more {
			return nil, nil
		}
		return row, err
	})
	return d.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, names, source)
		return err
	})
}

func (postgresKind) counters(ctx context.Context, d *database) (map[string]int64, error) {
	return readCounters(d.tx.QueryContext(ctx, `SELECT tables.relname, coalesce(numbers.last_value, 0)
		FROM pg_class AS tables JOIN pg_depend AS uses ON uses.refobjid = tables.oid AND uses.deptype = 'i' AND uses.classid = 'pg_class'::regclass
		JOIN pg_class AS sequence ON sequence.oid = uses.objid AND sequence.relkind = 'S'
		JOIN pg_sequences AS numbers ON numbers.schemaname = current_schema() AND numbers.sequencename = sequence.relname
		WHERE tables.relnamespace = current_schema()::regnamespace`))
}

// finish also sets the clock, and indexes all messages.
func (postgresKind) finish(ctx context.Context, d *database, last map[string]int64) error {
	own, err := postgresKind{}.counters(ctx, d) // names the tables with numbers of their own
	if err != nil {
		return fmt.Errorf("setting the last numbers: %w", err)
	}
	for name := range own {
		if last[name] == 0 {
			continue
		}
		if _, err := d.tx.ExecContext(ctx, `SELECT setval(pg_get_serial_sequence($1, attname), $2) FROM pg_attribute
			WHERE attrelid = to_regclass($1) AND attidentity <> ''`, name, last[name]); err != nil {
			return fmt.Errorf("setting the last number of %s: %w", name, err)
		}
	}
	if _, err := d.tx.ExecContext(ctx, "UPDATE commit_clock SET messages = $1, changes = $2, epoch = gen_random_uuid()", last["messages"], last["changes"]); err != nil {
		return fmt.Errorf("setting the clock: %w", err)
	}
	return postgres.IndexAll(ctx, d.tx)
}
