// Package settings lets a file give the settings of "confab serve". A setting is a flag
// of that command.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// maxConfig is the largest size of a configuration, in bytes. All settings with
// their comments take some thousands.
const maxConfig = 1 << 20

// serveName is the command whose flags are the settings.
const serveName = "serve"

// Error is an error in a configuration file.
type Error struct{ sentence string }

// Error implements error.
func (e *Error) Error() string { return e.sentence }

// setting is one setting of a configuration.
type setting struct {
	name   string
	values []string // one value, or those of a list
	line   int
}

// parseSettings reads a configuration: names of flags with their values, in YAML.
// An error names the line of the file.
func parseSettings(file string, text []byte) ([]setting, error) {
	wrong := func(line int, format string, args ...any) error {
		return &Error{fmt.Sprintf("%s, line %d: %s", file, line, fmt.Sprintf(format, args...))}
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, &Error{fmt.Sprintf("%s is not valid YAML: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{file + " has more than one YAML document: put all settings into one"}
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil // only comments
	}
	if root.Kind != yaml.MappingNode {
		return nil, wrong(root.Line, "write settings as name: value")
	}
	var found []setting
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" || key.Anchor != "" {
			return nil, wrong(key.Line, "write settings as name: value")
		}
		s := setting{name: key.Value, line: key.Line}
		if slices.ContainsFunc(found, func(o setting) bool { return o.name == s.name }) {
			return nil, wrong(key.Line, "%s is set a second time", s.name)
		}
		nodes := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			nodes = value.Content
		}
		for _, n := range nodes {
			if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
				return nil, wrong(key.Line, "%s needs a value, or a list of values", s.name)
			}
			s.values = append(s.values, n.Value)
		}
		found = append(found, s)
	}
	return found, nil
}

// Grammar returns a command line without values, as the struct that kong fills.
type Grammar func() any

// Read reads a configuration file and checks it against the flags of serve. It returns
// the valid settings and all problems. The values are nil if nothing could be read.
func Read(file string, model *kong.Application, empty Grammar) (map[string]string, []error) {
	text, err := contentOf(file)
	if err != nil {
		return nil, []error{err}
	}
	found, err := parseSettings(file, text)
	if err != nil {
		return nil, []error{err}
	}
	flags := settingFlags(model)
	values := map[string]string{}
	var problems []error
	for _, s := range found {
		value, err := s.value(flags[s.name], empty)
		if err != nil {
			problems = append(problems, &Error{fmt.Sprintf("%s, line %d: %s", file, s.line, err)})
			continue
		}
		values[s.name] = value
	}
	return values, problems
}

// contentOf returns the text of a configuration.
func contentOf(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &Error{fmt.Sprintf("reading the settings file: %s", err)}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, &Error{fmt.Sprintf("reading the settings file: %s", err)}
	}
	if len(text) > maxConfig {
		return nil, &Error{fmt.Sprintf("%s is too large for a settings file: the limit is 1 MiB", file)}
	}
	return text, nil
}

// value returns the value of a setting for its flag, which is nil for an unknown name.
func (s setting) value(flag *kong.Flag, empty Grammar) (string, error) {
	if flag == nil {
		return "", fmt.Errorf("there is no setting %q: confab config init - shows all settings", s.name)
	}
	if len(s.values) != 1 && !flag.IsSlice() {
		return "", fmt.Errorf("%s takes one value, not a list", s.name)
	}
	value := strings.Join(s.values, "")
	if flag.IsSlice() {
		value = kong.JoinEscaped(s.values, flag.Tag.Sep)
	}
	if err := empty.check(s.name, value); err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "--"))
	}
	return value, nil
}

// check checks a value of a setting as the command line would.
func (empty Grammar) check(name, value string) error {
	_, err := empty.serve([]string{"--" + name + "=" + value})
	if err != nil && strings.Contains(err.Error(), "(from envar ") {
		return nil // this part of the message is only for the environment
	}
	return err
}

// serve parses a command line of serve, with further options for the parser, and returns
// the struct that it has filled.
func (empty Grammar) serve(args []string, options ...kong.Option) (any, error) {
	command := empty()
	options = append(options, kong.Exit(func(int) {}), kong.Vars{"version": ""}, kong.Bind(datafolder.ThesePlaces()))
	parser, err := kong.New(command, options...)
	if err != nil {
		return nil, err
	}
	_, err = parser.Parse(append([]string{"serve"}, args...))
	return command, err
}

// settingFlags returns the flags of serve that are settings, by name.
func settingFlags(model *kong.Application) map[string]*kong.Flag {
	flags := map[string]*kong.Flag{}
	for _, f := range Flags(model) {
		flags[f.Name] = f
	}
	return flags
}

// Flags returns the flags of serve that the environment or a file can set, in
// the order of the help.
func Flags(model *kong.Application) []*kong.Flag {
	for _, n := range model.Children {
		if n.Name == serveName {
			return slices.DeleteFunc(slices.Clone(n.Flags), func(f *kong.Flag) bool { return f.Name == "config" || f.Hidden })
		}
	}
	return nil
}

// Resolve lets the configuration file give the flags that neither the command line
// nor the environment has. The file is that of --config, or else the one of the data
// folder, if it exists. It is a hook that kong calls before it resolves flags, for each part
// of the command line.
//
// Problems in the file stop serve. Other commands say so and go on without those settings,
// unless they cannot know which data folder is meant.
func (empty Grammar) Resolve(ctx *kong.Context, part *kong.Path, places datafolder.Places, out console.Streams) error {
	if part.App == nil { // the file is read once
		return nil
	}
	flags := map[string]*kong.Flag{}
	for _, p := range ctx.Path {
		for _, f := range p.Flags {
			flags[f.Name] = f
		}
	}
	config, data := flags["config"], flags["data"]
	if config == nil || data == nil {
		return nil
	}
	named, _ := ctx.FlagValue(config).(console.Path)
	dir, _ := ctx.FlagValue(data).(console.Path)
	file, folderKnown := string(named), dir != ""
	if named == "" {
		folder := string(dir)
		if folder == "" {
			var err error
			if folder, err = places.Data(); err != nil {
				return nil // commands that need the folder report its absence
			}
		}
		if file = places.SettingsFile(folder); file == "" {
			return nil
		}
		folderKnown = true
	}
	values, problems := Read(file, ctx.Model, empty)
	if _, set := values["data"]; set && named == "" {
		delete(values, "data")
		problems = append(problems, &Error{setsData(file, places)})
	}
	if len(problems) > 0 {
		if serves := ctx.Selected() != nil && ctx.Selected().Name == serveName; serves || values == nil && !folderKnown {
			return joined(problems)
		}
		for _, p := range problems {
			fmt.Fprintln(out.Err, "confab:", p)
		}
		fmt.Fprintln(out.Err, "confab: this command goes on without these settings, but confab serve will not start")
	}
	ctx.AddResolver(resolver(values))
	return nil
}

// setsData says that a file that confab finds through the data folder sets this folder.
func setsData(file string, places datafolder.Places) string {
	if file == places.Settings {
		return fmt.Sprintf(`%s sets "data", but the data of an installed package are in %s: remove the line, or name the file with --config`, file, places.System)
	}
	return file + ` sets "data" inside the data folder: remove the line, or name the file with --config`
}

// joined makes one error of all problems.
func joined(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{errors.Join(problems...).Error()}
}

// resolver gives flags the values of a file, unless the environment has them.
func resolver(values map[string]string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		value, set := values[f.Name]
		for _, env := range f.Envs {
			if _, ok := os.LookupEnv(env); ok {
				set = false
			}
		}
		if !set || f.Name == "config" {
			return nil, nil
		}
		return value, nil
	})
}
