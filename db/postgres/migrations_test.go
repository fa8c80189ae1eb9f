package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// retired is what migrations may take away, by their numbers, as breaks words it. The version
// before the one with the migration must not use it any more.
var retired = map[int64][]string{}

// tables is what a statement that was written for a schema depends on.
type tables struct {
	columns map[string]column          // by "table.column", also those of views
	rules   map[string]map[string]bool // by table: what its rows must meet
}

type column struct {
	kind     string
	optional bool // NULL is allowed
	filled   bool // an INSERT may leave it out
}

// query is a database or a transaction.
type query interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readTables(t *testing.T, from query) tables {
	t.Helper()
	all := tables{map[string]column{}, map[string]map[string]bool{}}
	each := func(text string, to []any, do func()) {
		t.Helper()
		rows, err := from.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			do()
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	var table, name, rule string
	var c column
	each(`SELECT table_name, column_name, data_type, is_nullable = 'YES',
			is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS'
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'goose_db_version'`,
		[]any{&table, &name, &c.kind, &c.optional, &c.filled}, func() {
			all.columns[table+"."+name] = c
			if all.rules[table] == nil {
				all.rules[table] = map[string]bool{}
			}
		})
	each(`SELECT relname, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
		WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND relname <> 'goose_db_version'
		UNION SELECT tablename, regexp_replace(indexdef, ' INDEX \S+', '') FROM pg_indexes
		WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%' AND tablename <> 'goose_db_version'`,
		[]any{&table, &rule}, func() { all.rules[table][rule] = true })
	return all
}

// breaks returns what statements for one schema could fail at in another.
func breaks(before, after tables) (all []string) {
	for name, was := range before.columns {
		switch now, there := after.columns[name]; {
		case !there:
			all = append(all, name+" is gone")
		case now.kind != was.kind:
			all = append(all, fmt.Sprintf("%s was %s and is %s", name, was.kind, now.kind))
		case was.optional && !now.optional, was.filled && !now.filled:
			all = append(all, name+" must have a value now")
		}
	}
	for name, now := range after.columns {
		table, _, _ := strings.Cut(name, ".")
		_, there := before.columns[name]
		if _, old := before.rules[table]; old && !there && !now.filled {
			all = append(all, name+" is new and must have a value")
		}
	}
	for table, was := range before.rules {
		for rule := range was {
			unique := strings.Contains(rule, "UNIQUE") || strings.Contains(rule, "PRIMARY KEY")
			if unique && !after.rules[table][rule] { // ON CONFLICT needs it
				all = append(all, fmt.Sprintf("%s lacks %s", table, rule))
			}
		}
		for rule := range after.rules[table] {
			if !was[rule] {
				all = append(all, fmt.Sprintf("%s has a new rule: %s", table, rule))
			}
		}
	}
	slices.Sort(all)
	return all
}

// While the machines of a chat are upgraded one after the other, the version before still runs on
// tables that the new version has changed. So a migration only adds, and in such a way that
// statements which do not know of it go on working.
func TestMigrationsOnlyAdd(t *testing.T) {
	db, err := sql.Open("pgx", cluster.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	migrations, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	var before tables
	for i, m := range migrations.ListSources() {
		if _, err := migrations.UpTo(t.Context(), m.Version); err != nil {
			t.Fatal(err)
		}
		after := readTables(t, db)
		if got := breaks(before, after); i > 0 && !slices.Equal(got, retired[m.Version]) {
			t.Errorf("%s could break the version before it: %q, and retired has %q", m.Path, got, retired[m.Version])
		}
		before = after
	}
	if len(before.columns) < 100 || len(before.rules) < 20 {
		t.Fatalf("only these tables were found: %v", slices.Sorted(maps.Keys(before.rules)))
	}
	for statement, want := range map[string]string{
		"ALTER TABLE hooks ADD COLUMN note TEXT":                                       "",
		"ALTER TABLE hooks ADD COLUMN note TEXT NOT NULL DEFAULT ''":                   "",
		"CREATE TABLE more (id BIGINT PRIMARY KEY, note TEXT NOT NULL)":                "",
		"CREATE INDEX more ON hooks (hash)":                                            "",
		"ALTER TABLE hooks ADD COLUMN note TEXT NOT NULL":                              "hooks.note is new and must have a value",
		"ALTER TABLE commits DROP COLUMN at":                                           "commits.at is gone",
		"ALTER TABLE commits RENAME COLUMN at TO moment":                               "commits.at is gone",
		"DROP VIEW hook_view":                                                          "hook_view.bot_name is gone",
		"ALTER TABLE servers ALTER COLUMN version TYPE TEXT":                           "servers.version was bigint and is text",
		"ALTER TABLE changes ALTER COLUMN after_message DROP DEFAULT":                  "changes.after_message must have a value now",
		"ALTER TABLE servers DROP CONSTRAINT servers_pkey":                             "servers lacks PRIMARY KEY (id)",
		"CREATE UNIQUE INDEX more ON hooks (hash)":                                     "hooks has a new rule: CREATE UNIQUE ON public.hooks USING btree (hash)",
		"ALTER TABLE servers ADD CONSTRAINT more CHECK (version < 10)":                 "servers has a new rule: CHECK ((version < 10))",
		"ALTER TABLE hooks ADD CONSTRAINT more FOREIGN KEY (made_by) REFERENCES users": "hooks has a new rule: FOREIGN KEY (made_by) REFERENCES users(id)",
	} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		got := breaks(before, readTables(t, tx))
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q", statement, got, want)
		}
	}
}
