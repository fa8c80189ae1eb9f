package complete

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"confab/app/text"
	"confab/tui/dialog"
	"confab/tui/keymap"
)

// wanted describes what can be completed before the cursor.
type wanted struct {
	kind  kind
	from  int    // the start of the part that is replaced
	typed string // the text that the choice has to match
	words []choice
}

// find returns what can be completed before the cursor of a text.
func find(words string, cursor int, commands []dialog.Command) (wanted, bool) {
	before := words[:cursor]
	if strings.HasPrefix(before, "/") && !strings.HasPrefix(before, "//") && !strings.Contains(words, "\n") {
		if w, ok := ofCommand(before, commands); ok {
			return w, true
		}
	}
	return ofText(before)
}

// ofText returns what can be completed at the end of a message.
func ofText(before string) (wanted, bool) {
	from := strings.LastIndexFunc(before, func(r rune) bool { return !isNamePart(r) })
	if from < 0 || before[from] >= utf8.RuneSelf {
		return wanted{}, false
	}
	sign, typed := before[from], before[from+1:]
	if from > 0 && (before[from-1] == sign || isHandlePart(before[from-1])) {
		// ann@example.com names nobody, and 12:30 is no emoji. But the colon may be the
		// second one of an emoji.
		first := strings.LastIndexByte(before[:from], ':')
		if _, ok := text.Emoji(before[first+1 : from]); ok && sign == ':' && typed == "" && first >= 0 {
			return wanted{kind: emoji, from: first, typed: before[first+1 : from]}, true
		}
		return wanted{}, false
	}
	switch sign {
	case '@':
		return wanted{kind: mentioned, from: from, typed: typed}, true
	case '#':
		return wanted{kind: groups, from: from, typed: typed}, true
	case ':':
		return wanted{kind: emoji, from: from, typed: typed}, typed != ""
	default:
		return wanted{}, false
	}
}

// ofQuery returns what can be completed at the end of a search: its operators and their
// values. There are none inside quotes.
func ofQuery(before string) (wanted, bool) {
	from := strings.LastIndexByte(before, ' ') + 1
	word := before[from:]
	if strings.Contains(word, "\"") || strings.Count(before, "\"")%2 == 1 {
		return wanted{}, false
	}
	name, value, given := strings.Cut(word, ":")
	if !given {
		return wanted{kind: words, from: from, typed: word, words: operatorChoices()}, word != ""
	}
	from += len(name) + 1
	switch text.Lower(name) {
	case "from":
		return wanted{kind: authors, from: from, typed: strings.TrimPrefix(value, "@")}, true
	case "in":
		return wanted{kind: conversations, from: from, typed: value}, true
	case "has":
		return wanted{kind: words, from: from, typed: value, words: []choice{wordChoice("file", "files"), wordChoice("link", "messages with a link")}}, true
	default:
		return wanted{}, false
	}
}

func operatorChoices() []choice {
	return []choice{
		wordChoice("from:", "messages by someone"), wordChoice("in:", "messages of one conversation"), wordChoice("has:", "files or links"),
		wordChoice("before:", "messages sent before a day"), wordChoice("after:", "messages sent on a day or later"),
	}
}

// isNamePart reports whether a name of something can contain r. Display names may be in any
// script.
func isNamePart(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("-_.+", r)
}

// isHandlePart reports whether a byte can be in a handle or in an e-mail address.
func isHandlePart(b byte) bool { return b < utf8.RuneSelf && isNamePart(rune(b)) }

// ofCommand returns what can be completed in a line that begins with a slash. It reports
// false if the command takes no argument there, or one of an unknown kind.
func ofCommand(before string, commands []dialog.Command) (wanted, bool) {
	from := strings.LastIndexByte(before, ' ') + 1
	typed := before[from:]
	if from == 0 {
		return wanted{kind: words, typed: typed, words: commandChoices(commands, "/")}, true
	}
	line := strings.Fields(before[1:from])
	if len(line) == 0 {
		return wanted{}, false
	}
	name := strings.ToLower(line[0])
	i := slices.IndexFunc(commands, func(c dialog.Command) bool { return c.Name == name || slices.Contains(c.Also, name) })
	if i < 0 {
		return wanted{}, false
	}
	if commands[i].Name == "search" {
		return ofQuery(before)
	}
	return ofArgument(commands[i], line[1:], from, typed, commands)
}

// ofArgument returns what can be completed as the next argument of a command.
func ofArgument(c dialog.Command, earlier []string, from int, typed string, commands []dialog.Command) (wanted, bool) {
	var listed []choice
	for _, word := range takes(cmp.Or(c.Ways, c.Takes), earlier, strings.HasPrefix(typed, "-")) {
		switch {
		case strings.HasPrefix(word, "@") && !strings.HasPrefix(typed, "#"):
			return wanted{kind: people, from: from, typed: strings.TrimPrefix(typed, "@")}, true
		case strings.HasPrefix(word, "#") && !strings.HasPrefix(typed, "@"):
			return wanted{kind: groupsFor(c.Name), from: from, typed: strings.TrimPrefix(typed, "#")}, true
		case word == "COMMAND":
			listed = append(listed, commandChoices(commands, "")...)
		case word == "ACTION":
			for _, act := range keymap.All() {
				listed = append(listed, wordChoice(string(act), ""))
			}
		case word == strings.ToLower(word) && word != "...":
			listed = append(listed, wordChoice(word, ""))
		}
	}
	return wanted{kind: words, from: from, typed: typed, words: listed}, len(listed) > 0
}

// groupsFor returns the kind of groups that a command takes.
func groupsFor(command string) kind {
	switch command {
	case "join":
		return publicGroups
	case "accept", "decline":
		return invitations
	default:
		return groups
	}
}

func wordChoice(word, note string) choice {
	return choice{put: word, show: word, note: note, keys: []string{word}}
}

func commandChoices(commands []dialog.Command, slash string) []choice {
	var all []choice
	for _, c := range commands {
		all = append(all, wordChoice(slash+c.Name, c.Does))
		for _, other := range c.Also {
			all = append(all, wordChoice(slash+other, "as /"+c.Name))
		}
	}
	return all
}

// takes returns the possible arguments of a command after some words. It finds them in the
// command's description, such as "@name owner|admin|member", which may have several forms
// with commas between them. Placeholders are in capitals or begin with @ or #, and are
// returned as they are. For a flag it returns the flags.
func takes(description string, earlier []string, flag bool) []string {
	var found []string
	for way := range strings.SplitSeq(strings.NewReplacer("[", "", "]", "").Replace(description), ", ") {
		fields := strings.Fields(way)
		if flag {
			found = append(found, slices.DeleteFunc(fields, func(f string) bool { return !strings.HasPrefix(f, "--") })...)
			continue
		}
		at := func(i int) string {
			switch more := slices.Index(fields, "..."); {
			case more > 0 && i >= more:
				return fields[more-1]
			case i < len(fields):
				return fields[i]
			default:
				return ""
			}
		}
		fits := true
		for i, word := range earlier {
			fits = fits && mayBe(at(i), word)
		}
		if next := at(len(earlier)); fits && next != "" {
			for word := range strings.SplitSeq(next, "|") {
				if !slices.Contains(found, word) && !strings.HasPrefix(word, "--") {
					found = append(found, word)
				}
			}
		}
	}
	return found
}

// mayBe reports whether a word is possible for a field of a description.
func mayBe(field, word string) bool {
	if field == "" {
		return false
	}
	return field != strings.ToLower(field) || strings.ContainsAny(field, "@#") || slices.Contains(strings.Split(field, "|"), strings.ToLower(word))
}
