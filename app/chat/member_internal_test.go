package chat

import "testing"

// Each setting has a field of its own. A new setting without one must not switch another.
func TestEachSettingHasItsOwnField(t *testing.T) {
	for _, one := range Settings() {
		var c Conversation
		*one.field(&c) = true
		for _, other := range Settings() {
			if got := other.Of(c); got != (one == other) {
				t.Errorf("with %s on, %s is %v", one, other, got)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown setting has a field")
		}
	}()
	Setting("other").Of(Conversation{})
}
