package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// linkSchemes are the schemes of addresses that are shown as links. Terminals may open
// other schemes as well, but that is too dangerous for addresses that strangers send.
var linkSchemes = [...]string{"https://", "http://", "mailto:"}

// maxLinkTarget is the longest address that is sent to terminals as a link, in bytes.
// Some terminals drop longer ones, and each row of a link has all of its address.
const maxLinkTarget = 1024

// link reads the link that begins at a place, and returns where to go on: at the
// place itself if no link begins there.
func (p *markupParser) link(at, start, end int) int {
	scheme := schemeOf(p.s[at:end])
	if scheme == 0 {
		return at
	}
	if before, _ := utf8.DecodeLastRuneInString(p.s[start:at]); at > start && isWord(before) {
		return at
	}
	begin, stop := at+scheme, at+scheme
	for stop < end {
		r, n := utf8.DecodeRuneInString(p.s[stop:end])
		if !inLink(r) {
			break
		}
		stop += n
	}
	stop = begin + p.trimLink(p.s[begin:stop])
	first, _ := utf8.DecodeRuneInString(p.s[begin:stop])
	if begin == stop || first != '[' && !isASCIIWord(first) && !unicode.IsLetter(first) || !p.add(MarkupSpan{MarkupLink, at, stop}) {
		return at
	}
	p.word = stop - 1
	return stop
}

// schemeOf returns the length of the scheme that a text begins with, 0 for none.
func schemeOf(s string) int {
	if c := s[0] | 0x20; c != 'h' && c != 'm' {
		return 0
	}
	for _, scheme := range linkSchemes {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// inLink reports whether a rune can be a part of an address, as RFC 3986 and 3987
// have it.
func inLink(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7f && !strings.ContainsRune("\"<>\\^`{|}", r)
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// trimLink returns the length of an address without the punctuation after it: the end of a
// sentence, a bracket around the address, or a sign of markup whose first half is before
// the address.
func (p *markupParser) trimLink(s string) int {
	round, square := 0, 0 // more closed than opened
	for i := range len(s) {
		switch s[i] {
		case '(':
			round--
		case ')':
			round++
		case '[':
			square--
		case ']':
			square++
		}
	}
	end := len(s)
	for ; end > 0; end-- {
		switch c := s[end-1]; {
		case strings.IndexByte(".,;:!?'", c) >= 0:
		case c == ')' && round > 0:
			round--
		case c == ']' && square > 0:
			square--
		case strings.IndexByte("*_~", c) >= 0 && slices.ContainsFunc(p.open, func(o openSign) bool { return o.sign == c }):
		default:
			return end
		}
	}
	return end
}

// Links returns the addresses in a text that [Clean] has returned, each once, in the
// order in which they come.
func Links(s string) []string {
	var links []string
	seen := make(map[string]bool)
	for _, span := range Markup(s) {
		if address := s[span.Start:span.End]; span.Kind == MarkupLink && !seen[address] {
			seen[address] = true
			links = append(links, address)
		}
	}
	return links
}

// HasLink reports whether [Links] finds an address in a text.
func HasLink(s string) bool {
	return slices.ContainsFunc(Markup(s), func(span MarkupSpan) bool { return span.Kind == MarkupLink })
}

// LinkTarget returns an address of [Links] as a terminal takes it, in ASCII. It
// returns "" if the address is too long for that.
func LinkTarget(address string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c < utf8.RuneSelf && inLink(rune(c)) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
		if b.Len() > maxLinkTarget {
			return ""
		}
	}
	return b.String()
}
