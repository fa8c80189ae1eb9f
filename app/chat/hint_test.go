package chat_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"confab/app/chat"
)

// People, scripts and the host read the same refusals, so refusals name no command and no
// key of a front end.
func TestNoSentenceNamesACommand(t *testing.T) {
	command := regexp.MustCompile(`(^|[\s(])/[a-z]+|\bconfab [a-z]+ |\bssh |Ctrl\+|\b[Pp]ress\b`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
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

// HintOf finds the hint of a wrapped refusal, and returns NoHint for other errors.
func TestHintOf(t *testing.T) {
	refusal := chat.Refuse(chat.ErrNotAllowed, "No.").With(chat.HintMute)
	for _, c := range []struct {
		err  error
		want chat.Hint
	}{
		{nil, chat.NoHint},
		{chat.ErrFull, chat.NoHint},
		{chat.Refuse(chat.ErrNotAllowed, "No."), chat.NoHint},
		{refusal, chat.HintMute},
		{fmt.Errorf("wrapped: %w", refusal), chat.HintMute},
	} {
		if got := chat.HintOf(c.err); got != c.want {
			t.Errorf("HintOf(%v) = %d, want %d", c.err, got, c.want)
		}
	}
	words := map[chat.Hint]string{chat.HintMute: "Mute it."}
	if got := chat.Hinted("No.", chat.HintMute, words); got != "No. Mute it." {
		t.Errorf("a refusal with a hint reads %q", got)
	}
	if got := chat.Hinted("No.", chat.HintLeave, words); got != "No." {
		t.Errorf("a refusal whose hint has no words reads %q", got)
	}
}
