package keys_test

import (
	"errors"
	"strings"
	"testing"

	"confab/keys"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]keys.Address{
		"chat.example.org":      {Host: "chat.example.org"},
		"chat.example.org.":     {Host: "chat.example.org"},
		"chat.example.org:22":   {Host: "chat.example.org", Port: "22"},
		"Chat-1":                {Host: "Chat-1"},
		"192.0.2.1:2222":        {Host: "192.0.2.1", Port: "2222"},
		"2001:db8::1":           {Host: "2001:db8::1"},
		"[2001:db8::1]":         {Host: "2001:db8::1"},
		"[2001:db8::1]:2222":    {Host: "2001:db8::1", Port: "2222"},
		"xn--bcher-kva.example": {Host: "xn--bcher-kva.example"},
	} {
		if got, err := keys.ParseAddress(given); got != want || err != nil {
			t.Errorf("%q is %+v, %v; want %+v", given, got, err, want)
		}
	}
	for _, given := range []string{
		"", ":22", "host:", "host:0", "host:65536", "host:+22", "host:022", "host:ssh", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a\nb",
		"ann@host", "ssh://host", "host/path", "bücher.example", "a..b", ".a", "fe80::1%eth0", strings.Repeat("a.", 127) + "aa",
	} {
		if got, err := keys.ParseAddress(given); !errors.Is(err, keys.ErrSyntax) {
			t.Errorf("%q is %+v, %v", given, got, err)
		}
	}
}

func TestCommandOfAnAddress(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]keys.Address{
		"ssh -t CODE@chat.example.org":         {Host: "chat.example.org", Port: "22"},
		"ssh -t -p 2222 CODE@chat.example.org": {Host: "chat.example.org", Port: "2222"},
	} {
		if got := a.Command("-t ", "CODE@"); got != want {
			t.Errorf("the command is %q, want %q", got, want)
		}
	}
}
