// Package highlight finds the keywords, strings and comments of code, so that a
// screen can show them in colours. The rules of the languages are chroma's.
package highlight

import (
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/chroma/v2"
	"github.com/dlclark/regexp2/v2"
)

// Class is the kind of a piece of code.
type Class uint8

const (
	Plain Class = iota
	Keyword
	Name // of functions, types, tags and attributes
	String
	Number
	Comment
	Added // a line of a diff
	Removed
)

// Run is the piece of code up to End, in bytes. It begins where the run before it
// ends. Code after the last run is plain.
type Run struct {
	End   int
	Class Class
}

// Code is hostile, and chroma's regular expressions backtrack: a few characters can keep
// them busy for minutes. So the amount of code and the time are bounded. Code beyond these
// bounds stays plain.
const (
	// maxCode is how much code of a message is highlighted, in bytes.
	maxCode = 8 << 10
	// maxTime is how long that may take, for all code in a message.
	maxTime = 3 * time.Millisecond
	// maxMatch is how long one expression may spend at one place, and checkTime is the
	// precision of that bound.
	maxMatch  = time.Millisecond
	checkTime = 2 * time.Millisecond
)

// Highlighter highlights code. It reads the rules of a language when it is first
// asked for it. It may be used from several goroutines.
type Highlighter struct {
	now func() time.Time

	mu     sync.Mutex
	lexers map[string]*chroma.RegexLexer // by the file of their rules; nil if it cannot be read
}

// setCheckTime tells the library of the expressions how often it looks at the clock. The
// library keeps that setting for the whole process, so it is set once.
var setCheckTime = sync.OnceFunc(func() { regexp2.SetTimeoutCheckPeriod(checkTime) })

// New makes a highlighter. The clock is [time.Now].
func New(now func() time.Time) *Highlighter {
	setCheckTime()
	return &Highlighter{now: now, lexers: make(map[string]*chroma.RegexLexer)}
}

// Known reports whether code in a language can be highlighted.
func Known(language string) bool { return files[strings.ToLower(language)] != "" }

// Message highlights the code in one message, within the bounds for it.
type Message struct {
	h     *Highlighter
	until time.Time // zero until something is highlighted
	bytes int
}

// Message begins with a message.
func (h *Highlighter) Message() *Message { return &Message{h: h} }

// Code returns the runs of some code, nil if nothing in it is to be highlighted.
func (m *Message) Code(language, code string) (runs []Run) {
	file := files[strings.ToLower(language)]
	if m.bytes += len(code); file == "" || m.bytes > maxCode {
		return nil
	}
	lexer := m.h.lexer(file) // reading the rules counts for nobody: it happens once
	if lexer == nil {
		return nil
	}
	if m.until.IsZero() {
		m.until = m.h.now().Add(maxTime)
	}
	defer func() {
		if recover() != nil { // chroma panics when rules do not fit together
			runs = nil
		}
	}()
	next, err := lexer.Tokenise(nil, code)
	if err != nil {
		return nil
	}
	for end := 0; m.h.now().Before(m.until); {
		token := next()
		if token == chroma.EOF {
			break
		}
		if !strings.HasPrefix(code[end:], token.Value) {
			break // the tokens must be the code
		}
		end += len(token.Value)
		class := classOf(token.Type)
		if n := len(runs); n > 0 && runs[n-1].Class == class {
			runs[n-1].End = end
		} else {
			runs = append(runs, Run{end, class})
		}
	}
	return runs
}

func classOf(t chroma.TokenType) Class {
	switch {
	case t.InCategory(chroma.Keyword), t == chroma.NameTag, t == chroma.OperatorWord, t == chroma.GenericHeading, t == chroma.GenericSubheading:
		return Keyword
	case t == chroma.NameFunction, t == chroma.NameClass, t == chroma.NameAttribute, t == chroma.NameDecorator, t.InSubCategory(chroma.NameBuiltin):
		return Name
	case t.InSubCategory(chroma.LiteralString):
		return String
	case t.InSubCategory(chroma.LiteralNumber):
		return Number
	case t.InCategory(chroma.Comment):
		return Comment
	case t == chroma.GenericInserted:
		return Added
	case t == chroma.GenericDeleted:
		return Removed
	default:
		return Plain
	}
}
