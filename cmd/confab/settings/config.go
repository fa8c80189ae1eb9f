package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// ConfigCmd is "confab config".
type ConfigCmd struct {
	Init  configInitCmd  `cmd:"" help:"Write a settings file with all settings, commented out."`
	Check configCheckCmd `cmd:"" help:"Check a settings file, and report errors with their line."`
}

type configInitCmd struct {
	File console.Path `arg:"" optional:"" help:"File to write; - is standard output. By default confab.yaml in the data folder."`

	// There is no dataFlag here, so that you can write a new configuration while
	// the present one is wrong.
	Data console.Path `help:"The data folder." env:"CONFAB_DATA" placeholder:"DIR"`
}

// Run writes the configuration to a new file.
func (c *configInitCmd) Run(ctx *kong.Context, out console.Streams) error {
	text := Text(ctx.Model)
	if c.File == "-" {
		_, err := io.WriteString(out.Out, text)
		return err
	}
	file := string(c.File)
	if file == "" {
		dir, err := datafolder.Flag{Data: c.Data}.Folder()
		if err != nil {
			return err
		}
		file = filepath.Join(dir, datafolder.ConfigFile)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s already exists: confab config init - prints a new one", file)
	}
	if err != nil {
		return fmt.Errorf("writing the settings file: %w", err)
	}
	_, err = io.WriteString(f, text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing the settings file: %w", err)
	}
	fmt.Fprintf(out.Out, "%s: remove the # before the settings that you change\n", file)
	return nil
}

// Text returns a configuration in which everything is commented out.
func Text(model *kong.Application) string {
	var b strings.Builder
	b.WriteString("# The settings of confab serve. Flags on the command line take precedence, then the\n" +
		"# environment, then this file. confab config check checks this file.\n")
	group := ""
	for _, f := range Flags(model) {
		if f.Group != nil && f.Group.Title != group {
			group = f.Group.Title
			fmt.Fprintf(&b, "\n# ---- %s\n", strings.TrimSuffix(group, ":"))
		}
		b.WriteString("\n")
		for line := range strings.Lines(wrap(f.Help, 77)) {
			b.WriteString("# " + line)
		}
		if len(f.Envs) > 0 {
			fmt.Fprintf(&b, "\n# (--%s, %s)", f.Name, f.Envs[0])
		}
		if f.Name == "data" {
			b.WriteString("\n# Works only in a file that --config names, not in the data folder itself.")
		}
		b.WriteString("\n")
		switch {
		case f.IsSlice():
			fmt.Fprintf(&b, "#%s: [%s]\n", f.Name, strings.Join(nonEmpty(f.Default), ", "))
		case f.IsBool() && f.Default == "":
			fmt.Fprintf(&b, "#%s: false\n", f.Name)
		case f.Default != "" && strings.Trim(f.Default, "0123456789") == "":
			fmt.Fprintf(&b, "#%s: %s\n", f.Name, f.Default)
		default:
			fmt.Fprintf(&b, "#%s: %q\n", f.Name, f.Default)
		}
	}
	return b.String()
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// wrap breaks a text at spaces, into lines of at most width bytes.
func wrap(text string, width int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

type configCheckCmd struct {
	File console.Path `arg:"" optional:"" help:"The settings file. By default confab.yaml in the data folder."`

	Data console.Path `help:"The data folder." env:"CONFAB_DATA" placeholder:"DIR"`
}

// Run reads a configuration as serve would.
func (c *configCheckCmd) Run(ctx *kong.Context, empty Grammar, out console.Streams) error {
	file := string(c.File)
	if file == "" {
		dir, err := datafolder.Flag{Data: c.Data}.Path()
		if err != nil {
			return err
		}
		file = filepath.Join(dir, datafolder.ConfigFile)
	}
	values, err := Read(file, ctx.Model, empty)
	if err != nil {
		return err
	}
	fmt.Fprintf(out.Out, "%s is valid: %d settings\n", file, len(values))
	return nil
}
