package command

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"confab/app/chat"
	"confab/app/text"
)

// MaxLine is the longest command line, in bytes: the longest message, and room for
// its quotes and the rest of the command. The same limit applies to a bot's run.
const MaxLine = chat.MaxBody + 32<<10

// For each word, the flag parser copies all the words that are left, so its input
// is bounded. The text of a message is never part of it.
const (
	maxWords     = 128 // of a command, without the text
	maxWord      = 8 << 10
	maxFlagBytes = 512 // in words that begin with a dash; one word may hold many flags
)

// runner is a parsed command.
type runner interface{ Run(c *call) error }

// texted is a command whose last words are free text.
type texted interface {
	runner
	take(text []string)
}

// Parser parses command lines. All sessions share one, because making a parser
// costs far more than parsing a command. Several goroutines may call its methods.
type Parser struct {
	mu    sync.Mutex // guards the rest: even reading kong's model writes to it
	root  commands
	kong  *kong.Kong
	asked bytes.Buffer // the help, if the command asked for it
	wrong bytes.Buffer // the messages that kong has for a process's user
	exit  *int         // the status with which kong would end a process
}

// NewParser makes a parser.
func NewParser() (*Parser, error) {
	p := &Parser{}
	var err error
	p.kong, err = kong.New(&p.root,
		kong.Name("ssh HOST"),
		kong.Description("The commands of the chat, for scripts. TARGET is #name, @name, @me for your notes, or the id of a conversation."),
		kong.Writers(&p.asked, &p.wrong),
		kong.Exit(func(code int) { p.exit = &code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return nil, fmt.Errorf("making the parser of commands: %w", err)
	}
	return p, nil
}

// parsed is the meaning of a command line: a command, or help.
type parsed struct {
	runner
	json   bool
	help   string
	status int // if there is no command
}

// parse finds the command that words name. The error is a sentence for the user.
func (p *Parser) parse(words []string) (parsed, error) {
	if err := bounded(words); err != nil {
		return parsed{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.textAtLocked(words)
	words, text := words[:at], words[at:]
	flags := 0
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			flags += len(w)
		}
		if len(w) > maxWord {
			return parsed{}, usage("A word of the command has more than %d bytes. Only the text of a message can be longer.", maxWord)
		}
	}
	if len(words) > maxWords || flags > maxFlagBytes {
		return parsed{}, usage("The command has too many words: the limit is %d besides the text of a message.", maxWords)
	}
	p.asked.Reset()
	p.wrong.Reset()
	p.exit = nil
	found, err := p.kong.Parse(words)
	switch {
	case p.exit != nil:
		return parsed{help: p.asked.String(), status: *p.exit}, nil
	case err != nil:
		return parsed{}, p.wrongLine(err, words)
	}
	// The next command is parsed into the same struct, so this one gets a copy.
	shared := found.Selected().Target
	own := reflect.New(shared.Type())
	own.Elem().Set(shared)
	command, ok := own.Interface().(runner)
	if !ok {
		return parsed{}, errors.New("a command that does nothing")
	}
	if t, ok := command.(texted); ok && len(text) > 0 {
		t.take(text)
	}
	return parsed{runner: command, json: p.root.JSON}, nil
}

// bounded refuses a command that is too long.
func bounded(words []string) error {
	bytes := 0
	for _, w := range words {
		bytes += len(w) + 1
	}
	if bytes > MaxLine+1 {
		return TooLong()
	}
	return nil
}

// TooLong returns the refusal of a command line that is longer than [MaxLine].
func TooLong() error {
	return tooLong("The command has more than %d bytes: shorten it, or give the text of a message on standard input.", MaxLine)
}

// textAtLocked returns where the free text of a command begins. The flag parser
// does not see this text. It begins after the command's other arguments, at the
// first word that is not a flag, or at a --. For a command without text,
// textAtLocked returns len(words). The caller holds mu, because kong's AllFlags
// writes to the model of the commands.
func (p *Parser) textAtLocked(words []string) int {
	node, given, ended := p.kong.Model.Node, 0, false
	flags := node.AllFlags(false)
	for i := 0; i < len(words); i++ {
		w := words[i]
		last := len(node.Positional) - 1
		begins := last >= 0 && node.Positional[last].Passthrough && given == last
		switch child := childNamed(node, w); {
		case begins && (ended || w == "--" || w == "-" || !strings.HasPrefix(w, "-")):
			return i
		case w == "--" && !ended:
			ended = true
		case strings.HasPrefix(w, "-") && w != "-" && !ended:
			if takesNext(flags, w) {
				i++
			}
		case child != nil:
			node, flags = child, child.AllFlags(false)
		default:
			given++
		}
	}
	return len(words)
}

func childNamed(node *kong.Node, name string) *kong.Node {
	for _, child := range node.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// takesNext reports whether a long flag of a command has its value in the next
// word.
func takesNext(flags [][]*kong.Flag, word string) bool {
	for _, group := range flags {
		for _, f := range group {
			if word == "--"+f.Name {
				return !f.IsBool()
			}
		}
	}
	return false
}

// longestQuoted is how much of a wrong command line an error repeats.
const longestQuoted = 200

// wrongLine says what is wrong with a command line. kong words its errors for programmers.
func (p *Parser) wrongLine(err error, words []string) error {
	said, meant := suggested(text.CleanLine(err.Error(), longestQuoted))
	flag, expected, of := strings.Cut(said, ": expected ")
	word, unexpected := strings.CutPrefix(said, "unexpected argument ")
	unknown, isFlag := strings.CutPrefix(said, "unknown flag ")
	missing, isMissing := strings.CutPrefix(said, "expected ")
	where := p.explained(words)
	switch {
	case strings.HasPrefix(said, `expected "<target>`):
		return usage("The target is missing: #name (in quotes, because your shell reads a bare # as a comment), @name or an id.")
	case unexpected && (len(words) > 0 && word == words[0] || meant != ""):
		return usage("There is no command \"%s\".%s %s", word, meant, where)
	case unexpected:
		return usage("The word \"%s\" is one too many. %s", word, where)
	case isFlag:
		return usage("There is no flag %s here.%s %s", unknown, meant, where)
	case isMissing: // "<members> ..." may end with dots
		return usage("Missing: %s. %s", strings.TrimRight(missing, `" .`)[1:], where)
	case of && strings.Contains(expected, `but got "EOL"`):
		return usage("%s needs a value after it. %s", flag, where)
	case of && strings.Contains(expected, "int"):
		return usage("%s needs a number. %s", flag, where)
	}
	return usage("%s. %s", said, where)
}

// suggested separates kong's suggestions from an error, and returns them as a sentence after a
// space, or "".
func suggested(said string) (wrong, meant string) {
	wrong, all, ok := strings.Cut(said, ", did you mean ")
	if !ok {
		return said, ""
	}
	all = strings.TrimSuffix(strings.TrimPrefix(all, "one of "), "?")
	return wrong, " Did you mean " + strings.ReplaceAll(strings.ReplaceAll(all, `"`, ""), ", ", " or ") + "?"
}

// explained says where the command that a line begins with is explained.
func (p *Parser) explained(words []string) string {
	if len(words) == 0 || !slices.ContainsFunc(p.kong.Model.Children, func(n *kong.Node) bool { return n.Name == words[0] }) {
		return `Run "help" for the list of commands.`
	}
	return `Run "help ` + words[0] + `" to see how it is used.`
}
