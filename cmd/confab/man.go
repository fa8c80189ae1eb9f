package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"confab/cmd/confab/console"
	"confab/cmd/confab/settings"
)

type manCmd struct{}

// Run prints the manual page, confab(1), which is made from the commands
// themselves: confab man | man -l -
func (c *manCmd) Run(ctx *kong.Context, out console.Streams) error {
	_, err := io.WriteString(out.Out, manPage(ctx.Model))
	return err
}

// roff escapes a text so that man(7) shows it unchanged.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	var b strings.Builder
	for _, r := range text {
		if r > unicode.MaxASCII {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	text = b.String()
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func manPage(model *kong.Application) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`.TH CONFAB 1 "" "confab" "User Commands"`)
	p(".SH NAME\nconfab \\- a chat server that people use with ssh")
	p(".SH SYNOPSIS\n.B confab\n.I command\n[\\fIflags\\fR]")
	p(".SH DESCRIPTION\n%s", roff(model.Help))
	p(".SH COMMANDS")
	for _, n := range model.Children {
		manCommand(p, n)
	}
	p(".SH ENVIRONMENT\nA flag that is not given takes the value of its variable.")
	for _, f := range settings.Flags(model) {
		if len(f.Envs) > 0 {
			p(".TP\n.B %s\n\\fB\\-\\-%s\\fR", roff(f.Envs[0]), roff(f.Name))
		}
	}
	p(".SH FILES\n.TP\n.I confab.yaml\nin the data folder has the settings of")
	p(".B confab serve\nby the names of its flags. Flags take precedence, then the environment, then this file.")
	p(".B confab config init\nwrites a file with all settings.")
	p(".SH EXIT STATUS\n.TP\n.B 0\nsuccess\n.TP\n.B 1\nfailure\n.TP\n.B 2\nthe command line or the settings file is wrong\n.TP\n.B 3\na backup or a restore has left out damaged parts")
	p(".SH SEE ALSO\n.BR ssh (1)")
	return b.String()
}

func manCommand(p func(string, ...any), n *kong.Node) {
	if n.Hidden {
		return
	}
	if len(n.Children) > 0 {
		for _, c := range n.Children {
			manCommand(p, c)
		}
		return
	}
	usage := []string{n.Name}
	for m := n.Parent; m != nil; m = m.Parent {
		usage = append([]string{m.Name}, usage...)
	}
	line := `\fB` + roff(strings.Join(usage, " ")) + `\fR`
	for _, a := range n.Positional {
		line += ` \fI` + roff(a.Summary()) + `\fR`
	}
	p(".SS %s", line)
	p("%s", roff(n.Help))
	for _, a := range n.Positional {
		if a.Help != "" {
			p(".TP\n\\fI%s\\fR\n%s", roff(a.Summary()), roff(a.Help))
		}
	}
	for _, f := range n.Flags {
		if f.Hidden {
			continue
		}
		name := `\fB\-\-` + roff(f.Name) + `\fR`
		if !f.IsBool() {
			name += `=\fI` + roff(f.FormatPlaceHolder()) + `\fR`
		}
		p(".TP\n%s\n%s", name, roff(f.Help))
		if f.HasDefault && f.Default != "" && !f.IsBool() {
			p("By default %s.", roff(f.Default))
		}
	}
}
