package text_test

import (
	"errors"
	"testing"

	"confab/app/text"
)

func TestCodesAreFoundInText(t *testing.T) {
	for words, want := range map[string]string{
		"7K2M-Q9XV-4TBN-H0RD":                     "7K2M-Q9XV-4TBN-H0RD",
		"7k2mq9xv4tbnh0rd":                        "7k2mq9xv4tbnh0rd",
		"ssh 7K2M-Q9XV-4TBN-H0RD@host":            "7K2M-Q9XV-4TBN-H0RD",
		"it is bob, my code is 7k2m q9xv 4tbn h0": "",
		"my code: 7K2M Q9XV 4TBN H0RD.":           "7K2M Q9XV 4TBN H0RD",
		"KCMAQBXVZTBNHYRD":                        "KCMAQBXVZTBNHYRD",
		"responsibilities":                        "",
		"christopher12345":                        "",
		"they said over here":                     "",
		"bob":                                     "",
	} {
		if got, _ := text.FindCode(words); got != want {
			t.Errorf("in %q is %q, want %q", words, got, want)
		}
	}
	for words, want := range map[string]bool{
		"7K2M-Q9XV-4TBN-H0R": true, "k7k2m-q9xv-4tbn-h0rd": true, "k2m7-q9xv-4tbn-h0r": true, "UK2M-Q9XV-4TBN-H0RD": true,
		"7k2mq9xv4tbnh0ru": true, "7K2MQ9XV4TBNH0R": true, "my code 7k2mq9xv4tbnh0rdx": true,
		"the4thmusketeer": false, "christopherjones": false, "christopher12345": false,
		"ann-of-the-hill": false, "bob-2": false, "john-paul-mark-2": false, "": false,
	} {
		if got := text.HasCode(words); got != want {
			t.Errorf("%q has a code: %t", words, got)
		}
	}
}

func TestNamesThatStandForSomethingElse(t *testing.T) {
	for _, name := range []string{"deleted-user", "deleted_user", "deleted.user", "deleteduser", "de1eted-user", "deleted-user-2", "deleted", "k2m7-q9xv-4tbn-h0rd", "k2m7q9xv4tbnh0rd"} {
		if got, err := text.CheckHandle(name); !errors.Is(err, text.ErrInvalid) {
			t.Errorf("%s can be had as %s", name, got)
		}
	}
	if name := text.SuggestHandle("deleted-user"); name == "deleted-user" {
		t.Error("it is suggested")
	}
}
