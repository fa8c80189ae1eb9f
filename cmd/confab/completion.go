package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"confab/cmd/confab/console"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script for a shell that completes confab's command line. The scripts
// of all shells ask confab itself, so they all give the same answer.
func (c *completionCmd) Run(out console.Streams) error {
	script := map[string]string{
		"bash": `_confab() {
    local IFS=$'\n'
    COMPREPLY=($(confab complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _confab confab
`,
		"zsh": `#compdef confab
_confab() {
    local -a found
    found=("${(@f)$(confab complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
}
# From a folder of completions the file is run for the first word to complete.
if [[ ${funcstack[1]} == _confab ]]; then _confab "$@"; else compdef _confab confab; fi
`,
		"fish": `function __confab_complete
    set -l found (confab complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c confab -f -a '(__confab_complete)'
`,
	}[c.Shell]
	fmt.Fprint(out.Out, script)
	return nil
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"The words after confab. The last one is the word to complete."`
}

// Run prints the candidates for the last word, one a line.
func (c *completeCmd) Run(ctx *kong.Context, out console.Streams) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, word := range candidates(ctx.Model, words) {
		fmt.Fprintln(out.Out, word)
	}
	return nil
}

// candidates returns the possible values of the last word. It returns none if the
// word is a file, or something that confab does not know.
func candidates(model *kong.Application, words []string) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	node, last := model.Node, words[len(words)-1]
	var waits *kong.Flag // the flag whose value the word is
	for _, word := range words[:len(words)-1] {
		if waits != nil {
			waits = nil
			continue
		}
		if name, ok := strings.CutPrefix(word, "--"); ok {
			if f := flagNamed(node, name); f != nil && !f.IsBool() {
				waits = f
			}
			continue
		}
		for _, child := range node.Children {
			if child.Name == word {
				node = child
				break
			}
		}
	}
	var all []string
	switch {
	case waits != nil:
		all = waits.EnumSlice()
	case strings.HasPrefix(last, "-"):
		for n := node; n != nil; n = n.Parent {
			for _, f := range n.Flags {
				if !f.Hidden {
					all = append(all, "--"+f.Name)
				}
			}
		}
	case len(node.Children) > 0:
		for _, child := range node.Children {
			if !child.Hidden {
				all = append(all, child.Name)
			}
		}
	case len(node.Positional) > 0:
		all = node.Positional[0].EnumSlice()
	}
	all = slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, last) })
	slices.Sort(all)
	return slices.Compact(all)
}

func flagNamed(node *kong.Node, name string) *kong.Flag {
	for n := node; n != nil; n = n.Parent {
		for _, f := range n.Flags {
			if f.Name == name {
				return f
			}
		}
	}
	return nil
}
