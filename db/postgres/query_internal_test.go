package postgres

import (
	"reflect"
	"strings"
	"testing"

	"confab/db/postgres/query"
	sqlitequery "confab/db/sqlite/query"
)

// onlySQLite has the queries for which package postgres has something else.
var onlySQLite = map[string]bool{"NextSeq": true, "InsertMessage": true, "SetLast": true, "MessagesToIndex": true}

// A query for PostgreSQL runs in the place of the query for SQLite with the same name. So it
// must take the same parameters in the same order, and return the same columns.
func TestTheQueriesOfBothDatabasesAreAlike(t *testing.T) {
	lite, post := reflect.TypeFor[*sqlitequery.Queries](), reflect.TypeFor[*query.Queries]()
	for i := range lite.NumMethod() {
		m := lite.Method(i)
		if onlySQLite[m.Name] || m.Name == "WithTx" || m.Name == "Close" {
			continue
		}
		other, found := post.MethodByName(m.Name)
		if !found {
			t.Errorf("db/sqlite/queries has %s, and db/postgres/queries has not", m.Name)
			continue
		}
		if want, got := shape(m.Type), shape(other.Type); got != want {
			t.Errorf("%s is for PostgreSQL\n%s\nand for SQLite\n%s", m.Name, got, want)
		}
	}
}

// shape describes the parameters and results of a query, with the fields of structs.
func shape(method reflect.Type) string {
	var b strings.Builder
	for i := 1; i < method.NumIn(); i++ {
		b.WriteString(fields(method.In(i)) + " ")
	}
	b.WriteString("->")
	for i := range method.NumOut() {
		b.WriteString(" " + fields(method.Out(i)))
	}
	return b.String()
}

func fields(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Slice:
		return "[]" + fields(t.Elem())
	case t.Kind() != reflect.Struct || !strings.HasSuffix(t.PkgPath(), "/query"):
		return t.String()
	}
	var b strings.Builder
	b.WriteString("{")
	for i := range t.NumField() {
		b.WriteString(t.Field(i).Name + " " + fields(t.Field(i).Type) + "; ")
	}
	return b.String() + "}"
}
