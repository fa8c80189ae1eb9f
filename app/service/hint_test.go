package service_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// People, scripts and the host read the same refusals, so refusals name no command and no
// key of a front end.
func TestNoSentenceNamesACommand(t *testing.T) {
	command := regexp.MustCompile(`(^|[\s(])/[a-z]+|\bconfab [a-z]+ |\bssh |Ctrl\+|\b[Pp]ress\b`)
	var files []string
	for _, pattern := range []string{"*.go", "../chat/*.go", "../writer/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	sentences := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(set, file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING || !strings.Contains(literal.Value, ". ") && !strings.HasSuffix(literal.Value, `."`) {
				return true
			}
			sentences++
			if command.MatchString(strings.Trim(literal.Value, `"`)) {
				t.Errorf("%s: %s names a command or a key: make it a hint", set.Position(literal.Pos()), literal.Value)
			}
			return true
		})
	}
	if sentences < 50 {
		t.Errorf("%d sentences were looked at, which cannot be all", sentences)
	}
}
