package clients

import (
	"bytes"
	"fmt"
)

// Each message begins with a token: tokenMark and its number in tokenDigits digits.
// The mark appears nowhere else on a screen.
const (
	tokenMark   = 'Q'
	tokenDigits = 6
	MaxTokens   = 1_000_000
)

// chatter follows the token, to give the message an ordinary length.
const chatter = " and then we walked home along the river"

// Words returns the text that is typed for a message.
func Words(message int) string {
	return fmt.Sprintf("%c%0*d%s", tokenMark, tokenDigits, message, chatter)
}

// tokens finds tokens in a stream of bytes, however it is cut. The zero value is at
// the start of a stream.
type tokens struct {
	have   int // bytes of a token that have been read
	number int
}

// scan calls found for each token that ends in p.
func (t *tokens) scan(p []byte, found func(message int)) {
	for i := 0; i < len(p); i++ {
		if t.have == 0 {
			// Nearly all bytes for a screen are not tokens.
			next := bytes.IndexByte(p[i:], tokenMark)
			if next < 0 {
				return
			}
			i += next
		}
		switch b := p[i]; {
		case b == tokenMark:
			t.have, t.number = 1, 0
		case b < '0' || b > '9':
			t.have = 0
		case t.have == tokenDigits:
			found(t.number*10 + int(b-'0'))
			t.have = 0
		default:
			t.have, t.number = t.have+1, t.number*10+int(b-'0')
		}
	}
}

// phrase finds a text in a stream of bytes, however it is cut. The first byte of
// the text must not appear again in it.
type phrase struct {
	want string
	have int // bytes of it that have been read
}

// scan reports whether the text ends in p.
func (f *phrase) scan(p []byte) bool {
	for _, b := range p {
		if b != f.want[f.have] {
			f.have = 0
		}
		if b == f.want[f.have] {
			f.have++
		}
		if f.have == len(f.want) {
			f.have = 0
			return true
		}
	}
	return false
}
