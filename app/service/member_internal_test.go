package service

import (
	"errors"
	"fmt"
	"testing"

	"confab/app/chat"
)

func TestNamesAreDistinctAndBounded(t *testing.T) {
	names := make([]string, 0, 30_000)
	for range 10_000 {
		names = append(names, "bob", "@Bob", " bob ")
	}
	if got, err := distinctNames(names); err != nil || len(got) != 1 {
		t.Errorf("one name 30,000 times is %d names, %v", len(got), err)
	}
	names = names[:0]
	for i := range maxNames + 1 {
		names = append(names, fmt.Sprintf("ann%d", i))
	}
	if got, err := distinctNames(names[:maxNames]); err != nil || len(got) != maxNames {
		t.Errorf("as many as may be: %d, %v", len(got), err)
	}
	if _, err := distinctNames(names); !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("one more: %v", err)
	}
}
