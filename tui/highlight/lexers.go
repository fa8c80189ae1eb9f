package highlight

import (
	"embed"
	"encoding/xml"
	"fmt"
	"maps"

	"github.com/alecthomas/chroma/v2"
)

// embedded has the rules of the usual languages, in files of chroma's. Chroma's own
// package of lexers would add ten times as much to the binary, and parses the
// beginning of all its files whenever the process starts.
//
//go:embed lexers/*.xml
var embedded embed.FS

// files are the files of the languages, by the names that people write after a
// fence. Nothing changes this table.
var files = map[string]string{
	"bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash", "console": "bash",
	"c": "c", "h": "c", "c++": "c++", "cpp": "c++", "cc": "c++", "hpp": "c++", "c#": "c#", "cs": "c#", "csharp": "c#",
	"css": "css", "dart": "dart", "diff": "diff", "patch": "diff", "docker": "docker", "dockerfile": "docker",
	"elixir": "elixir", "ex": "elixir", "exs": "elixir", "go": "go", "golang": "go", "graphql": "graphql", "gql": "graphql",
	"haskell": "haskell", "hs": "haskell", "hcl": "hcl", "terraform": "hcl", "tf": "hcl", "html": "html", "htm": "html",
	"ini": "ini", "conf": "ini", "cfg": "ini", "java": "java", "javascript": "javascript", "js": "javascript", "mjs": "javascript", "jsx": "react",
	"json": "json", "jsonl": "json", "kotlin": "kotlin", "kt": "kotlin", "lua": "lua", "make": "makefile", "makefile": "makefile", "mk": "makefile",
	"nginx": "nginx_configuration_file", "perl": "perl", "pl": "perl", "php": "php", "powershell": "powershell", "ps1": "powershell", "pwsh": "powershell",
	"protobuf": "protocol_buffer", "proto": "protocol_buffer", "python": "python", "py": "python", "python3": "python",
	"ruby": "ruby", "rb": "ruby", "rust": "rust", "rs": "rust", "scala": "scala", "sql": "sql", "swift": "swift", "toml": "toml",
	"typescript": "typescript", "ts": "typescript", "tsx": "typescript", "xml": "xml", "svg": "xml", "yaml": "yaml", "yml": "yaml", "zig": "zig",
}

// within are the languages that files have in others.
var within = map[string][]string{
	"docker": {"bash", "json"}, "html": {"css", "javascript"}, "makefile": {"bash"},
}

// lexer returns the lexer in a file, nil if it cannot be used.
func (h *Highlighter) lexer(file string) *chroma.RegexLexer {
	h.mu.Lock()
	defer h.mu.Unlock()
	lexer, known := h.lexers[file]
	if !known {
		registry := chroma.NewLexerRegistry() // never changed afterwards
		for _, other := range within[file] {
			if l, err := read(other); err == nil {
				registry.Register(l)
			}
		}
		if l, err := read(file); err == nil {
			registry.Register(l)
			lexer = l
		}
		h.lexers[file] = lexer
	}
	return lexer
}

// read reads and compiles the rules in a file.
func read(file string) (*chroma.RegexLexer, error) {
	data, err := embedded.ReadFile("lexers/" + file + ".xml")
	if err != nil {
		return nil, fmt.Errorf("reading the rules: %w", err)
	}
	var written struct {
		Config chroma.Config `xml:"config"`
		Rules  chroma.Rules  `xml:"rules"`
	}
	if err := xml.Unmarshal(data, &written); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return compile(written.Config, written.Rules)
}

// compile makes a lexer of rules.
func compile(config chroma.Config, rules chroma.Rules) (*chroma.RegexLexer, error) {
	rules = maps.Clone(rules)
	rules[boundState] = []chroma.Rule{{Mutator: bound{}}}
	lexer, err := chroma.NewLexer(&config, func() chroma.Rules { return rules })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config.Name, err)
	}
	if _, err := lexer.Rules(); err != nil { // compiles them
		return nil, fmt.Errorf("%s: %w", config.Name, err)
	}
	return lexer, nil
}

// bound shortens the time that expressions have, when they have been compiled.
// Chroma gives each of them 250 ms at each place.
type bound struct{}

// boundState is the state whose only rule brings bound in. It is removed again.
const boundState = "bound"

// Mutate implements [chroma.Mutator]. It is not called.
func (bound) Mutate(*chroma.LexerState) error { return nil }

// MutateLexer implements [chroma.LexerMutator].
func (bound) MutateLexer(rules chroma.CompiledRules, state string, _ int) error {
	delete(rules, state)
	for _, in := range rules {
		for _, rule := range in {
			if rule.Regexp != nil {
				rule.Regexp.MatchTimeout = maxMatch
			}
		}
	}
	return nil
}

var _ chroma.LexerMutator = bound{}
