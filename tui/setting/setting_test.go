package setting_test

import (
	"testing"

	"confab/tui/setting"
)

func TestSettings(t *testing.T) {
	var s setting.Set
	if got := s.Value(setting.Up); got != setting.UpEdit {
		t.Errorf("at first it is %q", got)
	}
	s.Load(map[string]string{"set.up": "sideways", "set.none": "on", "key.alt+x": "send", "up": "recall"})
	if got := s.Value(setting.Up); got != setting.UpEdit {
		t.Errorf("a value that does not exist changed it to %q", got)
	}
	s.Load(map[string]string{setting.Preference(setting.Up): setting.UpRecall})
	if got := s.Value(setting.Up); got != setting.UpRecall {
		t.Errorf("it was set to recall, and is %q", got)
	}
}

// All values of all settings are kept as preferences, which are short.
func TestAllSettingsAreComplete(t *testing.T) {
	for _, s := range setting.All() {
		if len(s.Values) < 2 || s.Does == "" || s.Name == "" {
			t.Errorf("%+v", s)
		}
	}
}
