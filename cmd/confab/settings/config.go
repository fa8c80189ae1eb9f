package settings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

	dataFlag
}

// dataFlag names the data folder. It is not [datafolder.Flag], so that these commands work
// while the present settings are wrong.
type dataFlag struct {
	Data console.Path `help:"The data folder." env:"CONFAB_DATA" placeholder:"DIR"`
}

// folder returns the data folder.
func (f dataFlag) folder(places datafolder.Places) (string, error) {
	if f.Data != "" {
		return string(f.Data), nil
	}
	return places.Data()
}

// Run writes the configuration to a new file.
func (c *configInitCmd) Run(ctx *kong.Context, places datafolder.Places, out console.Streams) error {
	text := Text(ctx.Model)
	if c.File == "-" {
		_, err := io.WriteString(out.Out, text)
		return err
	}
	file := string(c.File)
	if file == "" {
		dir, err := c.folder(places)
		if err != nil {
			return err
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return places.None(dir)
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
			fmt.Fprintf(&b, "#%s: [%s]\n", f.Name, strings.Join(quoted(f.Default), ", "))
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

// quoted returns the values of a list, quoted for YAML.
func quoted(list string) []string {
	var values []string
	for value := range strings.SplitSeq(list, ",") {
		if value != "" {
			values = append(values, strconv.Quote(value))
		}
	}
	return values
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
	File console.Path `arg:"" optional:"" help:"The settings file. By default the one that serve uses."`
	dataFlag
}

// Server is a command line that can check what its settings name. [Grammar] makes it.
type Server interface {
	// CheckSettings makes those checks of a start that need no running server, and
	// returns all problems. It writes to out what a start would only warn of, and changes
	// nothing.
	CheckSettings(ctx context.Context, out io.Writer) []error
}

// Run makes the checks that serve makes when it starts: the settings file, the environment,
// what both of them name, and the data folder.
func (c *configCheckCmd) Run(ctx context.Context, kctx *kong.Context, empty Grammar, places datafolder.Places, out console.Streams) error {
	dir, err := c.folder(places)
	if err != nil {
		return err
	}
	file, named, err := c.file(dir, places)
	if err != nil {
		return err
	}
	var values map[string]string
	var problems []error
	if file != "" {
		values, problems = Read(file, kctx.Model, empty)
	}
	if _, set := values["data"]; set && !named {
		delete(values, "data")
		problems = append(problems, &Error{setsData(file, places)})
	}
	for _, name := range UnknownVariables(kctx.Model) {
		fmt.Fprintf(out.Err, "confab: %s\n", unknownVariable(name))
	}
	wrong := empty.checkEnvironment(kctx.Model)
	problems = append(problems, wrong...)
	if len(wrong) == 0 { // otherwise the parser would stop there
		args := []string{"--data=" + dir}
		if _, set := values["data"]; set && c.Data == "" {
			args = nil
		}
		command, err := empty.serve(args, kong.Resolvers(resolver(values)))
		if err != nil {
			problems = append(problems, err)
		} else if server, ok := command.(Server); ok {
			problems = append(problems, server.CheckSettings(ctx, out.Err)...)
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	if file == "" {
		fmt.Fprintf(out.Out, "%s has no settings file: the environment and the defaults are valid\n", dir)
		return nil
	}
	fmt.Fprintf(out.Out, "%s is valid: %d settings\n", file, len(values))
	return nil
}

// file returns the settings file to check, or "" if there is none, and whether somebody has
// named it.
func (c *configCheckCmd) file(dir string, places datafolder.Places) (file string, named bool, err error) {
	if c.File == "" { // Resolve does the same for serve
		if err := c.File.UnmarshalText([]byte(os.Getenv("CONFAB_CONFIG"))); err != nil {
			return "", false, fmt.Errorf("CONFAB_CONFIG: %w", err)
		}
	}
	if c.File == "" {
		return places.SettingsFile(dir), false, nil
	}
	return string(c.File), true, nil
}

// variablePrefix begins the names of the variables that are settings.
const variablePrefix = "CONFAB_"

// UnknownVariables returns the variables of the environment that look like settings, but
// that no command knows.
func UnknownVariables(model *kong.Application) []string {
	known := map[string]bool{}
	_ = kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			for _, env := range f.Envs {
				known[env] = true
			}
		}
		return next(nil)
	})
	var unknown []string
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, variablePrefix) && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// Values returns the values of the settings of a command line that was parsed, as texts.
func Values(model *kong.Application) map[string]string {
	values := map[string]string{}
	for _, f := range Flags(model) {
		values[f.Name] = fmt.Sprint(f.Target.Interface())
	}
	return values
}

// unknownVariable says that a variable is no setting.
func unknownVariable(name string) string {
	return fmt.Sprintf("the variable %s is not a setting, so it is ignored: confab config init - shows all settings", name)
}

// checkEnvironment checks the settings in the environment, each by itself.
func (empty Grammar) checkEnvironment(model *kong.Application) []error {
	var problems []error
	for _, f := range Flags(model) {
		for _, env := range f.Envs {
			value, set := os.LookupEnv(env)
			if !set {
				continue
			}
			if err := empty.check(f.Name, value); err != nil {
				problems = append(problems, fmt.Errorf("%s: %s", env, strings.TrimPrefix(err.Error(), "--"+f.Name+": ")))
			}
		}
	}
	return problems
}
