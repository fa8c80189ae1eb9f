package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MarkupKind says what a part of a message is.
type MarkupKind uint8

const (
	// MarkupSign is for the signs that say how the text around them is shown. They
	// are not shown themselves.
	MarkupSign MarkupKind = iota
	MarkupQuote
	MarkupFence    // code in lines of its own
	MarkupLanguage // the language of the fence that follows, among its signs
	MarkupCode     // code within a line
	MarkupLink
	MarkupBold
	MarkupItalic
	MarkupStrike
)

// MarkupSpan is a part of a message that is marked up, in bytes.
type MarkupSpan struct {
	Kind       MarkupKind
	Start, End int
}

const (
	// maxMarkup is how many spans a text may have. Signs after that are text.
	maxMarkup = 2048
	// maxOpenSigns is how many signs may wait for their second half in a line.
	maxOpenSigns = 32
	// maxTicks is how many backticks may stand in a row before and after code.
	maxTicks = 8
	// maxLanguage is the longest name of a language after a fence, in bytes.
	maxLanguage = 20
)

// Markup finds the markup in a text that [Clean] has returned. It knows *bold* and
// **bold**, _italic_, ~strike~ and ~~strike~~, `code`, fences of three or more
// backticks around lines of code, lines that begin with "> ", and links. Everything
// else is text, such as lists, snake_case, 2*3*4 and signs without their second half.
// Signs work within a line, and not in code or links.
//
// The spans are ordered by their start, outer ones before inner ones. They begin and
// end between characters. Spans of code, fences and links never overlap each other,
// and those of signs overlap only a quote or a language. The span of a quote is the
// rest of one line, and may be empty. The time is linear in the length of s.
func Markup(s string) []MarkupSpan {
	if !mayHaveMarkup(s) {
		return nil
	}
	p := markupParser{s: s}
	for at := 0; at < len(s) && len(p.spans) < maxMarkup; {
		if next, ok := p.fence(at); ok {
			at = next
			continue
		}
		end := lineEnd(s, at)
		p.line(at, end)
		at = end + 1
	}
	slices.SortFunc(p.spans, func(a, b MarkupSpan) int {
		return cmp.Or(a.Start-b.Start, b.End-a.End, int(a.Kind)-int(b.Kind))
	})
	return p.spans
}

// mayHaveMarkup is a quick check that returns false for most texts without markup.
func mayHaveMarkup(s string) bool {
	return strings.ContainsAny(s, "*_~`") || strings.HasPrefix(s, "> ") || strings.Contains(s, "\n> ") ||
		strings.Contains(s, "://") || strings.Contains(s, "mailto:")
}

// markupParser goes through a text line by line.
type markupParser struct {
	s       string
	spans   []MarkupSpan
	quoted  bool               // the line before is a quote
	unended [maxTicks + 1]bool // no fence of so many backticks ends below

	// Of the line that is being read.
	open    []openSign
	word    int                // where the last letter or digit is, or the end of code or a link
	unmatch [maxTicks + 1]bool // no code that begins with so many backticks ends further on
}

// openSign is a sign that waits for its second half.
type openSign struct {
	sign       byte
	start, end int
}

// add adds spans that belong together, if there is room for all of them.
func (p *markupParser) add(spans ...MarkupSpan) bool {
	if len(p.spans)+len(spans) > maxMarkup {
		return false
	}
	p.spans = append(p.spans, spans...)
	return true
}

// fence reads the fence that begins at the start of a line, with the code and the
// fence after it. It returns where the next line begins.
func (p *markupParser) fence(at int) (next int, ok bool) {
	n := runOf(p.s, at, len(p.s))
	if p.s[at] != '`' || n < 3 || n > maxTicks || p.unended[n] {
		return 0, false
	}
	start, line := at+n, lineEnd(p.s, at)
	language := strings.TrimSpace(p.s[start:line])
	named := line < len(p.s) && isLanguage(language)
	if named {
		start = line + 1
	}
	end, after := start, 0
	for {
		i := strings.Index(p.s[end:], p.s[at:at+n])
		if i < 0 {
			p.unended[n] = true
			return 0, false
		}
		end += i
		m := runOf(p.s, end, len(p.s))
		rest := strings.TrimLeft(p.s[end+m:], " \t")
		if after = len(p.s) - len(rest); m == n && (rest == "" || rest[0] == '\n') {
			break
		}
		end += m
	}
	code := strings.TrimSuffix(p.s[start:end], "\n")
	if strings.TrimSpace(code) == "" {
		// Without lines of code, the word after the fence is not a language but the code.
		if language == "" || !named {
			return 0, false
		}
		named, start, code = false, at+n, strings.TrimSuffix(p.s[at+n:end], "\n")
	}
	spans := []MarkupSpan{{MarkupSign, at, start}, {MarkupFence, start, start + len(code)}, {MarkupSign, start + len(code), after}}
	if named && language != "" {
		i := at + n + strings.Index(p.s[at+n:], language)
		spans = append(spans, MarkupSpan{MarkupLanguage, i, i + len(language)})
	}
	p.quoted = false
	return after + 1, p.add(spans...)
}

// isLanguage reports whether the text after a fence can be the name of a language. It may be empty.
func isLanguage(s string) bool {
	return len(s) <= maxLanguage && strings.IndexFunc(s, func(r rune) bool {
		return !isASCIIWord(r) && !strings.ContainsRune("+#.-_", r)
	}) < 0
}

// line reads a line outside of fences.
func (p *markupParser) line(at, end int) {
	quote := strings.HasPrefix(p.s[at:end], "> ")
	if quote || p.quoted && p.s[at:end] == ">" {
		begin := min(at+len("> "), end)
		if quote = p.add(MarkupSpan{MarkupSign, at, begin}, MarkupSpan{MarkupQuote, begin, end}); quote {
			at = begin
		}
	}
	p.quoted = quote
	p.inline(at, end)
}

// inline reads a line, or the quoted part of one.
func (p *markupParser) inline(start, end int) {
	p.open, p.word, p.unmatch = p.open[:0], -1, [maxTicks + 1]bool{}
	for i := start; i < end; {
		switch c := p.s[i]; {
		case c == '`':
			i = p.code(i, start, end)
		case c == '*' || c == '_' || c == '~':
			i = p.sign(i, start, end)
		default:
			if n := p.link(i, start, end); n > i {
				i = n
				break
			}
			if isASCIIWord(rune(c)) || c >= utf8.RuneSelf {
				p.word = i
			}
			i++
		}
	}
}

// code reads backticks, and the code after them if there is a second half. It
// returns where to go on.
func (p *markupParser) code(at, start, end int) int {
	n := runOf(p.s, at, end)
	begin := at + n
	before, _ := utf8.DecodeLastRuneInString(p.s[start:at])
	if n > maxTicks || p.unmatch[n] || at > start && isWord(before) || startsWithMark(p.s[begin:end]) {
		return begin
	}
	for i := begin; ; {
		j := strings.IndexByte(p.s[i:end], '`')
		if j < 0 {
			p.unmatch[n] = true
			return begin
		}
		i += j
		m := runOf(p.s, i, end)
		if m == n && !startsWithMark(p.s[i+m:end]) {
			if strings.TrimSpace(p.s[begin:i]) == "" || !p.add(MarkupSpan{MarkupSign, at, begin}, MarkupSpan{MarkupCode, begin, i}, MarkupSpan{MarkupSign, i, i + n}) {
				return i + n
			}
			p.word = i
			return i + n
		}
		i += m
	}
}

// sign reads the first or the second half of a sign, and returns where to go on.
func (p *markupParser) sign(at, start, end int) int {
	sign, n := p.s[at], runOf(p.s, at, end)
	next := at + n
	if n > 2 || n == 2 && sign == '_' || startsWithMark(p.s[next:end]) {
		return next
	}
	before, after := rune(0), rune(0) // 0 at the ends of the line
	if at > start {
		before, _ = utf8.DecodeLastRuneInString(p.s[start:at])
	}
	if next < end {
		after, _ = utf8.DecodeRuneInString(p.s[next:end])
	}
	if before == after && before < utf8.RuneSelf && before != 0 {
		return next // people write '*' and (_( to talk about the sign
	}
	if endsMarkup(before, after) {
		for i := len(p.open) - 1; i >= 0; i-- {
			o := p.open[i]
			if o.sign != sign || o.end-o.start != n || p.word < o.end {
				continue
			}
			p.add(MarkupSpan{MarkupSign, o.start, o.end}, MarkupSpan{kindOf(sign), o.end, at}, MarkupSpan{MarkupSign, at, next})
			p.open = p.open[:i]
			return next
		}
	}
	if len(p.open) < maxOpenSigns && beginsMarkup(before, after) {
		p.open = append(p.open, openSign{sign, at, next})
	}
	return next
}

func kindOf(sign byte) MarkupKind {
	switch sign {
	case '*':
		return MarkupBold
	case '_':
		return MarkupItalic
	default:
		return MarkupStrike
	}
}

// beginsMarkup reports whether a sign between two runes can be a first half.
func beginsMarkup(before, after rune) bool {
	return (before == 0 || isApart(before, `([{"'*_~`)) &&
		after != 0 && (after >= utf8.RuneSelf && !unicode.IsSpace(after) || isASCIIWord(after) || strings.ContainsRune("([{\"'*_~`@#$&%+-<:", after))
}

// endsMarkup reports whether a sign between two runes can be a second half.
func endsMarkup(before, after rune) bool {
	return before != 0 && !unicode.IsSpace(before) && !strings.ContainsRune(`([{/\=`, before) &&
		(after == 0 || isApart(after, `)]}"'*_~.,;:!?-`))
}

// isApart reports whether a rune separates words: white space, one of some signs, any
// sign outside of ASCII, and a letter of a script that has no spaces between words.
func isApart(r rune, signs string) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r == '\t' || strings.ContainsRune(signs, r)
	}
	return !isWord(r)
}

// isWord reports whether a rune is a part of a word that goes on beside it.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isASCIIWord(r)
	}
	return (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)) && !IsTermAlone(r)
}

func isASCIIWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// startsWithMark reports whether a text starts with a mark, which belongs to the sign
// before the text and makes it another character.
func startsWithMark(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r >= utf8.RuneSelf && unicode.In(r, unicode.M, unicode.Cf)
}

// runOf returns how many times the byte at a place is repeated.
func runOf(s string, at, end int) int {
	n := 1
	for at+n < end && s[at+n] == s[at] {
		n++
	}
	return n
}

// lineEnd returns where the line ends that has the place in it.
func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(s)
}
