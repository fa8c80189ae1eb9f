package command

import "testing"

func FuzzBotLine(f *testing.F) {
	f.Add([]byte(`{"id":"1","run":["send","#ops","hi"],"text":"x"}`))
	f.Add([]byte(`{"run":[]}`))
	f.Add([]byte(`{"id":"\u0000","run":["a"]} {}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, line []byte) {
		b, err := parseBotLine(line)
		if err == nil && (len(b.Run) == 0 || len(b.ID) > maxBotID) {
			t.Errorf("%q is taken as %+v", line, b)
		}
	})
}
