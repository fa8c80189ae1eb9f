package sshd

import (
	"net/netip"
	"testing"
	"time"
)

// All screens of an account share one budget, which is kept after their end until it is full again.
func TestScreensOfAnAccountShareABudget(t *testing.T) {
	var b budgets
	first, done1 := b.share(spender{user: 1})
	second, done2 := b.share(spender{user: 1})
	other, _ := b.share(spender{user: 2})
	stranger, _ := b.share(spender{network: netip.MustParsePrefix("192.0.2.0/24")})
	if first != second || first == other || first == stranger || other == stranger {
		t.Error("the budgets are not of the accounts")
	}
	done1()
	b.forget(time.Now())
	if again, done := b.share(spender{user: 1}); again != first {
		t.Error("a budget is forgotten while a screen has it")
	} else {
		done()
	}
	done2()
	b.forget(time.Now())
	if len(b.of) != 2 {
		t.Errorf("%d budgets are left, want 2", len(b.of))
	}
}
